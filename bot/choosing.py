"""Whom to tell of a waiting question: who may be told now, and who first. Pure rules over what is given.

**Who may be told.** A member who still is one and can open the channel, is not the asker, was not told of the question
before, is at work now (the community's working time, their own hours, no quiet day, no leave) and has room left under
their daily cap. An ambassador is told within their topics and prefectures only (none chosen: of everything); others,
who never offered themselves, at most once a week, and never once they said so.

**Who first.**

    score = ln(1 + expertise in the topic) + TOPIC · [chose the topic] + REGION · [asker's prefecture is theirs]
            + LIKENESS · likeness of the municipalities − LOAD · questions told in the last week

    likeness = exp(−|ln(population) − ln(asker's population)|), 0 where either is unknown

ln(1 + e): the first accepted answers tell most. A chosen topic counts like one accepted answer (ln 2 ≈ .7); a region
as much: prefectural systems and guidance bind. Likeness is worth half of that: small towns cannot copy a city's case,
but whoever knows, knows. Each question of the last week costs .35, so that after two of them a fresh colleague with the
same interest goes before one accepted answer: fairness without sending questions to those who know nothing. Ties go to
who was told longest ago, then by name of the question, so that equals take turns.
"""

from __future__ import annotations

import hashlib
import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import takewhile
from operator import itemgetter

from bot.working_time import WorkingTime
from indexer.model import Channel, Member, MessageRef
from indexer.municipalities import Municipality

TOPIC = 0.7
REGION = 0.7
LIKENESS = 0.35
LOAD = 0.35
WEEK = timedelta(days=7)
CAP = 3  # questions a day, unless an ambassador chose another number
OTHERS_PAUSE = timedelta(days=7)


# Whether a member can open a channel.
Sees = Callable[[Member, Channel], bool]


@dataclass(frozen=True, slots=True)
class Term:
    """How long an ambassador serves; `until` None: as long as the channel map names them."""

    since: date | None = None
    until: date | None = None

    def holds(self, day: date) -> bool:
        """Whether the term has begun and not ended."""
        return (self.since is None or self.since <= day) and (self.until is None or day <= self.until)


@dataclass(frozen=True, slots=True)
class Ambassador:
    """What an ambassador offered: topics, prefectures, hours, quiet days of the week (Monday 0), cap and leave."""

    member_id: str
    term: Term = Term()
    topics: frozenset[str] = frozenset()
    prefectures: frozenset[str] = frozenset()
    hours: tuple[time, time] | None = None
    quiet: frozenset[int] = frozenset()
    cap: int = CAP
    leave: tuple[date, date] | None = None

    def at_work(self, at: datetime, working: WorkingTime) -> bool:
        """Whether they may be written to at a moment."""
        here = at.astimezone(working.zone)
        if not working.is_open(at) or here.weekday() in self.quiet or not self.term.holds(here.date()):
            return False
        if self.leave is not None and self.leave[0] <= here.date() <= self.leave[1]:
            return False
        return self.hours is None or self.hours[0] <= here.time() < self.hours[1]

    def offers(self, topic: str, prefecture: str) -> bool:
        """Whether a question is within what they offered."""
        if not (self.topics or self.prefectures):
            return True
        return topic in self.topics or prefecture in self.prefectures


@dataclass(frozen=True, slots=True)
class Candidate:
    """Somebody who may be told. `told`: when they were told of questions in the last week, oldest first."""

    member: Member
    place: Municipality | None
    offer: Ambassador
    ambassador: bool
    told: tuple[datetime, ...] = ()

    def left(self, now: datetime, working: WorkingTime) -> int:
        """How many questions more may be put down for them now, those they are about to be told of included."""
        if self.member.deleted or self.member.bot:
            return 0
        if not self.ambassador:
            return int(working.is_open(now) and not any(now - at < OTHERS_PAUSE for at in self.told))
        return self.room(now, working) if self.offer.at_work(now, working) else 0

    def room(self, now: datetime, working: WorkingTime) -> int:
        """How many questions more they may be told of today."""
        today = now.astimezone(working.zone).date()
        of_today = takewhile(lambda at: at.astimezone(working.zone).date() == today, reversed(self.told))
        return self.offer.cap - sum(1 for _ in of_today)


@dataclass(frozen=True, slots=True)
class Matter:
    """A question as far as choosing goes. `expertise`: of its topic, by member; `before`: who was told already."""

    ref: MessageRef
    channel: Channel
    asker_id: str
    topic: str
    prefecture: str
    place: Municipality | None
    expertise: Mapping[str, float]
    before: frozenset[str] = frozenset()

    def may_be_told(self, candidate: Candidate, sees: Sees) -> bool:
        """Whether a candidate can open the question, and has not heard of it."""
        member_id = candidate.member.id
        if member_id == self.asker_id or member_id in self.before or self.channel.archived:
            return False
        return sees(candidate.member, self.channel)

    def score(self, candidate: Candidate, now: datetime, also: int = 0) -> float:
        """How much speaks for telling a candidate; the formula above."""
        load = also + len(candidate.told) - bisect_right(candidate.told, now - WEEK)
        prefecture = candidate.place.prefecture if candidate.place else ""
        regional = bool(self.prefecture) and self.prefecture in {prefecture, *candidate.offer.prefectures}
        return (
            math.log1p(self.expertise.get(candidate.member.id, 0.0))
            + TOPIC * (self.topic in candidate.offer.topics)
            + REGION * regional
            + LIKENESS * _likeness(self.place, candidate.place)
            - LOAD * load
        )


def choose(
    matter: Matter,
    candidates: Iterable[Candidate],
    count: int,
    now: datetime,
    also: Mapping[str, int],
) -> list[Candidate]:
    """The best of those who may be told, at most `count`; `also`: what each is about to be told of."""

    def order(candidate: Candidate) -> tuple[float, float]:
        latest = candidate.told[-1].timestamp() if candidate.told else 0.0
        return -round(matter.score(candidate, now, also.get(candidate.member.id, 0)), 6), latest

    def turn(candidate: Candidate) -> str:
        return hashlib.sha256(f"{matter.ref.message_id}:{candidate.member.id}".encode()).hexdigest()

    ordered = sorted(((order(candidate), candidate) for candidate in candidates), key=itemgetter(0))
    # Turns are drawn only among those who could be chosen: the last place's equals and who goes before them.
    in_question = [ranked for ranked in ordered if ranked[0] <= ordered[min(count, len(ordered)) - 1][0]]
    return [one for _, one in sorted(in_question, key=lambda ranked: (ranked[0], turn(ranked[1])))][:count]


def _likeness(one: Municipality | None, other: Municipality | None) -> float:
    if one is None or other is None or not one.population or not other.population:
        return 0.0
    return math.exp(-abs(math.log(one.population) - math.log(other.population)))
