"""Working hours by the calendar of Japanese municipalities, and the arithmetic in them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.working_time import NeverOpenError, WorkingTime
from indexer.channel_map import WorkingHours, WorkingSpan

JST = ZoneInfo("Asia/Tokyo")
WORK = WorkingTime(WorkingHours(), JST)
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
LENGTHS = st.timedeltas(timedelta(0), timedelta(hours=80))


def at(text: str) -> datetime:
    """A moment in Japan."""
    return datetime.fromisoformat(text).replace(tzinfo=JST).astimezone(UTC)


@pytest.mark.parametrize(
    ("day", "works"),
    [
        ("2026-04-01", True),
        ("2026-04-04", False),  # Saturday
        ("2026-04-29", False),  # 昭和の日
        ("2026-05-06", False),  # 振替休日
        ("2026-09-22", False),  # 国民の休日, between two holidays
        ("2026-12-28", True),
        ("2026-12-29", False),
        ("2027-01-03", False),
        ("2027-01-04", True),
    ],
)
def test_working_days_are_those_of_municipalities(day: str, works: bool) -> None:
    assert WORK.is_working_day(date.fromisoformat(day)) is works


def test_a_community_may_have_another_calendar() -> None:
    other = WorkingTime(WorkingHours(time(9), time(12), holidays=False, closed=(((8, 13), (8, 15)),)), JST)
    assert other.is_working_day(date(2026, 4, 29))
    assert other.is_working_day(date(2026, 12, 29))
    assert not other.is_working_day(date(2026, 8, 14))
    assert other.day == timedelta(hours=3)
    never = WorkingTime(WorkingHours(closed=(((1, 1), (12, 31)),)), JST)
    with pytest.raises(NeverOpenError):
        never.next_open(at("2026-04-01T09:00"))


def test_time_outside_working_hours_does_not_count() -> None:
    friday_evening, monday = at("2026-04-03T16:15"), at("2026-04-06T09:30")
    assert WORK.between(friday_evening, monday) == timedelta(hours=2)
    assert WORK.after(friday_evening, timedelta(hours=2)) == monday
    assert WORK.next_open(at("2026-12-28T17:15")) == at("2027-01-04T08:30")
    assert WORK.after(at("2026-12-28T17:00"), WORK.length(WorkingSpan(days=1))) == at("2027-01-04T17:00")
    assert WORK.within(friday_evening, monday, WorkingSpan(hours=2))
    assert not WORK.within(friday_evening, monday, WorkingSpan(hours=1))


@settings(deadline=None)  # the first look at a year's holidays takes its time
@given(MOMENTS, LENGTHS)
def test_so_much_working_time_lies_between_a_moment_and_what_comes_after_it(start: datetime, length: timedelta) -> None:
    end = WORK.after(start, length)
    assert end >= start
    assert WORK.between(start, end) == length


@settings(deadline=None)
@given(MOMENTS, MOMENTS, MOMENTS)
def test_spans_add_up_and_never_run_backwards(one: datetime, two: datetime, three: datetime) -> None:
    first, middle, last = sorted((one, two, three))
    assert WORK.between(first, middle) + WORK.between(middle, last) == WORK.between(first, last)
    assert WORK.between(last, first) == timedelta(0) or first == last
    assert WORK.between(first, last) <= last - first


@settings(deadline=None)
@given(MOMENTS)
def test_the_next_opening_is_open_and_nothing_is_open_before_it(moment: datetime) -> None:
    opening = WORK.next_open(moment)
    assert WORK.is_open(opening)
    assert WORK.between(moment, opening) == timedelta(0)
