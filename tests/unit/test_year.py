"""The simulated year, as far as two of its days tell: nothing twice, nobody disturbed, no cap passed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.year import Year
from bot.year_tally import gini, measured
from indexer.corpus import Database


@pytest.mark.slow
def test_two_days_of_the_year_break_no_promise(database: Database) -> None:
    year = Year(database, seed=3, weeks=2)
    year.ends = year.clock.at + timedelta(days=2)
    year.play()
    found = measured(year.played())
    assert found.letters > 50
    assert found.crashes > 0
    assert (found.doubles, found.over_cap, found.in_quiet_hours, found.unseen) == (0, 0, 0, 0)
    assert found.answered_with > found.answered_without


def test_gini_tells_even_from_uneven() -> None:
    assert gini([3, 3, 3]) == 0
    assert gini([0, 0, 9]) == pytest.approx(2 / 3)
    assert gini([]) == 0
