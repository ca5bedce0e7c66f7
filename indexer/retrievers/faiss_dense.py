"""The dense retriever: FAISS over one vector a thread.

A thread's vector is the mean of its question's and its accepted answer's, so that one inner product with the query is
the mean of both cosines. The question's vector alone is kept beside it, to tell the two cosines apart for a few hits.
Every vector is compared, in half precision (0.3 ms over 10,000 threads of 256 dimensions, 0.5 ms in full precision: the
time is that of reading memory); HNSW would be faster over very many, but cannot forget a thread.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import faiss
import numpy as np

from indexer.retrievers.base import Allowed, Entry, Found, Ids, Probe, Scores, Vector

BLEND_FILE = "dense.faiss"
QUESTION_FILE = "dense-question.faiss"


class Cosines(NamedTuple):
    """A value for each thread: with the words asked alone, and with what the glossary added."""

    plain: Scores
    wide: Scores

    @classmethod
    def nothing(cls) -> Cosines:
        """Of no thread at all."""
        return cls(np.empty(0, np.float32), np.empty(0, np.float32))


class FaissDense:
    """Threads by the nearness of their meaning."""

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self._blend = _empty(dimension)
        self._question = _empty(dimension)

    @classmethod
    def load(cls, folder: Path) -> FaissDense:
        """Read what `save` wrote."""
        blend = faiss.read_index(str(folder / BLEND_FILE))
        made = cls(blend.d)
        made._blend = blend
        made._question = faiss.read_index(str(folder / QUESTION_FILE))
        return made

    def __len__(self) -> int:
        return int(self._blend.ntotal)

    def save(self, folder: Path) -> None:
        """Write both indexes."""
        faiss.write_index(self._blend, str(folder / BLEND_FILE))
        faiss.write_index(self._question, str(folder / QUESTION_FILE))

    def put(self, entries: Iterable[Entry]) -> None:
        """Add threads; `add_with_ids` would accept an id twice, so those known are removed first."""
        given = {entry.thread_id: entry for entry in entries}
        if not given:
            return
        self.remove(given)
        ids = np.fromiter(given, np.int64, len(given))
        questions = np.stack([entry.question_vector for entry in given.values()]).astype(np.float32)
        blends = np.stack([_blended(entry) for entry in given.values()]).astype(np.float32)
        self._blend.add_with_ids(blends, ids)
        self._question.add_with_ids(questions, ids)

    def remove(self, thread_ids: Iterable[int]) -> None:
        """Forget threads."""
        ids = np.fromiter(thread_ids, np.int64)
        if len(ids) and len(self):
            self._blend.remove_ids(ids)
            self._question.remove_ids(ids)

    def search(self, probe: Probe, depth: int, allowed: Allowed | None = None) -> Found:
        """The threads whose vector is nearest to the probe's."""
        if not len(self) or not probe.vector.any():
            return Found.nothing()
        query = np.ascontiguousarray(probe.vector[None, :], np.float32)
        if allowed is None:
            scores, ids = self._blend.search(query, min(depth, len(self)))
        else:
            chosen: Any = faiss.IDSelectorBitmap
            parameters: Any = faiss.SearchParameters
            among = parameters(sel=chosen(_bitmap(allowed.ids)))
            scores, ids = self._blend.search(query, min(depth, len(allowed.ids) or 1), params=among)
        real = ids[0] >= 0
        return Found(ids[0][real], scores[0][real])

    def cosines(self, probe: Probe, ids: Ids) -> tuple[Cosines, Cosines]:
        """The cosines with these threads' questions and answers (the question's again where there is no answer)."""
        if not len(ids):
            return Cosines.nothing(), Cosines.nothing()
        asked = np.stack([probe.plain, probe.vector], axis=1)
        question = self._question.reconstruct_batch(ids) @ asked
        answer = 2 * (self._blend.reconstruct_batch(ids) @ asked) - question
        return Cosines(question[:, 0], question[:, 1]), Cosines(answer[:, 0], answer[:, 1])


def _empty(dimension: int) -> Any:
    kind = faiss.ScalarQuantizer.QT_fp16
    return faiss.IndexIDMap2(faiss.IndexScalarQuantizer(dimension, kind, faiss.METRIC_INNER_PRODUCT))


def _blended(entry: Entry) -> Vector:
    if entry.answer_vector is None:
        return entry.question_vector
    return (entry.question_vector + entry.answer_vector) * np.float32(0.5)


def _bitmap(ids: Ids) -> np.ndarray[Any, np.dtype[np.uint8]]:
    marks = np.zeros(int(ids.max(initial=0)) + 1, np.uint8)
    marks[ids] = 1
    return np.packbits(marks, bitorder="little")
