"""Questions that members said a thread answered: each speaks for that thread when a like question comes.

With q the likeness (mean of cosine and of idf-weighted word overlap, at least 0) of a labelled question and g what it
says of the thread (1 solved, ½ helpful):

    labelled_best  = max g·q        labelled_mean = Σ g·q³ / (Σ q³ + PRIOR)        labelled_count = ln(1 + Σ g)

Only vectors and words' numbers are kept, never what a member wrote.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexer.ranking.features import Scores

SHARPNESS = 3.0  # the power that lets near questions count and far ones not
PRIOR = 0.05


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as likeness takes it: its vector, and its words with weight times idf."""

    vector: Scores
    words: Mapping[str, float]


class Told(NamedTuple):
    """What labelled questions say of each candidate."""

    best: Scores
    mean: Scores
    number: Scores


class LabelledQuestions:
    """Labelled questions, and the threads that answered them: `answers[i]` maps thread id to grade, 1 or 2."""

    def __init__(self, questions: Sequence[Asked], answers: Sequence[Mapping[int, int]]) -> None:

        self._terms: dict[str, int] = {}
        for question in questions:
            for term in question.words:
                self._terms.setdefault(term, len(self._terms))
        self._vectors = np.stack([question.vector for question in questions]) if questions else np.zeros((0, 1), "f4")
        self._words = np.zeros((len(questions), len(self._terms)), np.float32)
        for row, question in enumerate(questions):
            self._words[row] = self._row(question)
        self._threads = np.array(sorted({thread for given in answers for thread in given}), np.int64)
        place = {thread: column for column, thread in enumerate(self._threads.tolist())}
        self._gain = np.zeros((len(questions), len(self._threads)), np.float32)
        for row, given in enumerate(answers):
            for thread, grade in given.items():
                self._gain[row, place[thread]] = grade / 2

    def __len__(self) -> int:
        return len(self._vectors)

    def of(self, asked: Asked, ids: NDArray[np.int64], without: int | None = None) -> Told:
        """What they say of these threads; `without`: the number of the question that is asked itself."""
        nothing = np.zeros(len(ids), np.float32)
        if not len(self):
            return Told(nothing, nothing, nothing)
        like = (self._vectors @ asked.vector + self._words @ self._row(asked)) / 2
        like = like.clip(0, 1)
        gain = self._gain
        if without is not None:
            like[without] = 0
            gain = gain.copy()
            gain[without] = 0
        places = np.searchsorted(self._threads, ids).clip(max=len(self._threads) - 1)
        known = (self._threads[places] == ids).astype(np.float32)
        chosen = gain[:, places] * known
        near = like**SHARPNESS
        return Told(
            (chosen * like[:, None]).max(axis=0),
            (near @ chosen) / np.float32(near.sum() + PRIOR),
            np.log1p(chosen.sum(axis=0)),
        )

    def _row(self, asked: Asked) -> Scores:
        row = np.zeros(len(self._terms), np.float32)
        for term, weight in asked.words.items():
            place = self._terms.get(term)
            if place is not None:
                row[place] = weight
        length = float(np.sqrt(sum(weight * weight for weight in asked.words.values())))
        return row / np.float32(length or 1.0)


NO_LABELS = LabelledQuestions((), ())
