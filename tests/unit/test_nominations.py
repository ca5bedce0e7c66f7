"""Whom to ask to be an ambassador: balanced over regions and classes of population."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.nominations import REGIONS, Candidate, nominate, population_class, region
from bot.replies.wording import recognition
from bot.tiers import Measure
from indexer.municipalities import Municipality, shipped

ALL = list(shipped())


def place(name: str) -> Municipality:
    found = shipped().find(name)
    assert found is not None
    return found


def candidate(number: int, where: Municipality, credit: float) -> Candidate:
    return Candidate(f"U{number}", where, Measure(credit, 6, frozenset(), frozenset()))


def test_every_place_has_a_region_and_a_class() -> None:
    assert {region(one) for one in ALL} == {name for name, _ in REGIONS}
    assert {population_class(one) for one in ALL} == set(recognition.JA.sizes) == set(recognition.EN.sizes)
    assert (region(place("上島町")), population_class(place("上島町"))) == ("四国", "10000")
    assert (region(place("那覇市")), population_class(place("那覇市"))) == ("九州・沖縄", "")
    assert population_class(place("三重県")) == "prefecture"


def test_with_nobody_sitting_the_greatest_credit_comes_first() -> None:
    cities = [candidate(1, place("横浜市"), 20), candidate(2, place("さいたま市"), 30)]
    assert [one.candidate.member_id for one in nominate(cities, [], ALL, 2)] == ["U2", "U1"]


def test_a_small_town_passes_cities_where_cities_are_many_already() -> None:
    cities = [candidate(number, place(name), 14) for number, name in enumerate(("横浜市", "川崎市", "千葉市"))]
    town = candidate(9, place("上島町"), 10)
    sitting = [place("さいたま市"), place("世田谷区"), place("大阪市")]
    named = nominate([*cities, town], sitting, ALL, 3)
    assert named[0].candidate == town
    assert (named[0].region_seats, named[0].class_seats) == (0, 0)
    assert [one.region_seats for one in named[1:]] == [2, 3]


def test_balance_alone_names_nobody_with_little_credit() -> None:
    many = [candidate(1, place("横浜市"), 40), candidate(2, place("上島町"), 4)]
    assert nominate(many, [place("さいたま市")], ALL, 1)[0].candidate.member_id == "U1"


def test_nobody_to_name() -> None:
    assert nominate([], [place("横浜市")], [], 5) == []


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.tuples(st.sampled_from(ALL), st.floats(4, 50)), max_size=12),
    st.lists(st.sampled_from(ALL), max_size=8),
    st.integers(0, 6),
)
def test_each_candidate_is_named_at_most_once_whatever_the_order(
    made: list[tuple[Municipality, float]], sitting: list[Municipality], most: int
) -> None:
    people = [candidate(number, where, credit) for number, (where, credit) in enumerate(made)]
    named = nominate(people, sitting, ALL, most)
    assert len(named) == min(most, len(people)) == len({one.candidate.member_id for one in named})
    assert named == nominate(people[::-1], sitting[::-1], ALL, most)
