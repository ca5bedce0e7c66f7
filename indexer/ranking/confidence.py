"""How likely the best hit helps: one logistic function of evidence; `data/ranking/confidence.json` has the numbers.

p = 1 / (1 + exp(-(b + w · mean over EVIDENCE of (xᵢ - mᵢ) / sᵢ + l · labelled_best)))

x is the evidence of that hit among the first LOOKED_AT for which the mean is highest: where the second hit is strong,
the matter is there. On a municipal FAQ that told answerable from unanswerable better than the first alone did.

The means and scales are the community's own: what its questions get when their own thread is hidden, which is how
"nothing but neighbours" looks there (`Units`). The plain mean told answerable from unanswerable as well as fitted
weights did, and carries over from one community to another. b and w are shipped; the file says what they were fitted on
and how well they held there. Labels replace them (`indexer.ranking.learning`).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.config import SHIPPED
from indexer.ranking.features import FEATURES, Scores

FILE = SHIPPED / "ranking" / "confidence.json"
# The evidence that tells (docs/decisions/0006-ranking.md); margins, entropy and agreement added nothing.
EVIDENCE = (
    "question_wide",
    "cover_question",
    "cover_question_wide",
    "told",
    "told_wide",
    "soft_cover",
    "soft_told",
)
PLACES = [FEATURES.index(name) for name in EVIDENCE]
_ALIKE = PLACES[0]
_LABELLED = FEATURES.index("labelled_best")
LABELLED_SCALE = 0.3  # about its standard deviation among first hits
STRENGTH = 1.0  # C of the regularisation; there are but two weights to find
LOOKED_AT = 5  # hits; from 3 to 8 the AUROC is the same within .005
FEWEST = 50  # questions; the units of fewer would be chance, and those of the sample community serve


@dataclass(frozen=True, slots=True)
class Units:
    """Mean and scale of each piece of EVIDENCE."""

    means: Scores
    scales: Scores

    @classmethod
    def of(cls, rows: Scores) -> Units:
        """The units of the best hits, as rows of FEATURES, that questions get without their own thread."""
        chosen = rows[:, PLACES]
        return cls(chosen.mean(axis=0), np.maximum(chosen.std(axis=0), np.float32(1e-3)))

    def standard(self, rows: Scores) -> Scores:
        """The EVIDENCE of rows of FEATURES in these units."""
        found: Scores = (rows[:, PLACES] - self.means) / self.scales
        return found

    def likeness(self, rows: Scores) -> Scores:
        """How far the questions' cosine lies above what is usual, in standard deviations."""
        found: Scores = (rows[:, _ALIKE] - self.means[0]) / self.scales[0]
        return found

    def strongest(self, rows: Scores) -> Scores:
        """Of rows of FEATURES, best hit first, the one of the first LOOKED_AT that speaks most for a match."""
        chosen: Scores = rows[int(np.argmax(self.standard(rows[:LOOKED_AT]).mean(axis=1)))]
        return chosen

    @classmethod
    def load(cls, path: Path) -> Units:
        """Read what `save` wrote."""
        return cls.read(json.loads(path.read_text(encoding="utf-8")))

    @classmethod
    def read(cls, facts: Mapping[str, Any]) -> Units:
        """From a mapping of each piece of EVIDENCE to its mean and scale."""
        return cls(*(np.array([facts[name][key] for name in EVIDENCE], np.float32) for key in ("mean", "scale")))

    def facts(self) -> dict[str, dict[str, float]]:
        """What `read` takes."""
        rows = zip(EVIDENCE, self.means.tolist(), self.scales.tolist(), strict=True)
        return {name: {"mean": round(mean, 5), "scale": round(scale, 5)} for name, mean, scale in rows}

    def save(self, path: Path) -> None:
        """Write the units."""
        path.write_text(json.dumps(self.facts(), indent=1), encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Confidence:
    """The coefficients and how they came about; `labelled`: that of `labelled_best`."""

    units: Units
    weight: float
    bias: float
    fitted_on: Mapping[str, Any]
    labelled: float = 0.0

    @classmethod
    def load(cls, path: Path = FILE) -> Confidence:
        """Read the coefficients."""
        facts = json.loads(path.read_text(encoding="utf-8"))
        return cls(Units.read(facts["units"]), float(facts["weight"]), float(facts["bias"]), facts["fitted_on"])

    def save(self, path: Path) -> None:
        """Write the coefficients."""
        numbers = {"weight": round(self.weight, 5), "bias": round(self.bias, 5), "units": self.units.facts()}
        path.parent.mkdir(parents=True, exist_ok=True)
        facts = {"fitted_on": dict(self.fitted_on), **numbers}
        path.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    @classmethod
    def fit(cls, units: Units, rows: Scores, helped: NDArray[np.bool_], fitted_on: Mapping[str, Any]) -> Confidence:
        """Coefficients from the `strongest` row of each question and whether its best hit is known to help."""
        from sklearn.linear_model import LogisticRegression

        given = np.column_stack([units.standard(rows).mean(axis=1), rows[:, _LABELLED] / LABELLED_SCALE])
        found = LogisticRegression(C=STRENGTH, max_iter=1000).fit(given, helped)
        weight, labelled = found.coef_[0].tolist()
        return cls(units, weight, float(found.intercept_[0]), fitted_on, labelled / LABELLED_SCALE)

    def inside(self, units: Units) -> Confidence:
        """The same judgment in another community's units."""
        return replace(self, units=units)

    def best(self, rows: Scores) -> float:
        """The confidence that the best hit helps, from the rows of FEATURES of the first hits."""
        row = self.units.strongest(rows)
        logit = self.weight * float(self.units.standard(row[None]).mean()) + self.bias
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, logit + self.labelled * float(row[_LABELLED])))))

    def of(self, rows: Scores, scores: Scores) -> Scores:
        """The confidence in each hit, best first: the best one's, and of lower ones exp(score - best score) of it."""
        if not len(rows):
            return np.zeros(0, np.float32)
        found: Scores = self.best(rows) * np.exp(np.minimum(scores - scores[0], 0.0)).astype(np.float32)
        return found
