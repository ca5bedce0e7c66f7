"""Questions are told from the rest of what is posted, on posts that the model has never seen."""

from __future__ import annotations

import json

import pytest

from bot import post_kinds_fit
from bot.post_kinds import FILE, PostKind, kind_of
from indexer.config import SHIPPED

HELD_OUT = SHIPPED / "eval" / "post_kinds_heldout.jsonl"
PRECISION, RECALL = 0.95, 0.85  # measured .959 and .854 on 144 posts


def posts() -> list[dict[str, str]]:
    return [json.loads(line) for line in HELD_OUT.read_text(encoding="utf-8").splitlines()]


def test_what_is_to_be_answered_is_told_precisely_on_posts_held_out() -> None:
    asked = [post["kind"] in ("question", "poll") for post in posts()]
    said = [kind_of(post["text"]) in (PostKind.QUESTION, PostKind.POLL) for post in posts()]
    right = sum(one and other for one, other in zip(asked, said, strict=True))
    assert right >= PRECISION * sum(said)
    assert right >= RECALL * sum(asked)


def test_nothing_held_out_is_learnt_from() -> None:
    learnt, _ = post_kinds_fit.labelled()
    assert not {post["text"] for post in posts()} & set(learnt)
    assert len(posts()) >= 120


def test_the_numbers_that_ship_are_those_that_fitting_gives() -> None:
    fitted = post_kinds_fit.fit(*post_kinds_fit.labelled())
    shipped = json.loads(FILE.read_text(encoding="utf-8"))
    assert fitted["grams"].keys() == shipped["grams"].keys()  # type: ignore[attr-defined]
    assert fitted["intercept"] == pytest.approx(shipped["intercept"], abs=0.05)
