"""Fiscal years and days as Japanese administration names them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.fiscal_year import FiscalYear, day_name

TOKYO = ZoneInfo("Asia/Tokyo")
NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "year"),
    [
        ("", 2026),
        ("今年度", 2026),
        ("昨年度", 2025),
        ("令和7年度", 2025),
        ("令和７年", 2025),
        ("R7", 2025),
        ("r.7", 2025),
        ("令和元年度", 2019),
        ("平成30年度", 2018),
        ("2025年度", 2025),
        ("FY2025", 2025),
        ("令和9年度", 2027),
        ("令和１０年度", 2028),
        ("1888", None),
        ("来年", None),
        ("令和", None),
    ],
)
def test_fiscal_years_are_understood(text: str, year: int | None) -> None:
    assert FiscalYear.parse(text, NOW, TOKYO) == (FiscalYear(year) if year else None)


def test_a_fiscal_year_begins_in_april_in_japan() -> None:
    assert FiscalYear.of(datetime(2026, 3, 31, 14, 59, tzinfo=UTC), TOKYO).year == 2025
    assert FiscalYear.of(datetime(2026, 3, 31, 15, 0, tzinfo=UTC), TOKYO).year == 2026
    begin, end = FiscalYear(2026).span(TOKYO)
    assert (begin.isoformat(), end.isoformat()) == ("2026-04-01T00:00:00+09:00", "2027-04-01T00:00:00+09:00")
    assert FiscalYear(2026).last_day == date(2027, 3, 31)


def test_names_of_years_and_days() -> None:
    assert [FiscalYear(year).name("ja") for year in (2018, 2019, 2026)] == ["平成30年度", "令和元年度", "令和8年度"]
    assert FiscalYear(2026).name("en") == "FY2026"
    assert day_name(date(2019, 4, 30), "ja") == "平成31年4月30日"
    assert day_name(date(2019, 5, 1), "ja") == "令和元年5月1日"
    assert day_name(date(1980, 1, 1), "ja") == "1980年1月1日"
    assert day_name(date(2026, 4, 1), "en") == "2026-04-01"
