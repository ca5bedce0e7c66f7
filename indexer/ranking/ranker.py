"""One order out of all evidence: a weighted sum, so that every hit can be explained feature by feature.

`score = Σ weight · feature`. The weights of words and vectors were found on a municipal FAQ with graded relevance
(docs/decisions/0006-ranking.md); around them nDCG@10 is flat. What is known beyond words only decides between threads
that words hold equal: together at most a quarter of what the best lexical match counts, so that the only answer there
is comes first whoever gave it. A community's own labels replace the weights (`indexer.ranking.learning`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from indexer.ranking.features import FEATURES, Scores

WEIGHTS = {
    "lexical": 1.0,
    "cover_thread": 0.5,
    "question_wide": 0.8,
    "answer_wide": 0.8,
    "soft_cover": 0.4,
    "soft_told": 0.4,
    "near_question": 1.0,
    "near_thread": 1.0,
    "resolved": 0.05,
    "accepted_by_asker": 0.03,
    "thanked": 0.02,
    "recency": 0.03,
    "same_channel": 0.03,
    "same_prefecture": 0.02,
    "likeness": 0.06,
}


@dataclass(frozen=True, slots=True)
class Ranker:
    """The weights, in the order of FEATURES."""

    weights: Scores

    @classmethod
    def of(cls, weights: Mapping[str, float]) -> Ranker:
        """A ranker of these weights; features not named count nothing."""
        return cls(np.array([weights.get(name, 0.0) for name in FEATURES], np.float32))

    @classmethod
    def load(cls, path: Path) -> Ranker:
        """Read what `save` wrote."""
        return cls.of(json.loads(path.read_text(encoding="utf-8")))

    def save(self, path: Path) -> None:
        """Write the weights."""
        named = {name: round(float(weight), 6) for name, weight in zip(FEATURES, self.weights, strict=True)}
        path.write_text(json.dumps(named, indent=1), encoding="utf-8")

    def score(self, rows: Scores) -> Scores:
        """The score of each row of FEATURES."""
        scores: Scores = rows @ self.weights
        return scores


SHIPPED_RANKER = Ranker.of(WEIGHTS)
