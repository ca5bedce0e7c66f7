"""When people work: arithmetic in working hours, in one time zone, by the community's own calendar.

A working day is Monday to Friday, no national holiday (`jpholiday`), none of the days on which offices are closed.
Between `opens` and `closes` time counts; a lunch break is not taken out: the counters of municipalities stay open.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import cache

import jpholiday

from indexer.channel_map import Day, WorkingHours, WorkingSpan

SATURDAY = 5
REMEMBERED = 256  # moments whose being within working time is remembered: a look asks of one again and again
LONGEST_CLOSURE = 400  # days looked through for the next working day; a calendar with none in a year is an error


class NeverOpenError(ValueError):
    """The calendar has no working day."""


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """The community's working time. Moments go in and come out in UTC."""

    hours: WorkingHours
    zone: tzinfo
    _days: dict[date, bool] = field(default_factory=dict, compare=False, repr=False)
    _moments: dict[datetime, bool] = field(default_factory=dict, compare=False, repr=False)
    _spans: dict[date, tuple[datetime, datetime]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def day(self) -> timedelta:
        """How long a working day is."""
        return _since_midnight(self.hours.closes) - _since_midnight(self.hours.opens)

    def length(self, span: WorkingSpan) -> timedelta:
        """A span as working time."""
        return timedelta(hours=span.hours) + span.days * self.day

    def is_working_day(self, day: date) -> bool:
        """Whether people work on a day."""
        known = self._days.get(day)
        if known is None:
            known = self._days[day] = self._works(day)
        return known

    def is_open(self, at: datetime) -> bool:
        """Whether people work at a moment; the closing minute is no more."""
        known = self._moments.get(at)
        if known is None:
            here = at.astimezone(self.zone)
            known = self.is_working_day(here.date()) and self.hours.opens <= here.time() < self.hours.closes
            if len(self._moments) >= REMEMBERED:
                self._moments.clear()
            self._moments[at] = known
        return known

    def next_open(self, at: datetime) -> datetime:
        """The first moment from `at` on at which people work."""
        if self.is_open(at):
            return at
        day = at.astimezone(self.zone).date()
        for number in range(LONGEST_CLOSURE):
            opening, _ = self._span(day + timedelta(days=number))
            if opening >= at and self.is_working_day(day + timedelta(days=number)):
                return opening
        raise NeverOpenError

    def after(self, start: datetime, length: timedelta) -> datetime:
        """The moment at which so much working time has passed since `start`."""
        at = self.next_open(start)
        while True:
            _, closing = self._span(at.astimezone(self.zone).date())
            left = closing - at
            if length <= left:
                return at + length
            length -= left
            at = self.next_open(closing)

    def between(self, start: datetime, end: datetime) -> timedelta:
        """How much working time lies between two moments; none where the second is earlier."""
        worked = timedelta(0)
        day, last = start.astimezone(self.zone).date(), end.astimezone(self.zone).date()
        while day <= last:
            if self.is_working_day(day):
                opening, closing = self._span(day)
                worked += max(timedelta(0), min(end, closing) - max(start, opening))
            day += timedelta(days=1)
        return worked

    def within(self, start: datetime, end: datetime, span: WorkingSpan) -> bool:
        """Whether at most a span of working time lies between two moments."""
        return self.between(start, end) <= self.length(span)

    def _works(self, day: date) -> bool:
        if day.weekday() >= SATURDAY or (self.hours.holidays and jpholiday.is_holiday(day)):
            return False
        return not any(_in(day, first, last) for first, last in self.hours.closed)

    def _span(self, day: date) -> tuple[datetime, datetime]:
        known = self._spans.get(day)
        if known is None:
            opens, closes = self.hours.opens, self.hours.closes
            opening, closing = (datetime.combine(day, moment, self.zone).astimezone(UTC) for moment in (opens, closes))
            known = self._spans[day] = (opening, closing)
        return known


@cache
def calendar(hours: WorkingHours, zone: tzinfo) -> WorkingTime:
    """The working time of a community, which remembers the days it has looked up."""
    return WorkingTime(hours, zone)


def _in(day: date, first: Day, last: Day) -> bool:
    """Whether a day falls in a yearly span, which may go over the turn of the year."""
    here = (day.month, day.day)
    return first <= here <= last if first <= last else here >= first or here <= last


def _since_midnight(moment: time) -> timedelta:
    return timedelta(hours=moment.hour, minutes=moment.minute)
