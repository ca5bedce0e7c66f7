"""How far confidence can be taken at its word, and what speaking from a threshold on comes to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.channel_map_file import SHIPPED_MAP, load
from indexer.evaluation.metrics import Bin, Labels, Marks, Numbers, calibration_error, reliability

THRESHOLDS = (0.5, 0.6, 0.7, 0.8)
NOWHERE = 1_000_000  # the place of a helpful hit where there is none

Run = Mapping[str, Sequence[tuple[str, float]]]  # query → documents with confidence, best first


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far confidence can be taken at its word: bins of equally many first hits, and their mean distance."""

    bins: Sequence[Bin]
    error: float

    @classmethod
    def of(cls, confidence: Numbers, right: Marks) -> Calibration:
        """From the confidence of first hits, and whether they help."""
        return cls(reliability(confidence, right), calibration_error(confidence, right))


@dataclass(frozen=True, slots=True)
class AtThreshold:
    """Speaking where the first hit is at least so sure: to how many, how often it helps, to how many without need."""

    threshold: float
    spoken: int
    first_helps: float
    one_of_three_helps: float
    without_match: int


@dataclass(frozen=True, slots=True)
class Answered:
    """Questions with the confidence of their first hit, the place of the first hit that helps, and if any could."""

    sure: Numbers
    place: NDArray[np.int64]
    answerable: Marks

    @classmethod
    def of(cls, run: Run, labels: Labels, answerable: Mapping[str, bool]) -> Answered:
        """The questions of `answerable` as a run answered them; what nobody judged counts as no help."""
        found = [(run.get(query, ()), labels.get(query, {})) for query in answerable]
        places = [
            next((at for at, (name, _) in enumerate(ranked) if name in given), NOWHERE) for ranked, given in found
        ]
        return cls(
            np.array([ranked[0][1] if ranked else 0.0 for ranked, _ in found]),
            np.array(places, np.int64),
            np.array(list(answerable.values()), np.bool_),
        )

    @property
    def calibration(self) -> Calibration:
        """Of the first hits."""
        return Calibration.of(self.sure, self.place == 0)

    @property
    def thresholds(self) -> list[AtThreshold]:
        """At THRESHOLDS and those that ship, as far as anything would be said."""
        shipped = load(SHIPPED_MAP).thresholds
        return [
            self._at(level) for level in sorted({*THRESHOLDS, shipped.whisper, shipped.thread}) if self._said(level)
        ]

    def _at(self, threshold: float) -> AtThreshold:
        said = self.sure >= threshold
        place = self.place[said]
        helped = float((place < 1).mean()), float((place < 3).mean())
        return AtThreshold(threshold, int(said.sum()), *helped, int((said & ~self.answerable).sum()))

    def _said(self, threshold: float) -> bool:
        return bool((self.sure >= threshold).any())
