"""How near a thread is to a question in everyday Japanese, whatever words either uses.

Each thread has two vectors: of its question, and of its answer and other replies. A text's vector is the sum of its
distinct words' (`indexer.text.meanings`), each times the word's idf in this community; the direction that all texts of
the community share (they all speak of municipal business) is taken out, which is worth .04 hit@3 on the sample
community. Both idf and that direction are measured anew whenever the community has grown by a quarter.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.retrievers.base import Entry, Ids, Scores
from indexer.retrievers.texts import roomy
from indexer.text.meanings import UNKNOWN, Meanings, Rows, Vectors, shipped_meanings

FILE = "meanings.npz"
GROWTH = 1.25
WASTE = 2  # places for each thread, those of edited and deleted ones included, before they are given out anew
FEWEST = 50  # threads; what fewer share may be their matter
FIELDS = 2  # the question; the answer and other replies


class MeaningStore:
    """The general meaning of every thread."""

    def __init__(self, meanings: Meanings | None = None) -> None:
        self._meanings = meanings or shipped_meanings()
        self._words: dict[int, tuple[Rows, Rows]] = {}
        self._frequency = np.zeros(len(self._meanings.table), np.int32)  # of threads that have the word
        self._places = np.zeros(256, np.int32)  # of each thread, by its id, among the vectors
        self._vectors = np.zeros((0, FIELDS, self._meanings.dimension), np.float16)
        self._idf: Scores = np.ones(len(self._meanings.table), np.float32)
        self._shared: Scores = np.zeros(self._meanings.dimension, np.float32)
        self._settled = 0  # threads at the last measurement
        self._next = 0  # the first place never given out since then

    def __len__(self) -> int:
        return len(self._words)

    def put(self, entries: Iterable[Entry]) -> None:
        """Add threads, replacing those known already."""
        given = {entry.thread_id: entry for entry in entries}
        self.remove(given)
        for thread_id, entry in given.items():
            question = self._distinct(entry.question.terms)
            body = self._distinct((*entry.answer.terms, *entry.rest.terms))
            self._words[thread_id] = (question, body)
            self._frequency[np.union1d(question, body)] += 1
        if len(self) > GROWTH * self._settled or self._next > WASTE * len(self):
            self._settle()
        else:
            self._place({thread_id: self._words[thread_id] for thread_id in given})

    def remove(self, thread_ids: Iterable[int]) -> None:
        """Forget threads; unknown ids are passed over."""
        for thread_id in thread_ids:
            known = self._words.pop(thread_id, None)
            if known is not None:
                self._frequency[np.union1d(*known)] -= 1
                self._vectors[self._places[thread_id]] = 0.0

    def cosines(self, terms: Iterable[str], ids: Ids) -> tuple[Scores, Scores]:
        """The cosine of a text of these terms with each thread's question, and with its answer and replies."""
        nothing = np.zeros(len(ids), np.float32)
        asked = self._distinct(tuple(terms))
        if not len(asked) or not len(ids):
            return nothing, nothing
        text = self._cleared(self._idf[asked] @ self._meanings.table[asked][None])[0]
        found: Vectors = self._vectors[self._places[ids]].astype(np.float32) @ text
        return found[:, 0], found[:, 1]

    def save(self, folder: Path) -> None:
        """Write every thread's words; vectors follow from them."""
        pairs = list(self._words.values())
        np.savez(
            folder / FILE,
            ids=np.fromiter(self._words, np.int64, len(pairs)),
            lengths=np.array([(len(question), len(body)) for question, body in pairs], np.int32).reshape(-1, FIELDS),
            words=np.concatenate([np.empty(0, np.int32), *(words for pair in pairs for words in pair)]),
        )

    @classmethod
    def load(cls, folder: Path, meanings: Meanings | None = None) -> MeaningStore:
        """Read what `save` wrote."""
        made = cls(meanings)
        with np.load(folder / FILE) as saved:
            ids, lengths, words = saved["ids"], saved["lengths"], saved["words"]
        parts = np.split(words, np.cumsum(lengths)[:-1]) if len(ids) else []
        made._words = dict(zip(ids.tolist(), zip(parts[::2], parts[1::2], strict=True), strict=True))
        for question, body in made._words.values():
            made._frequency[np.union1d(question, body)] += 1
        made._settle()
        return made

    def _distinct(self, terms: Sequence[str]) -> Rows:
        known = set(self._meanings.rows(terms).tolist()) - {UNKNOWN}
        return np.fromiter(sorted(known), np.int32, len(known))

    def _settle(self) -> None:
        """Measure idf and the shared direction, and place every thread by them."""
        self._settled = len(self._words)
        count = self._frequency.astype(np.float32)
        self._idf = np.log1p((self._settled - count + 0.5) / (count + 0.5)).astype(np.float32)
        self._shared = np.zeros_like(self._shared)
        self._next = 0
        self._vectors = self._vectors[:0]
        if self._settled >= FEWEST:
            plain = self._sums(self._words).reshape(-1, self._meanings.dimension)
            self._shared = _main_direction(_of_length_one(plain))
        self._place(self._words)

    def _place(self, words: Mapping[int, tuple[Rows, Rows]]) -> None:
        """Keep the vectors of these threads, which have no place yet."""
        start, needed = self._next, self._next + len(words)
        self._places = roomy(self._places, max(words, default=0) + 1)
        self._places[list(words)] = np.arange(start, needed)
        self._next = needed
        if needed > len(self._vectors):
            more = np.zeros((int(needed * GROWTH) - len(self._vectors), *self._vectors.shape[1:]), np.float16)
            self._vectors = np.concatenate([self._vectors, more])
        sums = self._sums(words)
        cleared = self._cleared(sums.reshape(-1, sums.shape[-1])).reshape(sums.shape)
        self._vectors[start:needed] = cleared.astype(np.float16)

    def _sums(self, words: Mapping[int, tuple[Rows, Rows]]) -> Vectors:
        """Σ idf · vector over each text's words: (threads, FIELDS, dimension)."""
        from scipy.sparse import csr_matrix

        texts = [rows for pair in words.values() for rows in pair]
        columns = np.concatenate([np.empty(0, np.int32), *texts])
        starts = np.cumsum([0, *(len(rows) for rows in texts)])
        shape = (len(texts), len(self._idf))
        matrix: Any = csr_matrix((self._idf[columns], columns, starts), shape=shape)
        sums: Vectors = np.asarray(matrix @ self._meanings.table, np.float32)
        return sums.reshape(len(words), FIELDS, self._meanings.dimension)

    def _cleared(self, vectors: Vectors) -> Vectors:
        """Of length one, without the direction that all share; (texts, dimension)."""
        plain = _of_length_one(vectors)
        return _of_length_one(plain - np.outer(plain @ self._shared, self._shared))


def _of_length_one(vectors: Vectors) -> Vectors:
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    divided: Vectors = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return divided


def _main_direction(vectors: Vectors) -> Scores:
    """The first right singular vector."""
    _, directions = np.linalg.eigh((vectors.T @ vectors).astype(np.float64))
    main: NDArray[np.float32] = directions[:, -1].astype(np.float32)
    return main
