"""Credit for help, derived from the record as it stands.

Nothing is added up and kept, so that a reaction taken back, an edit or a deletion takes its credit with it, and the
order in which events came in does not matter.

**What counts.** Of one thread, each member who helped is credited once, for the greatest deed:

    accepted answer                                              1.0
    first helpful reply (the first by another, and the asker     0.5
        thanked for it by a reaction or in words)
    pointing to another thread on record, in a thread that was   0.5
        resolved then, or for which the asker thanked
    and on top: reviving, the first reply to a question that     0.5
        lay without any for REVIVED_AFTER

An accepted answer ends the matter: it is the unit. Who replies first ends the waiting, and who points saves everybody a
second write-up, but what solves the matter is another's work: half. A question older than REVIVED_AFTER (two weeks;
reminders have ended long before) nobody expects to be answered; taking it up is worth as much as being the first.

**Who judges.** Nobody is credited for helping themselves or a member of their own municipality, and reactions and marks
by the helper or the helper's municipality are not looked at: the thread is judged as if they were not there.

**How it adds up.** At the time t, over what was done until t:

    credit(t) = Σ over pairs  Σ over i = 1, 2, …  w(i) / i,     w = worth · 2^(−age / HALF_LIFE)

A pair is the helper with one asker's municipality (the asker, where the municipality is unknown); w(1) is its greatest
weighed worth, w(2) the next. A pair's n-th help counts an n-th, so that its sum grows like log n: accounts that thank
each other gain little, breadth gains all. Greatest first, not oldest first, since then taking help away never raises
the sum: with w(k) gone the later ones move up and gain Σ w(j) (1/(j−1) − 1/j) ≤ w(k) (1/k − 1/n) < w(k)/k.
HALF_LIFE is a year, an ambassador's term: a year's pause halves, a busy month changes nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from indexer.model import Message, MessageRef, Reaction, ResolvedBy, Thread
from indexer.resolution import SUBSTANTIVE_LENGTH, ResolutionRules, Said, resolve, said

HALF_LIFE = timedelta(days=365)
REVIVED_AFTER = timedelta(days=14)
THANKS_EMOJI = frozenset(
    {"pray", "bow", "+1", "thumbsup", "heart", "tada", "clap", "raised_hands", "ok_hand", "bulb", "sparkles", "star"}
)
THANKS_WORDS = ("参考", "ありがと", "感謝", "助かり", "thank")  # in the names of a community's own emoji


class Deed(StrEnum):
    """What a helper did in a thread."""

    ACCEPTED = "accepted"
    FIRST = "first"
    POINTED = "pointed"


WORTH = {Deed.ACCEPTED: 1.0, Deed.FIRST: 0.5, Deed.POINTED: 0.5}
REVIVAL = 0.5


@dataclass(frozen=True, slots=True)
class Help:
    """One member's help in one thread. `place` is the asker's municipality's code, None where unknown.

    `reply` did the deed; `at` is when the helper first replied, so that it stays when the deed is another.
    """

    helper_id: str
    asker_id: str
    place: str | None
    thread: MessageRef
    reply: MessageRef
    at: datetime
    deed: Deed
    revived: bool
    topic: str

    @property
    def worth(self) -> float:
        """What the help is worth by itself, before time and repetition."""
        return WORTH[self.deed] + (REVIVAL if self.revived else 0.0)

    @property
    def pair(self) -> str:
        """Whom it helped, as far as repetition goes."""
        return self.place or self.asker_id


@dataclass(frozen=True, slots=True)
class Judge:
    """Tells the help in a thread.

    `places`: each member's municipality. `points`: whether a reply links to another thread on record. `topic_of`: what
    a thread is about, empty for what is about nothing that could be helped with (greetings, announcements).
    """

    places: Mapping[str, str | None]
    rules: ResolutionRules
    topic_of: Callable[[Thread], str]
    points: Callable[[Message], bool]

    def helps(self, thread: Thread) -> list[Help]:
        """All help in the thread, one entry a helper."""
        if not thread.root.by_person or not any(self._from_helper(reply, thread) for reply in thread.replies):
            return []
        seen = self._impartially(thread)
        others = [reply for reply in seen.replies if self._from_helper(reply, thread)]
        deeds = self._deeds(seen, others)
        topic = self.topic_of(thread) if deeds else ""
        if not topic:
            return []
        reviver = self._reviver(seen)
        return [
            Help(
                helper_id=helper_id,
                asker_id=thread.root.author_id,
                place=self.places.get(thread.root.author_id),
                thread=thread.ref,
                reply=reply.ref,
                at=next(one.posted_at for one in others if one.author_id == helper_id),
                deed=deed,
                revived=helper_id == reviver,
                topic=topic,
            )
            for helper_id, (deed, reply) in sorted(deeds.items())
        ]

    def thanks(self, thread: Thread, helper_id: str) -> int:
        """How many people thanked a helper in the thread, by a reaction or, the asker, in words."""
        seen = self._impartially(thread)
        given = {
            member_id
            for reply in seen.replies
            if reply.author_id == helper_id
            for reaction in reply.reactions
            if self._thanks(reaction)
            for member_id in reaction.member_ids
        }
        if any(reply.author_id == helper_id and self._thanked(seen, reply) for reply in seen.replies):
            given.add(thread.root.author_id)
        return len(given)

    def partial(self, one: str, other: str) -> bool:
        """Whether two members are one, or of one municipality."""
        place = self.places.get(one)
        return one == other or (place is not None and place == self.places.get(other))

    def _from_helper(self, reply: Message, thread: Thread) -> bool:
        return reply.by_person and not self.partial(reply.author_id, thread.root.author_id)

    def _deeds(self, seen: Thread, others: Sequence[Message]) -> dict[str, tuple[Deed, Message]]:
        """Each helper's greatest deed, and the reply that did it."""
        deeds: dict[str, tuple[Deed, Message]] = {}
        for reply in others:
            if self.points(reply) and self._led_on(seen, reply):
                deeds.setdefault(reply.author_id, (Deed.POINTED, reply))
        if len(others[0].text) >= SUBSTANTIVE_LENGTH and self._thanked(seen, others[0]):
            deeds[others[0].author_id] = (Deed.FIRST, others[0])
        accepted = seen.accepted
        if accepted is not None and self._from_helper(accepted, seen):
            deeds[accepted.author_id] = (Deed.ACCEPTED, accepted)
        return deeds

    def _led_on(self, seen: Thread, reply: Message) -> bool:
        """Whether the thread was resolved no earlier than this reply, as far as the record tells, or it was thanked."""
        accepted = seen.accepted
        return self._thanked(seen, reply) or (accepted is not None and reply.posted_at <= accepted.posted_at)

    def _thanked(self, seen: Thread, reply: Message) -> bool:
        """Whether the asker thanked for a reply, by a reaction or in their next words before anybody else's."""
        asker = seen.root.author_id
        if any(asker in reaction.member_ids and self._thanks(reaction) for reaction in reply.reactions):
            return True
        after = next((r for r in seen.replies if _order(r) > _order(reply) and r.author_id != reply.author_id), None)
        return after is not None and after.author_id == asker and said(after.text) in (Said.SOLVED, Said.THANKED)

    def _thanks(self, reaction: Reaction) -> bool:
        name = reaction.emoji
        return name in THANKS_EMOJI or name in self.rules.emoji or any(word in name for word in THANKS_WORDS)

    def _reviver(self, seen: Thread) -> str | None:
        """Who wrote the first reply to a question that had lain for long."""
        first = next((r for r in seen.replies if r.by_person and r.author_id != seen.root.author_id), None)
        if first is None or first.posted_at - seen.root.posted_at < REVIVED_AFTER:
            return None
        return first.author_id

    def _impartially(self, thread: Thread) -> Thread:
        """The thread without what helpers and their colleagues said of their own replies, and its resolution then."""
        asker = thread.root.author_id
        replies = tuple(
            reply if reply.author_id == asker or not reply.reactions else self._fairly(reply)
            for reply in sorted(thread.replies, key=_order)
        )
        marks = thread.marks
        while True:
            resolution = resolve(thread.root, replies, marks, self.rules)
            if resolution is None or resolution.accepted is None or resolution.by is not ResolvedBy.MARK:
                break
            helper = resolution.accepted.author_id
            fair = tuple(mark for mark in marks if helper == asker or not self.partial(mark.member_id, helper))
            if fair == marks:
                break
            marks = fair
        return replace(thread, replies=replies, marks=marks, resolution=resolution)

    def _fairly(self, reply: Message) -> Message:
        """The reply without the reactions of its author and their colleagues."""
        kept = tuple(
            Reaction(given.emoji, others)
            for given in reply.reactions
            if (others := tuple(one for one in given.member_ids if not self.partial(one, reply.author_id)))
        )
        return reply if kept == reply.reactions else replace(reply, reactions=kept)


def credit(helps: Iterable[Help], at: datetime) -> float:
    """One member's credit at a time, by the formula above."""
    pairs: dict[str, list[float]] = defaultdict(list)
    for done in helps:
        if done.at <= at:
            pairs[done.pair].append(done.worth * 0.5 ** ((at - done.at) / HALF_LIFE))
    weighed = (sorted(weights, reverse=True) for _, weights in sorted(pairs.items()))
    return sum(weight / rank for weights in weighed for rank, weight in enumerate(weights, start=1))


def by_helper(helps: Iterable[Help]) -> dict[str, list[Help]]:
    """Helps sorted by who helped, each list in order of time."""
    found: dict[str, list[Help]] = defaultdict(list)
    for done in sorted(helps, key=lambda one: (one.helper_id, one.at, one.reply)):
        found[done.helper_id].append(done)
    return dict(found)


def _order(message: Message) -> tuple[datetime, MessageRef]:
    return message.posted_at, message.ref
