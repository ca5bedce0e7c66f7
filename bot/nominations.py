"""Whom to ask to be an ambassador next: members who help like ambassadors but are none. Pure rules.

**Who.** Whoever meets the first tier's bar (`bot.tiers`), still belongs to the community as a full member, has a known
municipality, and has not opted out of recognition. Ambassadors and operators are left out.

**Balance.** Ambassadors are to stand for the whole country and for towns of every size; by credit alone the big cities
with their big staffs would fill every seat. Candidates are picked one by one; each time the one with the greatest

    credit / ((1 + r) · (1 + s)),      r = seats / fair share of the candidate's region,
                                       s = seats / fair share of the candidate's class of population

where seats are the sitting ambassadors and those already picked from there, and the fair share is what of all seats
(sitting and to be named) falls to the region or class by the number of municipalities that take part in the community,
at least one seat.
So a region with its fair share halves its candidates' weight, one with none leaves it whole: a town of 6,000 on Shikoku
passes a city with somewhat more credit where cities are many already, but nobody is named for balance alone.
Regions are the usual eight; classes of population are those of the polls' tallies (`bot.tally`), prefectural offices
being one of their own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.tally import CLASSES, PREFECTURE
from bot.tiers import Measure
from indexer.municipalities import Municipality

REGIONS = (
    ("北海道", 1),
    ("東北", 7),
    ("関東", 14),
    ("中部", 23),
    ("近畿", 30),
    ("中国", 35),
    ("四国", 39),
    ("九州・沖縄", 47),
)  # with the code of each one's last prefecture


def region(place: Municipality) -> str:
    """The region of a municipality."""
    code = int(place.prefecture_code)
    return next(name for name, last in REGIONS if code <= last)


def population_class(place: Municipality) -> str:
    """The class of population of a municipality: an upper bound of CLASSES, "" above them, or PREFECTURE."""
    if place.is_prefecture:
        return PREFECTURE
    return next((str(bound) for bound in CLASSES if place.population < bound), "")


@dataclass(frozen=True, slots=True)
class Candidate:
    """A member who could be asked, with what they did."""

    member_id: str
    place: Municipality
    measure: Measure


@dataclass(frozen=True, slots=True)
class Nomination:
    """A candidate as picked, with the balance found: seats in their region and class, and their fair shares."""

    candidate: Candidate
    region: str
    region_seats: int
    region_share: float
    population_class: str
    class_seats: int
    class_share: float


def nominate(
    candidates: Iterable[Candidate], sitting: Sequence[Municipality], taking_part: Collection[Municipality], most: int
) -> list[Nomination]:
    """Up to `most` candidates in the order of picking, by the rule above."""
    left = sorted(candidates, key=lambda one: one.member_id)
    taking_part = {*taking_part, *sitting, *(one.place for one in left)}
    seats = len(sitting) + min(most, len(left))
    regions = _Balance(Counter(map(region, sitting)), _shares(Counter(map(region, taking_part)), seats))
    classes = _Balance(
        Counter(map(population_class, sitting)), _shares(Counter(map(population_class, taking_part)), seats)
    )
    picked: list[Nomination] = []

    def weight(one: Candidate) -> float:
        fullness = (1 + regions.fullness(region(one.place))) * (1 + classes.fullness(population_class(one.place)))
        return one.measure.credit / fullness

    while left and len(picked) < most:
        best = max(left, key=weight)
        left.remove(best)
        here, size = region(best.place), population_class(best.place)
        picked.append(
            Nomination(
                best, here, regions.seats[here], regions.shares[here], size, classes.seats[size], classes.shares[size]
            )
        )
        regions.seats[here] += 1
        classes.seats[size] += 1
    return picked


@dataclass(frozen=True, slots=True)
class _Balance:
    seats: Counter[str]
    shares: Mapping[str, float]

    def fullness(self, name: str) -> float:
        return self.seats[name] / max(1.0, self.shares[name])


def _shares(counts: Counter[str], seats: int) -> dict[str, float]:
    """What of `seats` falls to each by its part of the municipalities."""
    whole = counts.total()
    return {name: seats * count / whole for name, count in counts.items()}
