"""What was learnt from labels, as a snapshot keeps it: weights and figures, no word of any member.

`learned.json` names the encoder, the text rules and the features it was learnt with; where any of them differs it is
not read, and what ships is used until the next refit.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from indexer.ranking import FEATURES, Confidence, Ranker

FILE = "learned.json"
LAYOUT = 2


@dataclass(frozen=True, slots=True)
class Figure:
    """A held-out figure before and after, and whether the new one was put to use."""

    before: float
    after: float
    kept: bool


@dataclass(frozen=True, slots=True)
class Refit:
    """What a refit found: labelled questions, those `right` with an answer among the candidates, and held-out figures.

    `ranking` is nDCG@10, `calibration` the Brier score; None: there were too few labels to tell.
    """

    at: datetime
    questions: int
    right: int
    ranking: Figure | None = None
    calibration: Figure | None = None


@dataclass(frozen=True, slots=True)
class Learnt:
    """What is used instead of what ships (None: what ships), and how the last refit went.

    `outcomes`: for each labelled question the held-out confidence of its first hit, and whether that was right.
    """

    refit: Refit
    ranker: Ranker | None = None
    confidence: Confidence | None = None
    outcomes: tuple[tuple[float, bool], ...] = ()

    def save(self, folder: Path, encoder: str, text_version: str) -> None:
        """Write it into a snapshot."""
        confidence = self.confidence
        facts = {
            **_made_with(encoder, text_version),
            "refit": asdict(self.refit) | {"at": self.refit.at.isoformat()},
            "ranker": self.ranker.weights.tolist() if self.ranker is not None else None,
            "confidence": [confidence.weight, confidence.bias, confidence.labelled] if confidence else None,
            "outcomes": [[round(sure, 4), int(right)] for sure, right in self.outcomes],
        }
        (folder / FILE).write_text(json.dumps(facts, ensure_ascii=False), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, encoder: str, text_version: str, shipped: Confidence) -> Self | None:
        """Read what `save` wrote; None where there is nothing, or it was learnt with something else."""
        try:
            facts = json.loads((folder / FILE).read_text(encoding="utf-8"))
            if any(facts.get(key) != value for key, value in _made_with(encoder, text_version).items()):
                return None
            return cls._read(facts, shipped)
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError, AttributeError):  # not what `save` writes: no better than nothing
            return None

    @classmethod
    def _read(cls, facts: Mapping[str, Any], shipped: Confidence) -> Self:
        found = dict(facts["refit"])
        figures = {name: Figure(**found[name]) if found[name] else None for name in ("ranking", "calibration")}
        confidence = None
        if facts["confidence"] is not None:
            weight, bias, labelled = map(float, facts["confidence"])
            confidence = replace(shipped, weight=weight, bias=bias, labelled=labelled)
        return cls(
            Refit(datetime.fromisoformat(found["at"]), int(found["questions"]), int(found["right"]), **figures),
            Ranker.of(dict(zip(FEATURES, facts["ranker"], strict=True))) if facts["ranker"] is not None else None,
            confidence,
            tuple((float(sure), bool(right)) for sure, right in facts["outcomes"]),
        )


def _made_with(encoder: str, text_version: str) -> dict[str, Any]:
    return {"layout": LAYOUT, "encoder": encoder, "text_version": text_version, "features": list(FEATURES)}
