"""One week of a community as facts: what was solved, what still waits, what rises. Pure rules over the record.

What each fact says:

- *solved*: resolved within the week, and not told in an earlier digest. A mark and the asker's words have a time; a ✅
  has none on record (exports tell none), so that its thread counts as solved when somebody last wrote in it, and a ✅
  that comes up to LATE later is told in the digest after it.
- *waiting*: a question of the last WAITING days, not resolved, to which nobody but the asker (and the bot) replied,
  as the record stands now, whatever the week: nobody is sent to help where help has come.
- *rising*: topics with more questions than in a usual week. With x questions this week and m the median of the BASELINE
  weeks before, the rise is r = 2(√(x + 3/8) − √(m + 3/8)): Anscombe's transform (Biometrika 35, 1948) brings counts to
  about unit variance, so that one bar fits small topics and large, and the median is not moved by one loud week. It
  rises from r ≥ RISE on with at least FEWEST_RISING questions. Of 40 topics with .5 to 10 questions a week and nothing
  going on, .2 are called rising a week where questions come by chance alone, 1.2 where their rate wanders by 45 %; one
  that triples from 3 a week is found in .5 of weeks, from 8 a week in .9 (simulated, 2,000 weeks).
- *reread*: one resolved thread of about this time in an earlier year (SEASON weeks around), since the work of
  municipalities follows the fiscal year; its answer carries no caution and some substance. First comes the one that
  most people took part in or reacted to; none is told twice within a year (the caller knows which were).
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from statistics import median
from typing import Self

from bot.errors import BadWeekError
from bot.thread_facts import first_reply, helpers, interest, replies_of_others, resolved_at, tallied
from indexer.model import Thread

WEEK = timedelta(weeks=1)
SHOWN_WEEKS = 12  # of the chart: a quarter, as far as figures are compared in a municipality
BASELINE = 8  # weeks before this one that make a usual week
WAITING = timedelta(days=60)  # after two months a question without any answer is asked anew rather than answered
LATE = timedelta(weeks=4)
RISE = 2.5
FEWEST_RISING = 4
SEASON = 3  # weeks before and after the same week of an earlier year
SEASON_YEARS = 2  # how far back; older answers mostly carry a caution anyway
SUBSTANCE = 60  # characters of an answer worth rereading

_WEEK = re.compile(r"(\d{4})-?W(\d{1,2})")


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """An ISO week, Monday to Sunday in the community's time zone."""

    year: int
    number: int

    @classmethod
    def of(cls, moment: datetime, zone: tzinfo) -> Self:
        """The week in which a moment falls."""
        year, number, _ = moment.astimezone(zone).isocalendar()
        return cls(year, number)

    @classmethod
    def parse(cls, text: str) -> Self:
        """「2026-W47」. Raises BadWeekError."""
        found = _WEEK.fullmatch(unicodedata.normalize("NFKC", text).strip().upper())
        if found is None:
            raise BadWeekError(week=text)
        week = cls(int(found[1]), int(found[2]))
        try:
            _ = week.monday
        except ValueError as error:
            raise BadWeekError(week=text) from error
        return week

    @property
    def monday(self) -> date:
        """Its first day."""
        return date.fromisocalendar(self.year, self.number, 1)

    @property
    def sunday(self) -> date:
        """Its last day."""
        return self.monday + timedelta(days=6)

    def span(self, zone: tzinfo) -> tuple[datetime, datetime]:
        """When it begins, and when the next one does."""
        days = (self.monday, self.monday + WEEK)
        start, end = (datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC) for day in days)
        return start, end

    def back(self, weeks: int) -> Week:
        """The week that many weeks earlier."""
        year, number, _ = (self.monday - weeks * WEEK).isocalendar()
        return Week(year, number)

    def __str__(self) -> str:
        return f"{self.year}-W{self.number:02}"


@dataclass(frozen=True, slots=True)
class Figures:
    """A week in numbers: questions asked, how many of those had a reply within a working day, threads resolved."""

    week: Week
    questions: int
    answered: int
    resolved: int


@dataclass(frozen=True, slots=True)
class Rise:
    """A topic with more questions than usual."""

    topic: str
    questions: int
    usual: float
    rise: float


@dataclass(frozen=True, slots=True)
class Past:
    """What earlier digests told: threads as solved, threads to reread. `begun`: the first one's week."""

    solved: frozenset[int] = frozenset()
    reread: frozenset[int] = frozenset()
    begun: Week | None = None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the facts need to know of the community: topics, working time, which polls are full, which answers old."""

    asks: Callable[[Thread], bool]
    topic_of: Callable[[Thread], str]
    in_time: Callable[[datetime, datetime], bool]
    poll_full: Callable[[Thread], bool]
    outdated: Callable[[Thread], bool]


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a digest tells of a week. `helpers`: who gave the accepted answers, in the order in which they did."""

    week: Week
    history: tuple[Figures, ...]
    solved: tuple[Thread, ...] = ()
    waiting: tuple[Thread, ...] = ()
    polls: tuple[Thread, ...] = ()
    rising: tuple[Rise, ...] = ()
    helpers: tuple[str, ...] = ()
    newcomers: tuple[str, ...] = ()
    reread: Thread | None = None

    @property
    def figures(self) -> Figures:
        """This week's."""
        return self.history[-1]

    @property
    def quiet(self) -> bool:
        """Whether the week has nothing to tell; an old thread alone is no news."""
        told = (self.solved, self.waiting, self.polls, self.rising, self.newcomers)
        return not self.figures.questions and not any(told)


@dataclass(frozen=True, slots=True)
class Rules:
    """Draws the facts of a week in one time zone."""

    week: Week
    zone: tzinfo
    judgement: Judgement

    def facts(
        self,
        threads: Sequence[Thread],
        past: Past,
        seasonal: Sequence[Thread] = (),
        newcomers: Sequence[str] = (),
    ) -> Facts:
        """The facts from `threads`, in which anything happened in the last SHOWN_WEEKS, and those of earlier years."""
        asked = [thread for thread in threads if self.judgement.asks(thread)]
        solved = self.solved(threads, past)
        return Facts(
            week=self.week,
            history=self.history(asked, threads),
            solved=solved,
            waiting=self.waiting(asked),
            polls=self.polls(threads),
            rising=self.rising(asked),
            helpers=tuple(dict.fromkeys(helpers(solved))),
            newcomers=tuple(newcomers),
            reread=self.reread(seasonal, past),
        )

    def history(self, asked: Sequence[Thread], threads: Sequence[Thread]) -> tuple[Figures, ...]:
        """The last SHOWN_WEEKS in numbers, this one last."""
        weeks = [self.week.back(number) for number in range(SHOWN_WEEKS - 1, -1, -1)]
        questions = Counter(self._week_of(thread) for thread in asked)
        answered = Counter(self._week_of(thread) for thread in asked if self._in_time(thread))
        solved_at = (resolved_at(thread) for thread in threads)
        resolved = Counter(Week.of(at, self.zone) for at in solved_at if at is not None)
        return tuple(Figures(week, questions[week], answered[week], resolved[week]) for week in weeks)

    def solved(self, threads: Iterable[Thread], past: Past) -> tuple[Thread, ...]:
        """Threads resolved this week, in the order in which they were; with those whose ✅ came late, without polls."""
        start, end = self.week.span(self.zone)
        since = start if past.begun is None else max(start - LATE, past.begun.span(self.zone)[0])
        found = [
            (at, thread)
            for thread in threads
            if (at := resolved_at(thread)) is not None
            and since <= at < end
            and thread.id not in past.solved
            and not tallied(thread)
        ]
        return tuple(thread for _, thread in sorted(found, key=lambda item: (item[0], item[1].id)))

    def waiting(self, asked: Iterable[Thread]) -> tuple[Thread, ...]:
        """Questions that nobody has replied to, the oldest first."""
        _, end = self.week.span(self.zone)
        found = [
            thread
            for thread in asked
            if end - WAITING <= thread.root.posted_at < end and not thread.resolved and first_reply(thread) is None
        ]
        return tuple(sorted(found, key=lambda thread: thread.root.posted_at))

    def polls(self, threads: Iterable[Thread]) -> tuple[Thread, ...]:
        """Polls with enough answers, the last of which came this week."""
        start, end = self.week.span(self.zone)
        return tuple(
            thread
            for thread in threads
            if any(start <= reply.posted_at < end for reply in replies_of_others(thread))
            and self.judgement.poll_full(thread)
        )

    def rising(self, asked: Iterable[Thread]) -> tuple[Rise, ...]:
        """Topics with clearly more questions than in a usual week, the steepest first."""
        counts: dict[str, Counter[Week]] = defaultdict(Counter)
        for thread in asked:
            if topic := self.judgement.topic_of(thread):
                counts[topic][self._week_of(thread)] += 1
        before = [self.week.back(number) for number in range(1, BASELINE + 1)]
        found = []
        for topic, weeks in counts.items():
            usual = median(weeks[week] for week in before)
            rise = risen(weeks[self.week], usual)
            if rise >= RISE and weeks[self.week] >= FEWEST_RISING:
                found.append(Rise(topic, weeks[self.week], usual, rise))
        return tuple(sorted(found, key=lambda one: (-one.rise, one.topic)))

    def reread(self, seasonal: Iterable[Thread], past: Past) -> Thread | None:
        """One thread of this time in an earlier year that is worth reading again."""
        found = [
            thread
            for thread in seasonal
            if thread.id not in past.reread
            and thread.accepted is not None
            and len(thread.accepted.text) >= SUBSTANCE
            and not self.judgement.outdated(thread)
        ]
        return max(found, key=lambda thread: (interest(thread), thread.root.posted_at), default=None)

    def seasons(self) -> list[tuple[datetime, datetime]]:
        """The spans of earlier years that `reread` draws from."""
        start, end = self.week.span(self.zone)
        years = [timedelta(days=round(365.25 * year)) for year in range(1, SEASON_YEARS + 1)]
        return [(start - year - SEASON * WEEK, end - year + SEASON * WEEK) for year in years]

    def _week_of(self, thread: Thread) -> Week:
        return Week.of(thread.root.posted_at, self.zone)

    def _in_time(self, thread: Thread) -> bool:
        reply = first_reply(thread)
        return reply is not None and self.judgement.in_time(thread.root.posted_at, reply.posted_at)


def risen(questions: int, usual: float) -> float:
    """How far a count stands above a usual one, in standard deviations of a count."""
    return float(2 * ((questions + 0.375) ** 0.5 - (usual + 0.375) ** 0.5))
