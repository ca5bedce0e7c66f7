"""What is learnt of members from accepted answers, and unlearnt from what they decline."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from builders import NOON, channel, message, ref

from bot.expertise import HALF_LIFE, Expertise
from bot.store.notices import Answer, Because, Declined, Notice
from indexer.model import Thread
from indexer.resolution import ResolutionRules, resolve


def solved(number: int, answerer: str) -> Thread:
    root = message(f"{number}0", "どうすればよいですか。", minutes=0)
    answer = message(
        f"{number}1",
        "手順です。",
        root=f"{number}0",
        author=answerer,
        minutes=0,
        reactions={"white_check_mark": ("U1",)},
    )
    return Thread(number, channel(), root, (answer,), (), resolve(root, (answer,), (), ResolutionRules()))


def declined(number: int, at: datetime) -> Notice:
    return Notice(number, ref("1"), "U2", Because.AMBASSADOR, "税", None, at, at, "told:1", Answer.NOT_MINE, at)


@pytest.fixture
def expertise() -> Expertise:
    learnt = Expertise(lambda _: "税", lambda _: "愛媛県")
    for number in range(5):
        learnt.learn(solved(number, "U2"))
    learnt.learn(solved(9, "U3"))
    return learnt


def test_an_accepted_answer_loses_half_its_worth_in_a_year_and_goes_with_its_thread(expertise: Expertise) -> None:
    assert expertise.in_topic("税", NOON) == pytest.approx({"U2": 5, "U3": 1})
    assert expertise.in_prefecture("愛媛県", NOON + HALF_LIFE) == pytest.approx({"U2": 2.5, "U3": 0.5})
    expertise.forget(9)
    assert expertise.in_topic("税", NOON) == pytest.approx({"U2": 5})
    assert expertise.in_topic("", NOON) == {}


def test_what_is_declined_undoes_two_answers(expertise: Expertise) -> None:
    expertise.hear([declined(1, NOON)])
    assert expertise.in_topic("税", NOON) == pytest.approx({"U2": 3, "U3": 1})
    expertise.hear([declined(2, NOON + timedelta(minutes=1)), declined(1, NOON)])  # the first told of twice
    assert expertise.in_topic("税", NOON) == pytest.approx({"U2": 1, "U3": 1}, abs=1e-3)
    expertise.hear([declined(3, NOON + timedelta(minutes=1))])
    assert expertise.in_topic("税", NOON) == pytest.approx({"U3": 1})


def test_whoever_takes_it_on_after_all_has_declined_nothing(expertise: Expertise) -> None:
    said = [declined(1, NOON), declined(2, NOON + timedelta(minutes=1))]
    expertise.hear(said)
    expertise.hear([replace(said[0], answer=Answer.TAKEN), replace(said[1], id=3, answer=Answer.LATER)])
    assert expertise.in_topic("税", NOON) == pytest.approx({"U2": 3, "U3": 1}, abs=1e-3)


def test_all_that_was_declined_takes_the_place_of_what_is_known(expertise: Expertise) -> None:
    expertise.hear([declined(1, NOON), declined(2, NOON)])
    expertise.hear_all([Declined(2, "税", "U2", NOON)])
    assert expertise.in_topic("税", NOON) == pytest.approx({"U2": 3, "U3": 1})
    expertise.hear_all([])
    assert expertise.in_topic("税", NOON) == pytest.approx({"U2": 5, "U3": 1})
