"""Texts as numbers of words: one long array, and where in it each thread's stand.

A thread's id is its place in the arrays here and in the catalogue: the corpus counts threads from 1 without gaps to
speak of. The last place is never held by a thread, and stands for all that are unknown.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexer.retrievers.base import Ids

Numbers = NDArray[np.int32]
Column = NDArray[Any]


class Joined(NamedTuple):
    """The words of several texts, one after another, and how many each has."""

    words: Numbers
    lengths: Numbers


class Texts:
    """One text of distinct words for each thread."""

    def __init__(self) -> None:
        self._words = np.zeros(4096, np.int32)
        self._used = 0
        self._held = 0  # of those used, what has not been removed since
        self._starts = np.zeros(256, np.int64)
        self._lengths = np.zeros(256, np.int32)

    def put(self, thread_id: int, words: Numbers) -> None:
        """Keep the words of a thread that has none yet."""
        if self._used + len(words) > len(self._words):
            self._settle()
            self._words = roomy(self._words, self._used + len(words))
        self._starts, self._lengths = (roomy(column, thread_id + 2) for column in (self._starts, self._lengths))
        self._words[self._used : self._used + len(words)] = words
        self._starts[thread_id], self._lengths[thread_id] = self._used, len(words)
        self._used += len(words)
        self._held += len(words)

    def remove(self, thread_id: int) -> None:
        """Forget the words of a thread."""
        self._held -= int(self._lengths[thread_id])
        self._lengths[thread_id] = 0

    def of(self, thread_id: int) -> Numbers:
        """The words of one thread."""
        place = min(thread_id, len(self._starts) - 1)
        start = self._starts[place]
        return self._words[start : start + self._lengths[place]]

    def joined(self, ids: Ids) -> Joined:
        """The words of these threads."""
        places = np.minimum(ids, len(self._starts) - 1)
        lengths = self._lengths[places]
        ends = np.cumsum(lengths, dtype=np.int64)
        within = np.arange(ends[-1] if len(ends) else 0)
        return Joined(self._words[within + np.repeat(self._starts[places] - (ends - lengths), lengths)], lengths)

    @classmethod
    def filled(cls, ids: Ids, given: Joined) -> Texts:
        """All texts at once."""
        made = cls()
        made._words = given.words
        made._used = made._held = len(given.words)
        most = int(ids.max(initial=0)) + 2
        made._starts, made._lengths = np.zeros(most, np.int64), np.zeros(most, np.int32)
        made._starts[ids] = np.cumsum(given.lengths, dtype=np.int64) - given.lengths
        made._lengths[ids] = given.lengths
        return made

    def _settle(self) -> None:
        """Close the gaps that removed texts left, once they are half of everything."""
        if 2 * self._held < self._used:
            ids = np.flatnonzero(self._lengths)
            self._words = self.joined(ids).words
            self._starts[ids] = np.cumsum(self._lengths[ids], dtype=np.int64) - self._lengths[ids]
            self._used = self._held


def roomy(column: Column, needed: int) -> Column:
    """The column itself where it has the places needed, else a copy with twice as many, the new ones zero."""
    if needed <= len(column):
        return column
    return np.concatenate([column, np.zeros((2 * needed - len(column), *column.shape[1:]), column.dtype)])
