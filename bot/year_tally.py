"""What the simulated year came to, checked against the made-up town itself, not against what the bot kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from bot.choosing import CAP, Ambassador
from bot.late_letters import LETTER
from bot.store.notices import Notice
from bot.year_town import Asked, Town
from indexer.model import MessageRef

ZONE = ZoneInfo("Asia/Tokyo")
NEVER = datetime.max.replace(tzinfo=ZONE)


@dataclass(frozen=True, slots=True)
class Played:
    """What happened: questions, their first answers, what arrived (where, when, its key), who was told of what."""

    town: Town
    ends: datetime
    asked: Mapping[MessageRef, Asked]
    answered: Mapping[MessageRef, datetime]
    arrived: Sequence[tuple[str, datetime, str]]
    notices: Sequence[Notice]
    crashes: int


@dataclass(frozen=True, slots=True)
class YearMeasure:
    """What a year came to. Shares are of all questions that could have been answered within a working day."""

    questions: int
    letters: int
    crashes: int
    answered_without: float
    answered_with: float
    never_without: float
    never_with: float
    gini: float
    most_a_day: int
    over_cap: int
    doubles: int
    in_quiet_hours: int
    unseen: int
    seconds: float = 0.0
    work_seconds: float = 0.0  # of the processor, this process's alone
    load: float = 0.0  # how many processes wanted to run meanwhile, on average


def measured(played: Played) -> YearMeasure:
    """The year's figures."""
    town, asked = played.town, played.asked
    due = {ref: town.working.after(one.message.posted_at, town.working.day) for ref, one in asked.items()}
    counted = [ref for ref, at in due.items() if at < played.ends]
    alone = {ref: one.answered_at for ref, one in asked.items() if one.answered_at is not None}
    serve = {one.member_id: one for one in town.ambassadors}
    letters = [(member_id, at) for member_id, at, key in played.arrived if key.startswith(LETTER)]
    told = [(one, one.told_at) for one in played.notices if one.told_at is not None]
    a_day = Counter((notice.member_id, at.astimezone(ZONE).date()) for notice, at in told)
    mine = Counter(notice.member_id for notice, _ in told)
    keys = Counter(key for _, _, key in played.arrived)

    def within(answers: Mapping[MessageRef, datetime]) -> float:
        return sum(answers.get(ref, NEVER) <= due[ref] for ref in counted) / len(counted)

    def never(answers: Mapping[MessageRef, datetime]) -> float:
        return sum(ref not in answers for ref in counted) / len(counted)

    return YearMeasure(
        questions=len(asked),
        letters=len(letters),
        crashes=played.crashes,
        answered_without=within(alone),
        answered_with=within(played.answered),
        never_without=never(alone),
        never_with=never(played.answered),
        gini=gini([mine[member_id] for member_id in serve]),
        most_a_day=max((count for (member_id, _), count in a_day.items() if member_id in serve), default=0),
        over_cap=sum(count > (serve[one].cap if one in serve else CAP) for (one, _), count in a_day.items()),
        doubles=sum(count - 1 for count in keys.values()),
        in_quiet_hours=sum(not _welcome(serve.get(member_id), at) for member_id, at in letters),
        unseen=sum(not _sees(town, notice) for notice, _ in told),
    )


def gini(counts: list[int]) -> float:
    """How unevenly notices are spread: 0 all alike, 1 all on one. Σ (2i − n − 1) xᵢ / (n Σ x), x ascending."""
    whole, size = sum(counts), len(counts)
    if not whole:
        return 0.0
    return sum((2 * place - size - 1) * count for place, count in enumerate(sorted(counts), start=1)) / (size * whole)


def _sees(town: Town, notice: Notice) -> bool:
    room = next(room for room in town.channels.values() if room.id == notice.question.channel_id)
    return not room.members or notice.member_id in room.members


def _welcome(one: Ambassador | None, at: datetime) -> bool:
    """Whether a letter may arrive at a moment: by the town's own calendar, written down once more."""
    here = at.astimezone(ZONE)
    if here.weekday() >= 5 or not (8, 30) <= (here.hour, here.minute) < (17, 15):
        return False
    if here.date().isoformat() in HOLIDAYS:
        return False
    if one is None:
        return True
    assert one.leave is not None
    away = one.leave[0] <= here.date() <= one.leave[1]
    out = one.hours is not None and not one.hours[0] <= here.time() < one.hours[1]
    return not (away or out or here.weekday() in one.quiet or not one.term.holds(here.date()))


# Public holidays and the closure from 6 April 2026 to 5 April 2027, by the Cabinet Office's calendar.
HOLIDAYS = frozenset(
    {
        *("2026-04-29", "2026-05-04", "2026-05-05", "2026-05-06", "2026-07-20", "2026-08-11", "2026-09-21"),
        *("2026-09-22", "2026-09-23", "2026-10-12", "2026-11-03", "2026-11-23", "2026-12-29", "2026-12-30"),
        *("2026-12-31", "2027-01-01", "2027-01-11", "2027-02-11", "2027-02-23", "2027-03-22"),
    }
)
