"""Nobody's question is left alone: who is told of a waiting question, when, and what becomes of that.

`tell` runs every few minutes of working time: questions whose stage asks for it (`bot.unanswered`) are put down for the
members who fit best (`bot.choosing`), and each member's are said in one direct message. At most two are told of a
question at a stage; who finds it not their field, or names somebody, makes room for the next. A question that somebody
has taken on rests; after a working day without a reply it is free again.
"""

from __future__ import annotations

import threading
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from operator import attrgetter

from bot import quiet_hours
from bot.ambassadors import serving
from bot.choosing import WEEK, Ambassador, Candidate, Matter, choose
from bot.community import Community
from bot.events import Deleted
from bot.notice_letters import Letters
from bot.replies.wording.unanswered import unanswered_words
from bot.store import WorkInProgress
from bot.store.notices import Answer, Because, Notice, Undertaking
from bot.store.outbox import Delivery, Outgoing
from bot.unanswered import Stage
from bot.waiting import Waiting
from indexer.model import Channel, Member, Message, MessageRef, Thread, Visibility

AT_A_TIME = 2  # told of one question at one stage
MOST_TOLD = 8  # of one question ever: after so many the digest may try
IN_ONE_LETTER = 3  # questions; a longer letter is put off
PAUSE = timedelta(hours=2)  # between two letters to one member
UNSAID = (Answer.NONE, Answer.LATER)
NO_MORE = "care.off"  # the preference of those who, unasked, want to be told no more


@dataclass
class Round:
    """One look at a workspace: what waits, who may be told, and what each is about to be told of."""

    workspace_id: str
    now: datetime
    questions: dict[MessageRef, tuple[Thread, Stage]]
    told: dict[str, list[datetime]]
    ambassadors: dict[str, Ambassador]
    off: frozenset[str]
    quiet: Mapping[str, str]
    also: Counter[str] = field(default_factory=Counter)
    known: dict[str, Candidate | None] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)


class Care:
    """Takes care of waiting questions in the workspaces that are served."""

    def __init__(self, community: Community) -> None:
        self._community = community
        self._unit = community.unit
        self._clock = community.clock
        self._working = community.working_time
        self._words = unanswered_words(community.words.lang)
        self._watches: dict[str, Waiting] = {}
        self._watching = threading.Lock()
        self.letters = Letters(community, Waiting(community, "").rules)

    def tell(self, workspace_id: str) -> int:
        """Tell who is to be told now; how many letters were written."""
        now = self._clock.now()
        with self._watching:
            watch = self.watch(workspace_id)
            if not self._working.is_open(now):
                return 0
            with self._unit.begin() as work:
                watch.refresh(work, now)
                this = self._round(work, watch, now)
                self._settle(work, this)
                self._lapse(work, this)
                self._put_down(work, watch, this)
                return self._write(work, this)

    def watch(self, workspace_id: str) -> Waiting:
        """What waits in a workspace, as of the last look or, the first time, of now."""
        if workspace_id not in self._watches:
            watch = Waiting(self._community, workspace_id)
            with self._unit.read() as work:  # the long first look holds nobody up
                watch.refresh(work, self._clock.now())
            self._watches[workspace_id] = watch
        return self._watches[workspace_id]

    def waiting(self, workspace_id: str, member_id: str) -> list[tuple[Thread, Stage]]:
        """The questions that wait and that a member can open, the longest waiting first; none of their own."""
        now = self._clock.now()
        with self._watching, self._unit.read() as work:
            watch = self.watch(workspace_id)
            watch.refresh(work, now)
            found = list(watch.standing(now))
            audience = work.corpus.audience_of(workspace_id, member_id)
            taken = {held.question for held in work.notices.undertakings(workspace_id)}
        return [
            (thread, standing)
            for thread, standing in found
            if audience.may_open(thread.channel) and thread.root.author_id != member_id and thread.ref not in taken
        ]

    def topic_of(self, workspace_id: str, thread: Thread) -> str:
        """What a question is about."""
        return self.watch(workspace_id).topic_of(thread)

    def renew(self, work: WorkInProgress, question: MessageRef) -> None:
        """Write the letters anew that tell of a question."""
        self._renew(work, {notice.key for notice in work.notices.of(question) if notice.key})

    def heard(self, message: Message) -> None:
        """A post in a thread: who has taken its question on has kept their word; letters say that it is answered."""
        if message.is_root:
            return
        with self._unit.begin() as work:
            held = work.notices.undertaking(message.root)
            if held is not None and held.member_id == message.author_id:
                self._release(work, held)
            self.renew(work, message.root)

    def edited(self, message: Message) -> None:
        """A post now reads otherwise: so do the letters that tell of its question."""
        with self._unit.begin() as work:
            self.renew(work, message.root)

    def forget(self, event: Deleted) -> None:
        """A message was deleted: it goes from every letter, and a reply may leave a question open again."""
        since = self._clock.now() - self._community.channel_map.care.closed
        with self._unit.begin() as work:
            # A letter may quote the message as a thread like its question, too: all of them are looked through.
            self._renew(work, work.notices.letters(event.ref.workspace_id, since))
            work.notices.forget(event.ref)

    # What `tell` does

    def _round(self, work: WorkInProgress, watch: Waiting, now: datetime) -> Round:
        workspace_id = watch.workspace_id
        told: dict[str, list[datetime]] = defaultdict(list)
        for member_id, at in work.notices.told_since(workspace_id, now - WEEK):
            told[member_id].append(at)
        this = Round(
            workspace_id,
            now,
            {thread.ref: (thread, stage) for thread, stage in watch.standing(now)},
            told,
            serving(work, workspace_id, self._community.channel_map),
            frozenset(work.preferences.holding(workspace_id, NO_MORE)),
            work.preferences.holding(workspace_id, quiet_hours.PREFERENCE),
        )
        this.also.update(
            notice.member_id for notice in work.notices.untold(workspace_id) if notice.question in this.questions
        )
        return this

    def _settle(self, work: WorkInProgress, this: Round) -> None:
        """Letters about questions that wait no more say so, once."""
        over = work.notices.unsaid(this.workspace_id) - this.questions.keys()
        keys: set[str | None] = set()
        for notices in work.notices.of_several(this.workspace_id, over).values():
            for notice in notices:
                if notice.answer in UNSAID:
                    work.notices.answer(notice.id, Answer.SETTLED, this.now)
                    keys.add(notice.key)
        self._renew(work, keys)

    def _lapse(self, work: WorkInProgress, this: Round) -> None:
        """Questions taken on and not replied to within a working day are free again."""
        for held in work.notices.undertakings(this.workspace_id):
            late = self._working.between(held.at, this.now) >= self._working.day
            if late or held.question not in this.questions:
                self._release(work, held)
                self.renew(work, held.question)

    def _put_down(self, work: WorkInProgress, watch: Waiting, this: Round) -> None:
        """Put questions down for the members who fit best."""
        taken = {held.question for held in work.notices.undertakings(this.workspace_id)}
        declined = work.notices.declined(this.workspace_id)
        asking = {
            ref: found
            for ref, found in this.questions.items()
            if found[1] in (Stage.AMBASSADORS, Stage.WIDER) and ref not in taken
        }
        told = work.notices.of_several(this.workspace_id, asking)
        for ref, (thread, stage) in asking.items():
            before = told.get(ref, [])
            wanted = _wanted(stage, before)
            if wanted <= 0:
                continue
            matter = self._matter(watch, thread, before, declined, this.now)
            crowd = self._crowd(watch, this, matter, stage)
            free = (one for one in self._candidates(work, this, crowd) if _fits(one, matter))
            fit = [one for one in free if matter.may_be_told(one, partial(sees, work))]
            because = Because.WIDER if stage is Stage.WIDER else Because.AMBASSADOR
            for chosen in choose(matter, fit, wanted, this.now, this.also):
                if work.notices.add(ref, chosen.member.id, because, matter.topic, this.now) is not None:
                    this.also[chosen.member.id] += 1

    def _crowd(self, watch: Waiting, this: Round, matter: Matter, stage: Stage) -> Iterator[str]:
        """The ambassadors; in the wider circle also who answered on the topic or for that prefecture."""
        yield from this.ambassadors
        if stage is Stage.WIDER:
            yield from matter.expertise
            yield from watch.expertise.in_prefecture(matter.prefecture, this.now)

    def _matter(
        self, watch: Waiting, thread: Thread, before: Iterable[Notice], declined: Sequence[Notice], now: datetime
    ) -> Matter:
        topic, asker_id = watch.topic_of(thread), thread.root.author_id
        return Matter(
            ref=thread.ref,
            channel=thread.channel,
            asker_id=asker_id,
            topic=topic,
            prefecture=watch.prefecture_of(asker_id) or self._prefecture(thread),
            place=watch.place_of(asker_id),
            expertise=watch.expertise.in_topic(topic, now, declined),
            before=frozenset(notice.member_id for notice in before),
        )

    def _prefecture(self, thread: Thread) -> str:
        entry = self._community.channel_map.named(thread.channel.name)
        return entry.prefecture if entry else ""

    def _candidates(self, work: WorkInProgress, this: Round, member_ids: Iterable[str]) -> Iterator[Candidate]:
        """Those of these members who may be told of one more question now."""
        wanted = list(dict.fromkeys(member_ids))
        unknown = [member_id for member_id in wanted if member_id not in this.known]
        if unknown:
            this.known.update(dict.fromkeys(unknown))
            this.left.update(dict.fromkeys(unknown, 0))
            for member in work.corpus.members(this.workspace_id, unknown):
                this.known[member.id] = candidate = self._candidate(this, member)
                this.left[member.id] = candidate.left(this.now, self._working) if candidate else 0
        for member_id in wanted:
            candidate = this.known[member_id]
            if candidate is not None and this.also[member_id] < this.left[member_id]:
                yield candidate

    def _candidate(self, this: Round, member: Member) -> Candidate | None:
        offer = this.ambassadors.get(member.id)
        if offer is None and member.id in this.off:
            return None
        return Candidate(
            member,
            self._community.municipalities.by_code.get(member.municipality or ""),
            offer or Ambassador(member.id),
            offer is not None,
            tuple(this.told.get(member.id, ())),
        )

    def _write(self, work: WorkInProgress, this: Round) -> int:
        """Write to each member for whom questions are put down, who is at work and was not just written to."""
        put_down: dict[str, list[Notice]] = defaultdict(list)
        taken = {held.question for held in work.notices.undertakings(this.workspace_id)}
        unsaid = (*work.notices.untold(this.workspace_id), *work.notices.put_off(this.workspace_id))
        for notice in sorted(unsaid, key=attrgetter("id")):
            if notice.question in taken or notice.question not in this.questions:
                continue
            if notice.answer is Answer.LATER:
                if not self._day_after(notice, this.now):
                    continue
                work.notices.again(notice.id)
            put_down[notice.member_id].append(notice)
        return sum(self._write_to(work, this, member_id, notices) for member_id, notices in put_down.items())

    def _write_to(self, work: WorkInProgress, this: Round, member_id: str, notices: Sequence[Notice]) -> bool:
        list(self._candidates(work, this, [member_id]))
        one = this.known[member_id]
        told = this.told.get(member_id, [])
        if one is None or one.member.deleted or not one.offer.at_work(this.now, self._working):
            return False
        if quiet_hours.ends(this.quiet.get(member_id, ""), this.now, self._working.zone) > this.now:
            return False
        if told and self._working.between(told[-1], this.now) < PAUSE:
            return False
        seen = [notice for notice in notices if sees(work, one.member, this.questions[notice.question][0].channel)]
        now_told = seen[: min(IN_ONE_LETTER, one.room(this.now, self._working))]
        if now_told:
            self._send(work, this, now_told)
        return bool(now_told)

    def _send(self, work: WorkInProgress, this: Round, notices: Sequence[Notice]) -> None:
        member_id = notices[0].member_id
        key = f"told:{this.workspace_id}:{member_id}:{notices[0].id}:{this.now.timestamp():.0f}"
        work.notices.told([notice.id for notice in notices], key, this.now)
        letter = self.letters.letter(work, work.notices.under(key))
        work.outbox.put(Outgoing(key, this.workspace_id, Delivery.DIRECT, letter, member_id=member_id), this.now)

    def _day_after(self, notice: Notice, now: datetime) -> bool:
        if notice.answered_at is None:
            return False
        days = (at.astimezone(self._working.zone).date() for at in (notice.answered_at, now))
        return next(days) < next(days)

    def _release(self, work: WorkInProgress, held: Undertaking) -> None:
        work.notices.release(held)
        work.outbox.retract(taking_key(held), self._clock.now())

    def _renew(self, work: WorkInProgress, keys: Iterable[str | None]) -> None:
        for key in sorted(key for key in keys if key):
            work.outbox.renew(key, self.letters.letter(work, work.notices.under(key)), self._clock.now())


def taking_key(held: Undertaking) -> str:
    """The outbox key of the line in the thread that says who prepares an answer."""
    ref = held.question
    return f"taking:{ref.workspace_id}:{ref.channel_id}:{ref.message_id}:{held.member_id}:{held.at.timestamp():.0f}"


def sees(work: WorkInProgress, member: Member, channel: Channel) -> bool:
    """Whether a member can open a channel: a public one everybody but guests, whom the record has to be asked about."""
    if channel.visibility is Visibility.PUBLIC and not member.guest:
        return True
    return work.corpus.audience_of(member.workspace_id, member.id).may_open(channel)


def _wanted(stage: Stage, before: Sequence[Notice]) -> int:
    """How many more are to be told of a question at its stage."""
    ours = (Because.WIDER,) if stage is Stage.WIDER else (Because.AMBASSADOR, Because.NAMED)
    at_it = [one for one in before if one.because in ours and one.answer not in (Answer.NOT_MINE, Answer.NAMED)]
    return min(AT_A_TIME - len(at_it), MOST_TOLD - len(before))


def _fits(one: Candidate, matter: Matter) -> bool:
    return not one.ambassador or one.offer.offers(matter.topic, matter.prefecture)
