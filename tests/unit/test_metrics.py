"""Figures of searches, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from indexer.evaluation.metrics import (
    auroc,
    auroc_error,
    calibration_error,
    difference,
    ndcg,
    ranking_quality,
    recall,
    reliability,
)


def test_ndcg_is_linear_in_the_grade() -> None:
    grades = {"a": 2, "b": 1}
    assert ndcg(["a", "b"], grades) == pytest.approx(1)
    assert ndcg(["b", "a"], grades) == pytest.approx((1 + 2 / np.log2(3)) / (2 + 1 / np.log2(3)))
    assert ndcg(["x"] * 10 + ["a"], grades) == 0
    assert ndcg(["a"], {}) == 0


def test_means_go_over_labelled_queries_and_what_found_nothing_counts_0() -> None:
    labels = {"1": {"a": 2}, "2": {"a": 1, "b": 1}, "3": {"c": 1}}
    found = ranking_quality({"1": ["a"], "2": ["x", "x2", "x3", "a"], "unlabelled": ["z"]}, labels)
    assert (found.queries, found.hit_at_1, found.hit_at_3) == (3, pytest.approx(1 / 3), pytest.approx(1 / 3))
    assert found.mrr_at_10 == pytest.approx((1 + 1 / 4) / 3)
    assert found.recall_at_10 == pytest.approx((1 + 1 / 2) / 3)
    assert recall(["a"], {}) == 0


def test_auroc_counts_ties_half_and_its_error_falls_with_the_number() -> None:
    scores, right = np.array([0.9, 0.5, 0.5, 0.1]), np.array([True, True, False, False])
    assert auroc(scores, right) == pytest.approx(3.5 / 4)
    many = auroc_error(np.tile(scores, 25), np.tile(right, 25))
    assert 0 < many < auroc_error(scores, right)


def test_calibration_error_is_the_mean_distance_from_what_was_right() -> None:
    sure, right = np.array([0.1, 0.1, 0.9, 0.9]), np.array([False, False, True, False])
    assert [(one.count, one.confidence, one.right) for one in reliability(sure, right, 2)] == [
        (2, pytest.approx(0.1), 0),
        (2, pytest.approx(0.9), 0.5),
    ]
    assert calibration_error(np.array([0.5] * 20), np.array([True, False] * 10)) == pytest.approx(0)


def test_a_difference_is_sure_only_where_chance_would_hardly_make_it() -> None:
    chance = np.random.default_rng(1)
    before = chance.random(200)
    better = difference((before + 0.1).tolist(), before.tolist())
    assert (better.sure, round(better.mean, 6)) == (True, 0.1)
    noise = difference((before + chance.normal(0, 0.3, 200)).tolist(), before.tolist())
    assert not noise.sure
    assert noise.low < noise.mean < noise.high
