"""Learning from labels: a linear listwise ranker over all features, and confidence in what it puts first.

The ranker minimises, over labelled questions with at least one right candidate,

    mean over questions of -Σ p̂ log softmax(w · z)  +  L2 |w|² / 2

where z are features in standard units and p̂ the grades over their sum (ListNet; Cao et al., ICML 2007).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.ranking.confidence import Confidence
from indexer.ranking.features import FEATURES, Scores
from indexer.ranking.labelled import Asked, LabelledQuestions
from indexer.ranking.ranker import Ranker

L2 = 0.3  # five-fold on a municipal FAQ, nDCG@10 at .03, .1, .3: .686, .690, .693 (prototype)
DISCOUNTED = 10
_LABELLED = [FEATURES.index(name) for name in ("labelled_best", "labelled_mean", "labelled_count")]


@dataclass(frozen=True, slots=True)
class Case:
    """A labelled question: its candidates, a row of FEATURES without labels each, and their grades."""

    asked: Asked
    ids: NDArray[np.int64]
    rows: Scores
    answers: dict[int, int]

    @property
    def grades(self) -> Scores:
        """The grade of each candidate, 0 where nobody said anything."""
        return np.array([self.answers.get(thread, 0) for thread in self.ids.tolist()], np.float32)


@dataclass(frozen=True, slots=True)
class Learned:
    """What a community's labels made of ranking and confidence."""

    ranker: Ranker
    confidence: Confidence
    labels: LabelledQuestions


def learn(cases: Sequence[Case], confidence: Confidence) -> Learned:
    """Fit everything to these cases, `confidence` being moved by them; each is shown the labels of the others only."""
    labels = labelled_by(cases)
    rows = [with_labels(case, labels, number) for number, case in enumerate(cases)]
    ranker = fit_ranker(rows, [case.grades for case in cases])
    return Learned(ranker, _fitted(rows, cases, ranker, confidence), labels)


def labelled_by(cases: Sequence[Case]) -> LabelledQuestions:
    """The questions of these cases as they speak for the threads that answered them."""
    return LabelledQuestions([case.asked for case in cases], [_right(case.answers) for case in cases])


def calibrated(cases: Sequence[Case], ranker: Ranker, confidence: Confidence) -> Confidence:
    """Confidence in what this ranker puts first: the given one as these cases move it."""
    labels = labelled_by(cases)
    return _fitted([with_labels(case, labels, at) for at, case in enumerate(cases)], cases, ranker, confidence)


def _fitted(rows: Sequence[Scores], cases: Sequence[Case], ranker: Ranker, confidence: Confidence) -> Confidence:
    firsts, right = [], []
    for shown, case in zip(rows, cases, strict=True):
        if len(shown):
            order = np.argsort(-ranker.score(shown), kind="stable")
            firsts.append(confidence.units.strongest(shown[order]))
            right.append(bool(case.grades[order[0]] > 0))
    if not firsts:
        return confidence
    facts = {"what": "labels of this community", "questions": len(cases)}
    return confidence.taught(np.stack(firsts), np.array(right), facts)


def with_labels(case: Case, labels: LabelledQuestions, without: int | None = None) -> Scores:
    """The case's rows, with what other labelled questions say."""
    rows = case.rows.copy()
    for column, values in zip(_LABELLED, labels.of(case.asked, case.ids, without), strict=True):
        rows[:, column] = values
    return rows


def fit_ranker(rows: Sequence[Scores], grades: Sequence[Scores], l2: float = L2) -> Ranker:
    """The weights that put graded candidates first."""
    from scipy.optimize import minimize

    told = [place for place, given in enumerate(grades) if given.sum() > 0]
    sizes = np.array([len(grades[place]) for place in told])
    given = np.concatenate([rows[place] for place in told]).astype(np.float64)
    scales = np.maximum(given.std(axis=0), 1e-3)
    given /= scales
    target = np.concatenate([grades[place] / grades[place].sum() for place in told])
    starts = np.cumsum(sizes) - sizes

    def loss(weights: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        scores = given @ weights
        powers = np.exp(scores - np.repeat(np.maximum.reduceat(scores, starts), sizes))
        share = powers / np.repeat(np.add.reduceat(powers, starts), sizes)
        value = -(target * np.log(share + 1e-12)).sum() / len(told) + l2 * (weights @ weights) / 2
        return float(value), given.T @ (share - target) / len(told) + l2 * weights

    found = minimize(loss, np.zeros(given.shape[1]), jac=True, method="L-BFGS-B")
    return Ranker((found.x / scales).astype(np.float32))


def ndcg(case: Case, scores: Scores) -> float:
    """nDCG@10 of the candidates by these scores, over all labelled threads of the question."""
    best = np.argsort(-scores, kind="stable")[:DISCOUNTED]
    gained = case.grades[best]
    ideal = np.sort(np.array(list(case.answers.values()), np.float32))[::-1][:DISCOUNTED]
    discounts = 1 / np.log2(np.arange(DISCOUNTED) + 2)
    most = float(ideal @ discounts[: len(ideal)])
    return float(gained @ discounts[: len(gained)]) / most if most else 0.0


def _right(answers: dict[int, int]) -> dict[int, int]:
    return {thread: grade for thread, grade in answers.items() if grade > 0}
