"""One order out of two: the lexical and the dense score of each candidate, added."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float32]

# Cormack, Clarke, Büttcher: Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning Methods,
# SIGIR 2009.
RANK_CONSTANT = 60
DENSE_WEIGHT = 0.8


def fused(lexical: Scores, dense: Scores, dense_weight: float = DENSE_WEIGHT) -> Scores:
    """Each as lexical / max(lexical) + w · dense."""
    highest = float(lexical.max(initial=0.0))
    total: Scores = lexical / np.float32(highest or 1.0) + np.float32(dense_weight) * dense
    return total


def reciprocal_rank(scores: Sequence[Scores], weights: Sequence[float] | None = None) -> Scores:
    """Σ w / (60 + rank), the rank of each candidate counted from 1 in each of the lists of scores."""
    total = np.zeros(len(scores[0]), np.float32)
    for place, one in enumerate(scores):
        rank = np.empty(len(one), np.float32)
        rank[np.argsort(-one, kind="stable")] = np.arange(1, len(one) + 1)
        total += np.float32(weights[place] if weights else 1.0) / (RANK_CONSTANT + rank)
    return total
