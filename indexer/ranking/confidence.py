"""How likely the best hit helps: one logistic function of evidence; `data/ranking/confidence.json` has the numbers.

p = 1 / (1 + exp(-(w · (x - far) + b · (own - far) + l · labelled_best))),  x = mean over EVIDENCE of (eᵢ - mᵢ) / sᵢ

e is the evidence of that hit among the first LOOKED_AT for which x is highest: where the second hit is strong, the
matter is there. On a municipal FAQ that told answerable from unanswerable better than the first alone did.

All but w, b and l is the community's own, measured on its own questions (`Units`) and on no label: mᵢ and sᵢ are mean
and scale of what their best hit has when their own thread is hidden; far is the x of hits that have nothing to do with
them but the community's language; own is that of their own thread. In between, -b / w of the way up, a hit is as likely
right as wrong. One end alone does not carry over: in a community that asks everything twice the best hit beside one's
own thread is an answer, in another it is none (docs/decisions/0019-confidence-between-two-ends.md). w and b are
shipped; the file says what they were fitted on and how well they held there. Labels replace them
(`indexer.ranking.learning`).
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexer.config import SHIPPED
from indexer.ranking.features import FEATURES, Scores

Marks = NDArray[np.bool_]

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
KEYS = ("mean", "scale")
_LABELLED = FEATURES.index("labelled_best")
LABELLED_SCALE = 0.3  # about its standard deviation among first hits
STRENGTH = 1.0  # the variance of the weights beforehand; there are but two to find
# … where labels move what ships. Brier score on a municipal FAQ, five-fold, with 40, 80, 160, 364 labelled questions:
# unmoved .231, .231, .242, .239; so .232, .220, .213, .214; at 1 .243, .224, .214, .214; from 0 .249, .226, .214, .213
LEEWAY = 0.1
LOOKED_AT = 5  # hits; from 3 to 8 the AUROC is the same within .005
FAR = slice(LOOKED_AT, 10)  # hits of a question that tell what lies far from it; 2 to 10 or 6 to 15 do nearly as well
# Scales between far and own, at least: where every question is like every other, nothing is told apart.
LEAST_REACH = 1.0
MOST_LOGIT = 30.0
FEWEST = 50  # questions; the units of fewer would be chance, and those of the sample community serve


class OwnQuestion(NamedTuple):
    """What one of the community's questions finds, as rows of FEATURES: its own thread, and the others best first."""

    own: Scores
    others: Scores


@dataclass(frozen=True, slots=True)
class Units:
    """Mean and scale of each piece of EVIDENCE, and the two ends between which a hit's mean of them lies."""

    means: Scores
    scales: Scores
    far: float
    own: float

    @classmethod
    def of(cls, questions: Sequence[OwnQuestion]) -> Units:
        """The units of a community that asked these questions; each must have found something besides its thread."""
        best = np.stack([question.others[0] for question in questions])[:, PLACES]
        units = cls(best.mean(axis=0), np.maximum(best.std(axis=0), np.float32(1e-3)), 0.0, 0.0)
        far = np.concatenate(
            [
                question.others[FAR] if len(question.others) > FAR.start else question.others[-1:]
                for question in questions
            ]
        )
        own = np.stack([question.own for question in questions])
        return replace(units, far=float(units.mean(far).mean()), own=float(units.mean(own).mean()))

    @property
    def reach(self) -> float:
        """How much higher a question's own thread lies than what is far from it."""
        return max(self.own - self.far, LEAST_REACH)

    def mean(self, rows: Scores) -> Scores:
        """The mean over the EVIDENCE of each row of FEATURES, in these units."""
        found: Scores = ((rows[:, PLACES] - self.means) / self.scales).mean(axis=1)
        return found

    def likeness(self, rows: Scores) -> Scores:
        """How far the questions' cosine lies above what is usual, in standard deviations."""
        found: Scores = (rows[:, _ALIKE] - self.means[0]) / self.scales[0]
        return found

    def strongest(self, rows: Scores) -> Scores:
        """Of rows of FEATURES, best hit first, the one of the first LOOKED_AT that speaks most for a match."""
        chosen: Scores = rows[int(np.argmax(self.mean(rows[:LOOKED_AT])))]
        return chosen

    @classmethod
    def load(cls, path: Path) -> Units | None:
        """Read what `save` wrote; None where there is nothing, or not what it writes."""
        try:
            return cls.read(json.loads(path.read_text(encoding="utf-8")))
        except (FileNotFoundError, ValueError, KeyError, TypeError):
            return None

    @classmethod
    def read(cls, facts: Mapping[str, Any]) -> Units:
        """From what `facts` gives."""
        means, scales = (np.array([facts["evidence"][name][key] for name in EVIDENCE], np.float32) for key in KEYS)
        return cls(means, scales, float(facts["far"]), float(facts["own"]))

    def facts(self) -> dict[str, Any]:
        """What `read` takes."""
        rows = zip(EVIDENCE, self.means.tolist(), self.scales.tolist(), strict=True)
        evidence = {name: {key: round(at, 5) for key, at in zip(KEYS, row, strict=True)} for name, *row in rows}
        return {"far": round(self.far, 5), "own": round(self.own, 5), "evidence": evidence}

    def save(self, path: Path) -> None:
        """Write the units."""
        path.write_text(json.dumps(self.facts(), indent=1), encoding="utf-8")


@dataclass(frozen=True, slots=True)
class Confidence:
    """The coefficients and how they came about. `bias`: by `units.reach`; `labelled`: that of `labelled_best`."""

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
    def fit(cls, units: Units, rows: Scores, helped: Marks, fitted_on: Mapping[str, Any]) -> Confidence:
        """Coefficients from the `strongest` row of each question and whether its best hit is known to help.

        The likeliest ones, the two weights being normal about 0 of variance STRENGTH beforehand.
        """
        doubt = np.array([1 / STRENGTH, 1 / STRENGTH, 0.0])
        return _likeliest(cls(units, 0.0, 0.0, fitted_on), rows, helped, doubt)

    def taught(self, rows: Scores, helped: Marks, fitted_on: Mapping[str, Any]) -> Confidence:
        """The same as these questions move it: beforehand each number is normal about its own, of variance LEEWAY."""
        return _likeliest(replace(self, fitted_on=fitted_on), rows, helped, np.full(3, 1 / LEEWAY))

    def inside(self, units: Units) -> Confidence:
        """The same judgment in another community's units."""
        return replace(self, units=units)

    def best(self, rows: Scores) -> float:
        """The confidence that the best hit helps, from the rows of FEATURES of the first hits."""
        row = self.units.strongest(rows)
        above = float(self.units.mean(row[None])[0]) - self.units.far
        logit = self.weight * above + self.bias * self.units.reach + self.labelled * float(row[_LABELLED])
        return 1 / (1 + math.exp(-max(-MOST_LOGIT, min(MOST_LOGIT, logit))))

    def of(self, rows: Scores, scores: Scores) -> Scores:
        """The confidence in each hit, best first: the best one's, and of lower ones exp(score - best score) of it."""
        if not len(rows):
            return np.zeros(0, np.float32)
        found: Scores = self.best(rows) * np.exp(np.minimum(scores - scores[0], 0.0)).astype(np.float32)
        return found


def _likeliest(known: Confidence, rows: Scores, helped: Marks, doubt: NDArray[np.float64]) -> Confidence:
    """The likeliest coefficients, `doubt` being how little each may move from those known; no weight is below 0.

    So whatever the labels, more evidence is not less sure.
    """
    from scipy.optimize import minimize
    from scipy.special import expit

    above, reach = known.units.mean(rows) - known.units.far, known.units.reach
    given = np.column_stack((above, rows[:, _LABELLED] / LABELLED_SCALE, np.ones(len(rows)))).astype(np.float64)
    told = helped.astype(np.float64)
    start = np.array([known.weight, known.labelled * LABELLED_SCALE, known.bias * reach])

    def loss(found: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logit, moved = given @ found, found - start
        value = (np.logaddexp(0, logit) - told * logit).sum() + doubt @ (moved * moved) / 2
        return float(value), given.T @ (expit(logit) - told) + doubt * moved

    least = [(0, None), (0, None), (None, None)]
    weight, labelled, bias = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=least).x.tolist()
    return replace(known, weight=weight, bias=bias / reach, labelled=labelled / LABELLED_SCALE)
