"""Tiers are earned by sustained, broad help, and nobody bounces between them."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from builders import NOON, ref
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.credit import Deed, Help
from bot.tiers import KEEP, Ladder, measure
from indexer.channel_map import Recognition, Tier

TOKYO = ZoneInfo("Asia/Tokyo")
LADDER = Ladder(Recognition().bars, TOKYO)


def helped(day: float, place: int, topic: str = "税") -> Help:
    said = ref(f"{day}-{place}")
    at = NOON + timedelta(days=day)
    return Help("U2", f"U{place}", f"{place:06}", said, said, at, Deed.ACCEPTED, revived=False, topic=topic)


def every(days: int, until: int, *, places: int = 40, topics: int = 3) -> list[Help]:
    """An accepted answer every so many days, to municipalities and topics in turn."""
    return [helped(day, number % places, f"話題{number % topics}") for number, day in enumerate(range(0, until, days))]


def tier_after(helps: list[Help], days: int, told: tuple[Tier, ...] = ()) -> Tier | None:
    return LADDER.tier(helps, NOON + timedelta(days=days), told)


def test_the_tiers_are_climbed_one_by_one() -> None:
    steady = every(20, 730)
    reached = [tier_after(steady, day) for day in range(0, 740, 10)]
    assert list(dict.fromkeys(reached)) == [None, Tier.ADVISOR, Tier.EXPERT, Tier.SPECIALIST]
    assert reached == sorted(reached, key=[None, *Tier].index)
    assert tier_after(steady, 364) is Tier.EXPERT
    assert tier_after(steady, 730) is Tier.SPECIALIST


@pytest.mark.parametrize(
    "helps",
    [
        [helped(day, day) for day in range(20)],
        [helped(day, 1) for day in range(0, 360, 5)],
        every(90, 360, places=40),
        [],
    ],
    ids=["a burst of one month", "one municipality only", "too rarely", "nothing"],
)
def test_help_that_is_not_sustained_and_broad_earns_no_tier(helps: list[Help]) -> None:
    assert all(tier_after(helps, day) is None for day in range(0, 400, 20))


def test_one_topic_alone_makes_no_expert() -> None:
    assert tier_after(every(20, 360, topics=1), 360) is Tier.ADVISOR


def test_a_tier_told_is_kept_through_a_quieter_time_but_not_for_ever() -> None:
    helps = every(20, 360)
    assert tier_after(helps, 560) is not Tier.EXPERT
    assert tier_after(helps, 560, (Tier.ADVISOR, Tier.EXPERT)) is Tier.EXPERT
    assert tier_after(helps, 360 + 400, (Tier.ADVISOR, Tier.EXPERT)) is None


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(st.integers(0, 730), st.integers(0, 15), st.integers(0, 2)), max_size=60))
def test_in_two_years_of_daily_looks_nobody_bounces(done: list[tuple[int, int, int]]) -> None:
    helps = [helped(day, place, f"話題{topic}") for day, place, topic in done]
    told: list[Tier] = []
    for day in range(0, 731, 7):
        tier = tier_after(helps, day, tuple(told))
        if tier is not None and tier not in told:
            told.append(tier)
            after = measure(helps, NOON + timedelta(days=day), TOKYO)
            assert after.meets(LADDER.bars[tier])
            assert tier_after([*helps, helped(day, 99)], day, tuple(told)) in told
    assert len(told) == len(set(told))


def test_what_is_kept_is_a_share_of_what_is_earned() -> None:
    found = measure(every(20, 360), NOON + timedelta(days=359), TOKYO)
    assert found.meets(LADDER.bars[Tier.EXPERT])
    assert not found.meets(LADDER.bars[Tier.EXPERT], 3)
    assert 0 < KEEP < 1
