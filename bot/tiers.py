"""Tiers of recognition: DXアドバイザー, DXエキスパート, DXスペシャリスト. Pure rules over one member's help.

A tier is earned by help that is sustained (months in which one helped), broad (municipalities and topics helped) and of
substance (credit), each measured over a year and its half-life:

    tier              credit   months of 12   municipalities   topics   years
    DXアドバイザー        4          3              4             1       1
    DXエキスパート       10          6              8             2       1
    DXスペシャリスト     10          6              8             2       2

The ladder follows municipalities' own schemes for certifying DX staff, where one first takes part, then leads, then
leads two years running: the third tier is the second's bar met in each of the last two years. Months: a quarter and
a half of a year's. Credit (`bot.credit`) 4 is four accepted answers for four municipalities, one a quarter; 10 is near
one a month. How busy a community is differs, so operators may set the bars (`recognition` in channel_map.yaml).

Nobody bounces: a tier once told stays while KEEP of each of its demands is met. It is told once; its fading never.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from bot.credit import Help, credit
from indexer.channel_map import Bar, Tier

YEAR = timedelta(days=365)
KEEP = 0.7  # of a demand; a member whose help varies by a third over the year, as holidays do, keeps the tier


@dataclass(frozen=True, slots=True)
class Measure:
    """How a member helped in the year before a time. `months`: of the year, those in which they helped."""

    credit: float
    months: int
    places: frozenset[str]
    topics: frozenset[str]

    def meets(self, bar: Bar, share: float = 1.0) -> bool:
        """Whether `share` of each of the bar's demands is met."""
        return (
            self.credit >= bar.credit * share
            and self.months >= bar.months * share
            and len(self.places) >= bar.municipalities * share
            and len(self.topics) >= bar.topics * share
        )


def measure(helps: Iterable[Help], at: datetime, zone: tzinfo) -> Measure:
    """One member's help as it stood at a time."""
    done = list(helps)
    lately = [one for one in done if at - YEAR < one.at <= at]
    months = {(day.year, day.month) for day in (one.at.astimezone(zone) for one in lately)}
    return Measure(
        credit=credit(done, at),
        months=min(len(months), 12),  # the first and the last day may share a month's name
        places=frozenset(one.place for one in lately if one.place is not None),
        topics=frozenset(one.topic for one in lately),
    )


@dataclass(frozen=True, slots=True)
class Ladder:
    """The tiers with their bars, lowest first, in a community's time zone."""

    bars: Mapping[Tier, Bar]
    zone: tzinfo

    def tier(self, helps: Sequence[Help], at: datetime, told: Collection[Tier] = ()) -> Tier | None:
        """The highest tier that a member has, those told before being kept more easily."""
        return next((tier for tier in reversed(Tier) if self._has(tier, helps, at, told)), None)

    def _has(self, tier: Tier, helps: Sequence[Help], at: datetime, told: Collection[Tier]) -> bool:
        bar = self.bars[tier]
        share = KEEP if tier in told else 1.0
        return all(measure(helps, at - year * YEAR, self.zone).meets(bar, share) for year in range(bar.years))
