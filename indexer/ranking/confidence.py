"""How likely a hit helps: a logistic function of its evidence; `data/ranking/confidence.json` has the coefficients.

p = 1 / (1 + exp(-(b + Σ wᵢ (xᵢ - mᵢ) / sᵢ))). The file says what it was fitted on and how well it held there.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.config import SHIPPED
from indexer.ranking.features import FEATURES, Scores

FILE = SHIPPED / "ranking" / "confidence.json"
STRENGTH = 0.1  # C of the regularisation: the few hundred labels of a community must not be learnt by heart


@dataclass(frozen=True, slots=True)
class Confidence:
    """The coefficients, in the order of FEATURES, and how they came about."""

    means: Scores
    scales: Scores
    weights: Scores
    bias: float
    fitted_on: Mapping[str, Any]

    @classmethod
    def load(cls, path: Path = FILE) -> Confidence:
        """Read the coefficients."""
        facts = json.loads(path.read_text(encoding="utf-8"))
        rows = [facts["features"][name] for name in FEATURES]
        means, scales, weights = (
            np.array([row[key] for row in rows], np.float32) for key in ("mean", "scale", "weight")
        )
        return cls(means, scales, weights, float(facts["bias"]), facts["fitted_on"])

    def save(self, path: Path) -> None:
        """Write the coefficients."""
        features = {
            name: {"mean": round(float(mean), 5), "scale": round(float(scale), 5), "weight": round(float(weight), 5)}
            for name, mean, scale, weight in zip(FEATURES, self.means, self.scales, self.weights, strict=True)
        }
        facts = {"fitted_on": dict(self.fitted_on), "bias": round(self.bias, 5), "features": features}
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    @classmethod
    def fit(cls, features: Scores, helped: NDArray[np.bool_], fitted_on: Mapping[str, Any]) -> Confidence:
        """Coefficients from hits that are known to help or not."""
        from sklearn.linear_model import LogisticRegression

        means, scales = features.mean(axis=0), np.maximum(features.std(axis=0), np.float32(1e-6))
        found = LogisticRegression(C=STRENGTH, max_iter=1000).fit((features - means) / scales, helped)
        return cls(means, scales, found.coef_[0].astype(np.float32), float(found.intercept_[0]), fitted_on)

    def of(self, features: Scores) -> Scores:
        """The confidence in each row of FEATURES."""
        logit = ((features - self.means) / self.scales) @ self.weights + np.float32(self.bias)
        confidence: Scores = (1 / (1 + np.exp(-np.clip(logit, -30, 30)))).astype(np.float32)
        return confidence
