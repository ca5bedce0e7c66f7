"""Confidence: more evidence is never less sure, whatever the community, its scales and its labels."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from indexer.ranking import EVIDENCE, FEATURES, Confidence, Units
from indexer.ranking.confidence import FAR, LEAST_REACH, PLACES, OwnQuestion

Rows = NDArray[np.float32]
LABELLED = FEATURES.index("labelled_best")
QUESTIONS = 200


def rows(*levels: float) -> Rows:
    """A row of FEATURES for each level, all EVIDENCE at that level."""
    found = np.zeros((len(levels), len(FEATURES)), np.float32)
    found[:, PLACES] = np.array(levels, np.float32)[:, None]
    return found


def community(best: float, far: float = 0.1, own: float = 1.0, spread: float = 0.05) -> Units:
    """One whose questions find others at `best`, further ones at `far`, and their own thread at `own`."""
    rng = np.random.default_rng(0)
    questions = []
    for _ in range(QUESTIONS):
        levels = np.concatenate([np.linspace(best, far, FAR.start), np.full(10, far)]) + rng.normal(0, spread)
        questions.append(OwnQuestion(rows(own)[0], rows(*levels.tolist())))
    return Units.of(questions)


def noisy(levels: Rows, seed: int = 0) -> Rows:
    found = rows(*levels.tolist())
    found[:, PLACES] += np.random.default_rng(seed).normal(0, 0.05, (len(levels), len(EVIDENCE)))
    return found


@pytest.mark.parametrize("units", [community(0.3), community(0.9), community(0.1), Confidence.load().units])
def test_more_evidence_is_never_less_sure(units: Units) -> None:
    shipped = Confidence.load().inside(units)
    rng = np.random.default_rng(1)
    for _ in range(100):
        hits = rng.random((5, len(FEATURES)), np.float32)
        more = hits.copy()
        more[rng.integers(5), PLACES[rng.integers(len(PLACES))]] += rng.random()
        assert shipped.best(more) >= shipped.best(hits)
    along = [shipped.best(rows(level)) for level in np.linspace(0, 1, 20)]
    assert along == sorted(along)
    assert along[0] < along[-1]


@pytest.mark.parametrize("level", [0.0, 1.0, -1e6, 1e6, 1e30, -1e30])
def test_confidence_is_a_probability_whatever_the_evidence(level: float) -> None:
    for units in (community(0.3), community(0.5, far=0.5, own=0.5, spread=0.0)):
        found = Confidence.load().inside(units).of(rows(level, 0.2), np.array([1.0, 0.5], np.float32))
        assert np.isfinite(found).all()
        assert (found >= 0).all()
        assert (found <= 1).all()


def test_the_scale_of_the_evidence_does_not_matter() -> None:
    """An encoder whose cosines all lie between .7 and .9 says as much as one whose lie between 0 and 1."""

    def squeezed(given: Rows) -> Rows:
        found = given.copy()
        found[..., PLACES] = 0.7 + 0.2 * given[..., PLACES]
        return found

    rng = np.random.default_rng(2)
    asked = [
        OwnQuestion(rng.random(len(FEATURES), np.float32), rng.random((12, len(FEATURES)), np.float32))
        for _ in range(60)
    ]
    plain = Confidence.load().inside(Units.of(asked))
    other = plain.inside(Units.of([OwnQuestion(squeezed(one.own), squeezed(one.others)) for one in asked]))
    for hit in rng.random((20, 3, len(FEATURES)), np.float32):
        assert other.best(squeezed(hit)) == pytest.approx(plain.best(hit), abs=1e-3)


def test_where_everything_was_asked_twice_a_hit_as_good_as_the_other_asking_is_an_answer() -> None:
    rarely, twice = (Confidence.load().inside(community(best, spread=0.1)) for best in (0.15, 0.9))
    assert twice.best(rows(0.9)) > 0.9
    assert twice.best(rows(0.1)) < 0.5
    assert rarely.best(rows(0.1)) < 0.5
    # In today's units alone, 0.9 is no more than usual there, and was as good as no match.
    assert float(twice.units.mean(rows(0.9))[0]) == pytest.approx(0, abs=0.2)


def test_questions_that_find_little_else_are_measured_by_what_they_find() -> None:
    few = [OwnQuestion(rows(1.0)[0], rows(0.3 + at / 1000)) for at in range(60)]
    units = Units.of(few)
    assert units.far == pytest.approx(0, abs=1e-3)
    assert units.own > units.far


def test_questions_that_are_all_alike_leave_something_between_the_ends() -> None:
    assert community(0.5, far=0.5, own=0.5).reach == LEAST_REACH


def test_units_are_read_back_and_others_are_not_read(tmp_path: Path) -> None:
    units, path = community(0.4), tmp_path / "units.json"
    assert Units.load(path) is None
    units.save(path)
    again = Units.load(path)
    assert again is not None
    assert again.means == pytest.approx(units.means, abs=1e-4)
    assert (again.far, again.own) == pytest.approx((units.far, units.own), abs=1e-4)
    for broken in ("", "[]", "{}", '{"far": 1, "own": 2}', '{"question_wide": {"mean": 0.1, "scale": 0.2}}'):
        path.write_text(broken, encoding="utf-8")
        assert Units.load(path) is None


def test_a_fit_finds_where_hits_begin_to_help() -> None:
    units = community(0.3)
    levels = np.random.default_rng(3).uniform(0.1, 1.0, 400).astype(np.float32)
    fitted = Confidence.fit(units, noisy(levels), levels > 0.6, {})
    assert fitted.best(rows(0.5)) < 0.5 < fitted.best(rows(0.7))
    chance = np.random.default_rng(4).random(400) < 0.7
    even = Confidence.fit(units, noisy(levels), chance, {})
    assert all(even.best(rows(level)) == pytest.approx(0.7, abs=0.1) for level in (0.2, 0.5, 0.9))


def test_labels_that_contradict_the_evidence_do_not_turn_it_round() -> None:
    units = community(0.3)
    levels = np.random.default_rng(5).uniform(0.1, 1.0, 200).astype(np.float32)
    fitted = Confidence.fit(units, noisy(levels), levels < 0.4, {})
    assert fitted.weight == 0
    assert fitted.best(rows(0.9)) == fitted.best(rows(0.1)) == pytest.approx((levels < 0.4).mean(), abs=0.02)


def test_a_labelled_question_alike_makes_surer() -> None:
    units = community(0.3)
    given = noisy(np.full(200, 0.4, np.float32))
    right = np.arange(200) % 2 == 0
    given[right, LABELLED] = 0.9
    fitted = Confidence.fit(units, given, right, {})
    like, unlike = rows(0.4), rows(0.4)
    like[0, LABELLED] = 0.9
    assert fitted.best(like) > 0.8
    assert fitted.best(unlike) < 0.2
    assert replace(fitted, labelled=0.0).best(like) == replace(fitted, labelled=0.0).best(unlike)


def test_few_labels_move_what_ships_a_little_and_many_as_far_as_they_say() -> None:
    shipped = Confidence.load().inside(community(0.3))
    levels = np.random.default_rng(6).uniform(0.2, 0.5, 600).astype(np.float32)
    wrong = np.zeros(600, np.bool_)
    before = shipped.best(rows(0.5))
    after = [shipped.taught(noisy(levels[:many]), wrong[:many], {}).best(rows(0.5)) for many in (1, 5, 50, 600)]
    assert after == sorted(after, reverse=True)
    assert 0.5 < after[0] < before
    assert after[-1] < 0.1
    assert shipped.taught(noisy(levels[:5]), wrong[:5], {"questions": 5}).fitted_on == {"questions": 5}
