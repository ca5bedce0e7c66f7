"""Ranking and confidence: explainable weights, likeness of municipalities, and what labels change."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from indexer.ranking import FEATURES, NO_LABELS, SHIPPED_RANKER, Asked, Confidence, LabelledQuestions, likeness
from indexer.ranking.learning import Case, fit_ranker, learn, ndcg, with_labels
from indexer.ranking.ranker import WEIGHTS

TOWN, OTHER_TOWN, CITY = ("町", 6_000), ("町", 9_000), ("市", 600_000)
BEYOND_WORDS = ("resolved", "accepted_by_asker", "thanked", "recency", "same_channel", "same_prefecture", "likeness")


def row(**given: float) -> np.ndarray:
    return np.array([given.get(name, 0.0) for name in FEATURES], np.float32)


def case(number: int, vector: list[float]) -> Case:
    """Candidates 1, 2, 3 of which `told` singles out the second, the right one."""
    rows = np.stack([row(lexical=1.0), row(lexical=0.6, told=0.8), row(lexical=0.2)])
    return Case(Asked(np.array(vector, np.float32), {f"語{number}": 1.0}), np.array([1, 2, 3]), rows, {2: 2, 3: 0})


def test_a_town_sees_towns_first() -> None:
    assert likeness(TOWN, TOWN) == 1.0
    assert likeness(TOWN, OTHER_TOWN) > likeness(TOWN, CITY) >= 0
    assert likeness(TOWN, CITY) == likeness(CITY, TOWN)
    assert 0 <= likeness(("村", 0), CITY) <= 1


def test_what_is_known_beyond_words_cannot_hide_the_only_answer() -> None:
    only, others = row(lexical=1.0), row(lexical=0.5, **dict.fromkeys(BEYOND_WORDS, 1.0))
    first, second = SHIPPED_RANKER.score(np.stack([only, others]))
    assert first > second
    assert sum(WEIGHTS[name] for name in BEYOND_WORDS) <= WEIGHTS["lexical"] / 4
    assert WEIGHTS.keys() <= set(FEATURES)


def test_confidence_is_read_back_and_rises_with_the_evidence(tmp_path: Path) -> None:
    shipped = Confidence.load()
    shipped.save(tmp_path / "confidence.json")
    again = Confidence.load(tmp_path / "confidence.json")
    weak, strong = row(told=0.1), row(told=0.6, soft_told=0.7, soft_cover=0.8, cover_question=0.5)
    assert again.best(strong[None]) == pytest.approx(shipped.best(strong[None]), abs=1e-4)
    assert 0 < shipped.best(weak[None]) < shipped.best(strong[None]) < 1
    assert shipped.best(np.stack([weak, strong])) == shipped.best(strong[None])
    rows = np.stack([strong, weak, weak])
    sure = shipped.of(rows, np.array([2.0, 1.0, 1.5], np.float32))
    assert sure[0] == sure.max()
    assert len(shipped.of(rows[:0], np.zeros(0, np.float32))) == 0


def test_a_labelled_question_speaks_for_its_thread() -> None:
    east, north = np.array([1, 0], np.float32), np.array([0, 1], np.float32)
    labels = LabelledQuestions([Asked(east, {"証明書": 2.0}), Asked(north, {"端末": 2.0})], [{7: 2}, {9: 1}])
    ids = np.array([5, 7, 9])
    told = labels.of(Asked(east, {"証明書": 2.0}), ids)
    assert told.best.tolist() == pytest.approx([0, 1, 0])
    assert told.mean[1] > told.mean[0]
    assert told.number.tolist() == pytest.approx([0, np.log(2), np.log(1.5)])
    assert labels.of(Asked(east, {"証明書": 2.0}), ids, without=0).best.tolist() == [0, 0, 0]
    assert NO_LABELS.of(Asked(east, {}), ids).best.tolist() == [0, 0, 0]


def test_labels_teach_which_evidence_counts() -> None:
    cases = [case(number, [1.0, number / 40]) for number in range(40)]
    assert ndcg(cases[0], SHIPPED_RANKER.score(cases[0].rows)) < 1
    learned = learn(cases, Confidence.load())
    assert np.mean([ndcg(one, learned.ranker.score(with_labels(one, learned.labels))) for one in cases]) == 1
    alone = fit_ranker([one.rows for one in cases], [one.grades for one in cases])
    assert ndcg(cases[0], alone.score(cases[0].rows)) == 1
