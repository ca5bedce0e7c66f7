"""The figures that searches are measured by; ranking figures agree with those of BEIR and TREC tools.

- nDCG@k: Σ gradeᵢ / log2(i + 1) over the first k, over the same sum for the best order there could be
- recall@k: share of the labelled documents among the first k
- AUROC: probability that one that is right scores above one that is not, ties counting half
- ECE: mean |confidence - share that is right| over bins of equally many
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

DEPTH = 10
BINS = 10
DRAWN = 2_000  # samples of a bootstrap: the error of its bounds is then below a tenth of the interval

Numbers = NDArray[np.float32] | NDArray[np.float64]
Marks = NDArray[np.bool_]
Answers = Mapping[str, Sequence[str]]  # query → documents, best first
Labels = Mapping[str, Mapping[str, int]]  # query → document → grade


def ndcg(found: Sequence[str], grades: Mapping[str, int], k: int = DEPTH) -> float:
    """nDCG@k of one query, linear in the grade."""
    gained = sum(grades.get(document, 0) / math.log2(at + 2) for at, document in enumerate(found[:k]))
    ideal = sum(grade / math.log2(at + 2) for at, grade in enumerate(sorted(grades.values(), reverse=True)[:k]))
    return gained / ideal if ideal else 0.0


def recall(found: Sequence[str], grades: Mapping[str, int], k: int = DEPTH) -> float:
    """recall@k of one query; every labelled document counts, whatever its grade."""
    return sum(document in grades for document in found[:k]) / len(grades) if grades else 0.0


def reciprocal_rank(found: Sequence[str], grades: Mapping[str, int], k: int = DEPTH) -> float:
    """1 over the rank of the first labelled document, 0 where none is among the first k."""
    return next((1 / at for at, document in enumerate(found[:k], 1) if document in grades), 0.0)


@dataclass(frozen=True, slots=True)
class RankingQuality:
    """Means over all labelled queries; one that found nothing counts 0."""

    ndcg_at_10: float
    recall_at_10: float
    mrr_at_10: float
    hit_at_1: float
    hit_at_3: float
    queries: int


def ranking_quality(answers: Answers, labels: Labels) -> RankingQuality:
    """The figures of a run."""
    rows = [(answers.get(query, ()), grades) for query, grades in labels.items()]
    ranks = np.array([reciprocal_rank(found, grades) for found, grades in rows])
    return RankingQuality(
        float(np.mean([ndcg(found, grades) for found, grades in rows])),
        float(np.mean([recall(found, grades) for found, grades in rows])),
        float(ranks.mean()),
        float((ranks == 1).mean()),
        float((ranks >= 1 / 3).mean()),
        len(rows),
    )


def auroc(scores: Numbers, right: Marks) -> float:
    """The probability that one that is right scores above one that is not."""
    yes, no = scores[right], scores[~right]
    wins = (yes[:, None] > no[None, :]).mean() + 0.5 * (yes[:, None] == no[None, :]).mean()
    return float(wins)


def auroc_error(scores: Numbers, right: Marks) -> float:
    """The standard error of the AUROC (DeLong et al., Biometrics 44, 1988, for one curve)."""
    yes, no = scores[right], scores[~right]
    wins = (yes[:, None] > no[None, :]) + 0.5 * (yes[:, None] == no[None, :])
    return math.sqrt(wins.mean(axis=1).var(ddof=1) / len(yes) + wins.mean(axis=0).var(ddof=1) / len(no))


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers of like confidence: how many, what they said of themselves and how many were right (means)."""

    count: int
    confidence: float
    right: float


def reliability(confidence: Numbers, right: Marks, bins: int = BINS) -> list[Bin]:
    """Bins of equally many, by rising confidence."""
    order = np.argsort(confidence, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    return [Bin(len(part), float(confidence[part].mean()), float(right[part].mean())) for part in parts]


def calibration_error(confidence: Numbers, right: Marks) -> float:
    """Mean |confidence - share that is right| over bins of equally many."""
    return sum(one.count * abs(one.confidence - one.right) for one in reliability(confidence, right)) / len(confidence)


@dataclass(frozen=True, slots=True)
class Difference:
    """The mean of paired differences, its standard error, and the bounds that hold 95 % of bootstrap samples."""

    mean: float
    error: float
    low: float
    high: float

    @property
    def sure(self) -> bool:
        """Whether chance alone is unlikely to have made it: zero lies outside the bounds."""
        return self.low > 0 or self.high < 0


def difference(of: Sequence[float], to: Sequence[float], seed: int = 0) -> Difference:
    """How much more `of` has than `to`, query by query. The two must not be empty."""
    apart = np.array(of, np.float64) - np.array(to, np.float64)
    drawn = np.random.default_rng(seed).integers(len(apart), size=(DRAWN, len(apart)))
    means = apart[drawn].mean(axis=1)
    low, high = np.percentile(means, (2.5, 97.5)).tolist()
    return Difference(float(apart.mean()), float(means.std()), low, high)
