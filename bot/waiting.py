"""The questions that wait in one workspace, and who knows about what, kept up with the record.

Everything here follows from the corpus and can be read anew at any time; after the first look only what changed is.
"""

from __future__ import annotations

import hashlib
import heapq
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from importlib.metadata import version

from bot.choosing import WEEK
from bot.community import Community
from bot.expertise import Expertise
from bot.known_notices import KnownNotices
from bot.people import People
from bot.post_kinds import PostKind, kind_of
from bot.store import WorkInProgress
from bot.store.findings import Upto
from bot.store.positions import ComeTo
from bot.thread_facts import topic_teller
from bot.unanswered import CROSS_POST, Outlook, Rules, Stage, first_posted
from indexer.channel_map import ChannelMap, Kind, Policy
from indexer.model import MessageRef, Thread
from indexer.municipalities import Municipality

ASKING = frozenset({PostKind.QUESTION, PostKind.POLL})
ASKED_IN = frozenset({Kind.GENERAL, Kind.TOPIC, Kind.PREFECTURE})
BATCH = 500  # threads read at a time
FORGETTING = timedelta(days=1)  # how often notices that matter no more are looked for


class Waiting:
    """Keeps an eye on one workspace. `refresh` first; one thread at a time."""

    def __init__(self, community: Community, workspace_id: str) -> None:
        self._map = community.channel_map
        self._places = community.municipalities
        self.workspace_id = workspace_id
        self.rules = Rules(community.working_time, community.channel_map.care, community.channel_map.poll_answers)
        self.topic_of = topic_teller(community.channel_map)
        self.expertise = Expertise(self.topic_of, self.prefecture_of)
        self.people = People(workspace_id, community.channel_map, community.municipalities)
        self.notices = KnownNotices()
        self._place_of: dict[str, Municipality | None] = {}
        self._learnt_by = _rules_told(community.channel_map)
        self._begun: datetime | None = None
        self._keeps = False
        self._position = self._rooms = 0
        self._noticed: ComeTo | None = None  # when notices were read last
        self._forgot = datetime.min.replace(tzinfo=UTC)  # those put down before
        self._closing: list[tuple[datetime, int]] = []  # when which of them will be, the next first
        self._asked: dict[int, Thread] = {}  # questions, and what was answered already, that are not closed yet
        self._partly = False  # whether only what waited was read, and what is new since, of what is not closed
        self._waited: set[int] = set()  # questions that waited, as an earlier process found
        self._kept: set[int] = set()  # those of them that read as they did then
        self._fresh: dict[int, bool] = {}  # which came to wait since that was last kept, or wait no more
        self._ids: dict[MessageRef, int] = {}
        self._stages: dict[int, Stage] = {}  # of those that nobody answered: few, and looked at each time
        self._outlooks: dict[int, Outlook] = {}  # likewise
        self._turning: list[tuple[datetime, int]] = []  # when which of them come to another stage
        self._of_asker: dict[str, set[int]] = defaultdict(set)
        self._posts: dict[int, tuple[int, ...]] = {}  # of the same question, the first of them first

    def refresh(self, work: WorkInProgress, now: datetime) -> None:
        """Take in what changed since the last look; at the first, what can wait and what was ever learnt."""
        come_to = work.positions.now()
        self.people.refresh(work, come_to)
        first = self._begun is None
        ids: list[int] = []
        if first:
            ids = self._begin(work, come_to, now)
        elif come_to.channels != self._rooms:  # one may be private, archived or back, and all threads in it
            ids = work.corpus.opened_since(self.workspace_id, now - self._map.care.closed)
        self._rooms = come_to.channels
        changes = work.corpus.changed_since(self._position) if come_to.threads != self._position else ()
        changed = [change.thread_id for change in changes]
        self._kept.difference_update(changed)
        before = set(self._stages)
        self._read(work, [*ids, *changed], now)
        fresh = self._stages.keys() - before
        self._read(work, self._beside(work, fresh, now), now)
        if changes:
            self._position = changes[-1].position
        self._hear(work, come_to, fresh, now)
        self._turn(now)
        if first:
            self._fresh = dict.fromkeys(self._stages.keys() - self._waited, True)
            self._fresh.update(dict.fromkeys(self._waited - self._stages.keys(), False))

    def keep(self, work: WorkInProgress) -> None:
        """Keep what was learnt for the process that comes after this one; `kept` once that is certain."""
        if not self._keeps:
            work.findings.forget(self.workspace_id)
        if self.expertise.fresh or self._fresh:
            upto = Upto(self._position, self._rooms, self._learnt_by)
            work.findings.keep(self.workspace_id, upto, self.expertise.fresh, self._fresh)

    def kept(self) -> None:
        """What was to be kept is."""
        self._keeps = True
        self.expertise.fresh.clear()
        self._fresh.clear()

    def standing(self, now: datetime) -> Iterator[tuple[Thread, Stage]]:
        """The questions that wait, each once, with how far that has come; the longest asked first."""
        self._turn(now)
        asked = (self._asked[thread_id] for thread_id in self._stages)
        for thread in sorted(asked, key=lambda thread: (thread.root.posted_at, thread.id)):
            posts = self._posts[thread.id]
            if len(posts) == 1 or (posts[0] == thread.id and self._stages.keys() >= set(posts)):
                yield thread, self._stages[thread.id]

    def thread(self, question: MessageRef) -> Thread | None:
        """A question that may wait, as of the last look."""
        return self._asked.get(self._ids.get(question, 0))

    def place_of(self, member_id: str) -> Municipality | None:
        """The municipality of an asker."""
        return self._place_of.get(member_id)

    def prefecture_of(self, member_id: str) -> str:
        """The prefecture of an asker, empty where it is unknown."""
        place = self.place_of(member_id)
        return place.prefecture if place else ""

    def _begin(self, work: WorkInProgress, come_to: ComeTo, now: datetime) -> list[int]:
        """Remember what an earlier process found by the same rules; the threads that are to be read all the same."""
        self._begun = now
        upto = work.findings.upto(self.workspace_id)
        recent = partial(work.corpus.opened_since, self.workspace_id)
        if upto is None or upto.rules != self._learnt_by:
            self._position = work.corpus.position()
            return sorted(work.corpus.resolvable(self.workspace_id).union(recent(now - self._map.care.closed)))
        self.expertise.remember(work.findings.answered(self.workspace_id))
        self._position, self._keeps = upto.position, True
        self._waited = work.findings.waiting(self.workspace_id)
        if upto.channels != come_to.channels:
            return recent(now - self._map.care.closed)
        # What did not wait need not be read, unless it may be one question with a post that does (`_beside`).
        self._partly, self._kept = True, set(self._waited)
        return sorted(self._waited.union(recent(now - 2 * CROSS_POST)))

    def _read(self, work: WorkInProgress, ids: Sequence[int], now: datetime) -> None:
        """Take in threads as they are on record."""
        for start in range(0, len(ids), BATCH):
            batch = ids[start : start + BATCH]
            found = {thread.id: thread for thread in work.corpus.threads(batch)}
            self._meet(work, {thread.root.author_id for thread in found.values()})
            for thread_id in batch:
                self._take_in(thread_id, found.get(thread_id), now)

    def _beside(self, work: WorkInProgress, fresh: Iterable[int], now: datetime) -> list[int]:
        """What was not read yet of those who asked one of these that is not new: it may be the same question."""
        roots = (self._asked[thread_id].root for thread_id in fresh) if self._partly else ()
        askers = {root.author_id for root in roots if now - root.posted_at > CROSS_POST}
        if not askers:
            return []
        posted = work.corpus.opened_by_any(self.workspace_id, askers, now - self._map.care.closed)
        return [thread_id for thread_id in posted if thread_id not in self._asked]

    def _turn(self, now: datetime) -> None:
        """Let questions come to the stages that they have by a moment."""
        while self._turning and self._turning[0][0] <= now:
            thread_id = heapq.heappop(self._turning)[1]
            if thread_id in self._stages:
                self._stages[thread_id] = self._outlooks[thread_id].stage(now)
        while self._closing and now > self._closing[0][0]:
            self._leave(heapq.heappop(self._closing)[1])

    def _hear(self, work: WorkInProgress, come_to: ComeTo, fresh: Iterable[int], now: datetime) -> None:
        """Take in who was told of what, and what they said to that. `fresh`: the questions that wait since now."""
        known = self._noticed
        if known is None or known.notices_gone != come_to.notices_gone:
            questions = [self._asked[thread_id].ref for thread_id in self._stages]
            self.notices = KnownNotices(work.notices.that_matter(self.workspace_id, questions, now - WEEK))
            self.expertise.hear_all(work.notices.declined(self.workspace_id))
        else:
            if known.notices != come_to.notices:
                changed = work.notices.changed_since(self.workspace_id, known.notices)
                self.notices.take_in(changed)
                self.expertise.hear(changed)
            for thread in (self._asked[thread_id] for thread_id in fresh):
                if self._begun is not None and thread.root.posted_at < self._begun:  # it waits again
                    self.notices.take_in(work.notices.of(thread.ref))
        self._noticed = come_to
        matters_since = now - self._map.care.closed - WEEK
        if matters_since - self._forgot > FORGETTING:
            self.notices.forget(matters_since)
            self._forgot = matters_since

    def _take_in(self, thread_id: int, thread: Thread | None, now: datetime) -> None:
        before = self._leave(thread_id)
        if thread is None or thread.ref.workspace_id != self.workspace_id:
            self.expertise.forget(thread_id)
            return
        self.expertise.learn(thread)
        if now - thread.root.posted_at > self._map.care.closed or not self._is_asked_in(thread):
            return
        outlook = self.rules.outlook(thread)
        if outlook.fixed not in (Stage.ANSWERED, Stage.RESOLVED):
            # Of what waits no more nobody needs to know whether it was a question, and telling that takes long.
            known = before == thread.root.text or thread_id in self._kept
            if not known and kind_of(thread.root.text) not in ASKING:
                return
            self._stages[thread_id], self._outlooks[thread_id] = outlook.stage(now), outlook
            self._fresh[thread_id] = True
            for at in outlook.steps:
                heapq.heappush(self._turning, (at, thread_id))
        self._asked[thread_id] = thread
        self._ids[thread.ref] = thread_id
        if before is None:
            heapq.heappush(self._closing, (outlook.closes, thread_id))
        self._of_asker[thread.root.author_id].add(thread_id)
        self._match(thread.root.author_id)

    def _leave(self, thread_id: int) -> str | None:
        """Forget a thread; its words if it was a question that waits."""
        thread = self._asked.pop(thread_id, None)
        if thread is None:
            return None
        del self._ids[thread.ref]
        waited = self._stages.pop(thread_id, None) is not None
        if waited:
            self._fresh[thread_id] = False
        self._outlooks.pop(thread_id, None)
        self._posts.pop(thread_id, None)
        self._of_asker[thread.root.author_id].discard(thread_id)
        self._match(thread.root.author_id)
        return thread.root.text if waited else None

    def _match(self, asker_id: str) -> None:
        """See which posts of an asker's are one question."""
        own = [self._asked[number] for number in self._of_asker[asker_id]]
        if len(own) == 1:
            self._posts[own[0].id] = (own[0].id,)
            return
        for thread in own:
            self._posts[thread.id] = tuple(post.id for post in first_posted(thread, own))

    def _is_asked_in(self, thread: Thread) -> bool:
        """Whether a person opened the thread where questions are asked."""
        entry = self._map.named(thread.channel.name)
        if entry is None or entry.kind not in ASKED_IN or entry.reply is Policy.OFF or thread.channel.archived:
            return False
        return thread.root.by_person

    def _meet(self, work: WorkInProgress, member_ids: set[str]) -> None:
        for member in self.people.members(work, member_ids).values():
            self._place_of[member.id] = self._places.by_code.get(member.municipality or "")


def _rules_told(channel_map: ChannelMap) -> str:
    """What is found by: with another release or channel map the record is read anew."""
    rooms = [(entry.name, entry.kind, entry.reply, entry.keywords) for entry in channel_map.entries]
    told = (version("kyoso"), sorted(channel_map.resolved_reactions), rooms, channel_map.care, channel_map.poll_answers)
    return hashlib.sha256(repr(told).encode()).hexdigest()
