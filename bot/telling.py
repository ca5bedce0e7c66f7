"""One look at the questions that wait in a workspace: which go on to be told of, to whom, and in whose letter.

A look reads what it needs once, for all questions. What it decides goes into the notices and undertakings of its
transaction; the letters themselves are written by `bot.care`.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from operator import attrgetter

from bot import quiet_hours
from bot.choosing import WEEK, Candidate, Matter, choose
from bot.community import Community
from bot.crosspost import joined, notes
from bot.known_notices import UNSAID
from bot.late_letters import LETTER
from bot.store import WorkInProgress
from bot.store.notices import Answer, Because, Notice, Undertaking
from bot.unanswered import Stage
from bot.waiting import Waiting
from indexer.channel_map import Kind
from indexer.model import Channel, Member, MessageRef, Thread, Visibility

AT_A_TIME = 2  # told of one question at one stage
MOST_TOLD = 8  # of one question ever: after so many the digest may try
IN_ONE_LETTER = 3  # questions; a longer letter is put off
PAUSE = timedelta(hours=2)  # between two letters to one member

# A question with its stage, how many more are to be told of it, and who was told before.
Asking = tuple[Thread, Stage, int, frozenset[str]]


class Look:
    """A look within one transaction: `settle` and `lapse`, then `put_down`, then `tell`."""

    def __init__(self, community: Community, work: WorkInProgress, watch: Waiting, now: datetime) -> None:
        self._work = work
        self._watch = watch
        self._now = now
        self._map = community.channel_map
        self._working = community.working_time
        self._workspace = workspace_id = watch.workspace_id
        self._questions = {thread.ref: (thread, stage) for thread, stage in watch.standing(now)}
        self._taken = {held.question: held for held in work.notices.undertakings(workspace_id)}
        self._people = watch.people
        self._notices = watch.notices
        self._known: dict[str, Candidate | None] = {}
        self._left: dict[str, int] = {}  # how many questions more each known one may be told of
        self._notes: dict[MessageRef, MessageRef | None] = {}  # of those looked at, where they are known, too
        self.left: set[str] = set()  # letters a question of which is told of in a later one, as its reader wished
        self._to_tell = list(watch.notices.to_tell())
        # What each is about to be told of.
        self._also = Counter(
            notice.member_id
            for notice in self._to_tell
            if notice.answer is Answer.NONE and notice.question in self._questions
        )

    def settle(self) -> None:
        """To questions that wait no more nobody is to say anything."""
        over = self._notices.unsaid() - self._questions.keys()
        settled = (notice for question in over for notice in self._notices.of(question) if notice.answer in UNSAID)
        self._work.notices.settle([notice.id for notice in settled], self._now)

    def lapse(self) -> list[Undertaking]:
        """Questions taken on and not replied to within a working day are free again: those that are to be released."""
        lapsed = [
            held
            for held in self._taken.values()
            if held.question not in self._questions or self._working.between(held.at, self._now) >= self._working.day
        ]
        for held in lapsed:
            del self._taken[held.question]
        return lapsed

    def put_down(self) -> None:
        """Put questions down for the members who fit best."""
        waiting = {
            ref: found
            for ref, found in self._questions.items()
            if found[1] in (Stage.AMBASSADORS, Stage.WIDER) and ref not in self._taken
        }
        asking = [
            (thread, stage, wanted, frozenset(notice.member_id for notice in self._notices.of(ref)))
            for ref, (thread, stage) in waiting.items()
            if (wanted := _wanted(stage, self._notices.of(ref))) > 0
        ]
        asking = self._asking_still(asking)
        topics = {self._topic(thread) for thread, *_ in asking}
        knowing = {topic: self._watch.expertise.in_topic(topic, self._now) for topic in topics}
        matters = [(self._matter(thread, before, knowing), stage, wanted) for thread, stage, wanted, before in asking]
        crowds = [self._crowd(matter, stage) for matter, stage, _ in matters]
        self._meet({member_id: None for crowd in crowds for member_id in crowd})
        for (matter, stage, wanted), crowd in zip(matters, crowds, strict=True):
            free = (one for one in self._free(crowd) if _fits(one, matter))
            fit = [one for one in free if matter.may_be_told(one, self._sees)]
            because = Because.WIDER if stage is Stage.WIDER else Because.AMBASSADOR
            for chosen in choose(matter, fit, wanted, self._now, self._also):
                member_id = chosen.member.id
                notice = self._work.notices.add(matter.ref, member_id, because, matter.topic, self._now)
                if notice is not None:
                    self._to_tell.append(notice)
                    self._also[member_id] += 1

    def tell(self) -> dict[str, str]:
        """Tell each member for whom questions are put down, who is at work and was not just written to.

        The keys of the letters that are to be written, with whom each is for.
        """
        notices = self._work.notices
        put_down: dict[str, list[Notice]] = defaultdict(list)
        unsaid = [
            notice
            for notice in self._to_tell
            if notice.question not in self._taken and notice.question in self._questions
        ]
        still = self._asked_still(self._questions[notice.question][0] for notice in unsaid)
        for notice in sorted(unsaid, key=attrgetter("id")):
            if notice.question not in still:
                continue
            if notice.answer is Answer.LATER:
                if not self._day_after(notice):
                    continue
                notices.again(notice.id)
            put_down[notice.member_id].append(notice)
        self._meet(put_down)
        letters: dict[str, str] = {}
        for member_id, told in put_down.items():
            if now_told := self._now_told(member_id, told):
                self.left |= {notice.key for notice in now_told if notice.key is not None}
                key = f"{LETTER}{self._workspace}:{member_id}:{now_told[0].id}:{self._now.timestamp():.0f}"
                notices.told([notice.id for notice in now_told], key, self._now)
                letters[key] = member_id
        return letters

    # Cross-posts

    def _asking_still(self, asking: list[Asking]) -> list[Asking]:
        """Those of these questions whose asker is there, and not answered where the bot made them known, either."""
        askers = self._people.members(self._work, {thread.root.author_id for thread, *_ in asking})
        left = {member.id for member in askers.values() if member.deleted}
        here = [one for one in asking if one[0].root.author_id not in left]
        still = self._asked_still(thread for thread, *_ in here)
        return [one for one in here if one[0].ref in still]

    def _asked_still(self, waiting: Iterable[Thread]) -> set[MessageRef]:
        """Those of these questions that were not answered where the bot made them known, either."""
        threads = {thread.ref: thread for thread in waiting}
        new = threads.keys() - self._notes.keys()
        if new:
            self._notes.update(dict.fromkeys(new))
            self._notes.update(notes(self._work, new))
        known = {ref: note for ref in threads if (note := self._notes[ref]) is not None}
        whole = joined(self._work, (threads[ref] for ref in known), known)
        answered = {ref for ref, thread in whole.items() if not self._watch.rules.waits(thread, self._now)}
        return threads.keys() - answered

    def _topic(self, thread: Thread) -> str:
        """What a question is about: its asker knew best, if they had it made known in a topic's channel."""
        note = self._notes[thread.ref]
        room = self._work.corpus.channel(note.workspace_id, note.channel_id) if note else None
        entry = self._map.named(room.name) if room else None
        return entry.name if entry and entry.kind is Kind.TOPIC else self._watch.topic_of(thread)

    # Who

    def _crowd(self, matter: Matter, stage: Stage) -> Iterable[str]:
        """The ambassadors; in the wider circle also who answered on the topic or for that prefecture.

        Of the latter those who were told of a question within the week are let be: see `Candidate.left`.
        """
        if stage is not Stage.WIDER:
            return self._people.ambassadors
        helpful = self._watch.expertise.in_prefecture(matter.prefecture, self._now)
        others = (one for one in (*matter.expertise, *helpful) if not self._told(one))
        return dict.fromkeys((*self._people.ambassadors, *others))

    def _told(self, member_id: str) -> tuple[datetime, ...]:
        """When a member was told of questions within the week, oldest first."""
        return self._notices.told_since(member_id, self._now - WEEK)

    def _matter(self, thread: Thread, before: frozenset[str], knowing: Mapping[str, Mapping[str, float]]) -> Matter:
        topic, asker_id = self._topic(thread), thread.root.author_id
        entry = self._map.named(thread.channel.name)
        return Matter(
            ref=thread.ref,
            channel=thread.channel,
            asker_id=asker_id,
            topic=topic,
            prefecture=self._watch.prefecture_of(asker_id) or (entry.prefecture if entry else ""),
            place=self._watch.place_of(asker_id),
            expertise=knowing[topic],
            before=before,
        )

    def _free(self, member_ids: Iterable[str]) -> Iterator[Candidate]:
        """Those of these members who may be told of one more question now."""
        for member_id in member_ids:
            if self._also[member_id] < self._left[member_id]:
                candidate = self._known[member_id]
                if candidate is not None:
                    yield candidate

    def _meet(self, member_ids: Iterable[str]) -> None:
        """Read those of these members that this look does not know yet."""
        unknown = [member_id for member_id in member_ids if member_id not in self._known]
        if not unknown:
            return
        self._known.update(dict.fromkeys(unknown))
        self._left.update(dict.fromkeys(unknown, 0))
        for member_id, candidate in self._people.candidates(self._work, unknown).items():
            told = self._told(member_id)
            one = self._known[member_id] = replace(candidate, told=told) if told else candidate
            self._left[member_id] = one.left(self._now, self._working)

    # When

    def _now_told(self, member_id: str, notices: Sequence[Notice]) -> list[Notice]:
        """Of what is put down for a member, what they may be told of now."""
        one, told = self._known[member_id], self._told(member_id)
        if one is None or one.member.deleted or not one.offer.at_work(self._now, self._working):
            return []
        quiet = self._people.quiet.get(member_id, "")
        if quiet_hours.ends(quiet, self._now, self._working.zone) > self._now:
            return []
        if told and self._working.between(told[-1], self._now) < PAUSE:
            return []
        seen = [notice for notice in notices if self._sees(one.member, self._questions[notice.question][0].channel)]
        return seen[: min(IN_ONE_LETTER, one.room(self._now, self._working))]

    def _day_after(self, notice: Notice) -> bool:
        if notice.answered_at is None:
            return False
        days = (at.astimezone(self._working.zone).date() for at in (notice.answered_at, self._now))
        return next(days) < next(days)

    def _sees(self, member: Member, channel: Channel) -> bool:
        """Whether a member can open a channel: a public one all but guests, of whom the record has to be asked."""
        if channel.visibility is Visibility.PUBLIC and not member.guest:
            return True
        return self._work.corpus.audience_of(member.workspace_id, member.id).may_open(channel)


def _wanted(stage: Stage, before: Collection[Notice]) -> int:
    """How many more are to be told of a question at its stage."""
    ours = (Because.WIDER,) if stage is Stage.WIDER else (Because.AMBASSADOR, Because.NAMED)
    at_it = [one for one in before if one.because in ours and one.answer not in (Answer.NOT_MINE, Answer.NAMED)]
    return min(AT_A_TIME - len(at_it), MOST_TOLD - len(before))


def _fits(one: Candidate, matter: Matter) -> bool:
    return not one.ambassador or one.offer.offers(matter.topic, matter.prefecture)
