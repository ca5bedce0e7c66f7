"""Fiscal years of Japanese administration, April to March, and days, named by the era (令和8年度, 令和8年4月1日)."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Self

# The years before each era's first, latest first; a fiscal year bears the name of the era it ended its April in.
_ERAS = (("令和", 2018, date(2019, 5, 1)), ("平成", 1988, date(1989, 1, 8)))
_LETTERS = {"r": "令和", "h": "平成"}
_NAMED = re.compile(r"(令和|平成|[rh])\.?\s*(元|\d{1,2})(?:年度?)?|(?:fy)?\s*(\d{4})(?:年度?)?")
_THIS = frozenset({"", "今年度", "今年", "this year"})
_LAST = frozenset({"昨年度", "前年度", "去年度", "昨年", "去年", "last year"})
OLDEST = 1989


@dataclass(frozen=True, slots=True, order=True)
class FiscalYear:
    """The year from April of `year` to March of the next."""

    year: int

    @classmethod
    def of(cls, moment: datetime, zone: tzinfo) -> Self:
        """The fiscal year of a moment."""
        day = moment.astimezone(zone).date()
        return cls(day.year if day.month >= 4 else day.year - 1)

    @classmethod
    def parse(cls, text: str, now: datetime, zone: tzinfo) -> Self | None:
        """What people call one: 「令和7年度」「R7」「2025」「昨年度」, "" for this one; None for others."""
        word = unicodedata.normalize("NFKC", text).strip().casefold()
        present = cls.of(now, zone)
        if word in _THIS:
            return present
        if word in _LAST:
            return cls(present.year - 1)
        found = _NAMED.fullmatch(word)
        if found is None:
            return None
        if found[3]:
            year = int(found[3])
        else:
            before = next(years for name, years, _ in _ERAS if name == _LETTERS.get(found[1], found[1]))
            year = before + (1 if found[2] == "元" else int(found[2]))
        return cls(year) if year >= OLDEST else None

    def span(self, zone: tzinfo) -> tuple[datetime, datetime]:
        """Its first moment and the first after it."""
        return datetime(self.year, 4, 1, tzinfo=zone), datetime(self.year + 1, 4, 1, tzinfo=zone)

    @property
    def last_day(self) -> date:
        """The 31st of March."""
        return date(self.year + 1, 3, 31)

    def name(self, lang: str) -> str:
        """「令和8年度」, in other languages "FY2026"."""
        if lang != "ja":
            return f"FY{self.year}"
        era, before, _ = next(one for one in _ERAS if self.year > one[1])
        return f"{era}{_number(self.year - before)}年度"


def day_name(day: date, lang: str) -> str:
    """「令和8年4月1日」, in other languages "2026-04-01"."""
    if lang != "ja":
        return day.isoformat()
    era, before = next(((name, before) for name, before, since in _ERAS if day >= since), ("", 0))
    return f"{era}{_number(day.year - before) if era else day.year}年{day.month}月{day.day}日"


def _number(year: int) -> str:
    return "元" if year == 1 else str(year)
