"""The dense retriever: FAISS over one vector a thread.

A thread's vector is the mean of its question's and its accepted answer's, so that one inner product with the query is
the mean of both cosines. Up to EXACT threads every vector is compared, in half precision (0.3 ms over 10,000 of 256
dimensions: the time is that of reading memory). Above, vectors lie in lists by nearness, a byte a dimension, and only
the nearest lists are read; HNSW would be as fast, but cannot forget a thread. What a search finds is only named by
these: both cosines of each candidate are taken from its two vectors as they are.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import faiss
import numpy as np
from numpy.typing import NDArray

from indexer.retrievers.base import Allowed, Entry, Found, Ids, Probe, Scores
from indexer.retrievers.texts import roomy

INDEX_FILE = "dense.faiss"
VECTORS_FILE = "dense.npz"
EXACT = 30_000  # threads
# Lists are some 4·√n (FAISS wiki, "Guidelines to choose an index"), of which one in PROBED is read.
PROBED = 8
FILTERED = 0.5  # of the threads; a filter that lets through fewer makes more lists be read, in proportion
TRAINED_ON = 50_000  # vectors at most; what lists they fall into is settled by far fewer


class Cosines(NamedTuple):
    """A value for each thread: with the words asked alone, and with what the glossary added."""

    plain: Scores
    wide: Scores


class FaissDense:
    """Threads by the nearness of their meaning."""

    def __init__(self, dimension: int) -> None:
        self.dimension = dimension
        self._nearest = _exact(dimension)
        self._known = np.zeros(256, np.bool_)
        self._questions = np.zeros((256, dimension), np.float16)
        self._answers = np.zeros((256, dimension), np.float16)

    @classmethod
    def load(cls, folder: Path) -> FaissDense:
        """Read what `save` wrote."""
        nearest = faiss.read_index(str(folder / INDEX_FILE))
        made = cls(nearest.d)
        made._nearest = nearest
        with np.load(folder / VECTORS_FILE) as saved:
            made._known, made._questions, made._answers = saved["known"], saved["questions"], saved["answers"]
        return made

    def __len__(self) -> int:
        return int(self._nearest.ntotal)

    @property
    def lists(self) -> int:
        """Into how many lists the vectors are divided; 1 where every one is compared."""
        return int(getattr(self._nearest, "nlist", 1))

    def save(self, folder: Path) -> None:
        """Write everything."""
        faiss.write_index(self._nearest, str(folder / INDEX_FILE))
        np.savez(folder / VECTORS_FILE, known=self._known, questions=self._questions, answers=self._answers)

    def put(self, entries: Iterable[Entry]) -> None:
        """Add threads; `add_with_ids` would accept an id twice, so those known are removed first."""
        given = {entry.thread_id: entry for entry in entries}
        if not given:
            return
        self.remove(given)
        ids = np.fromiter(given, np.int64, len(given))
        columns = (self._known, self._questions, self._answers)
        self._known, self._questions, self._answers = (roomy(column, int(ids.max()) + 1) for column in columns)
        self._known[ids] = True
        self._questions[ids] = np.stack([entry.question_vector for entry in given.values()])
        answers = (e.question_vector if e.answer_vector is None else e.answer_vector for e in given.values())
        self._answers[ids] = np.stack(list(answers))
        self._nearest.add_with_ids(self._blends(ids), ids)

    def remove(self, thread_ids: Iterable[int]) -> None:
        """Forget threads."""
        ids = np.array([number for number in thread_ids if number < len(self._known) and self._known[number]], np.int64)
        if len(ids):
            self._nearest.remove_ids(ids)
            self._known[ids] = False

    def arrange(self) -> None:
        """Lay the vectors out as suits their number; seconds for 100,000, so not while somebody waits."""
        lists = _lists(len(self))
        if lists == self.lists:
            return
        ids = np.flatnonzero(self._known)
        self._nearest = _exact(self.dimension) if lists == 1 else _divided(self.dimension, lists)
        if lists > 1:
            chosen = np.random.default_rng(0).permutation(ids)[:TRAINED_ON]
            self._nearest.train(self._blends(chosen))
        self._nearest.add_with_ids(self._blends(ids), ids)

    def search(self, probe: Probe, depth: int, allowed: Allowed | None = None) -> Found:
        """The threads whose vector is nearest to the probe's."""
        if not len(self) or not probe.vector.any():
            return Found.nothing()
        faiss.omp_set_num_threads(1)  # of this thread: two wait for each other longer than one question takes
        query = np.ascontiguousarray(probe.vector[None, :], np.float32)
        depth = min(depth, len(self) if allowed is None else allowed.many or 1)
        scores, ids = self._nearest.search(query, depth, params=self._parameters(allowed))
        real = ids[0] >= 0
        return Found(ids[0][real], scores[0][real])

    def cosines(self, probe: Probe, ids: Ids) -> tuple[Cosines, Cosines]:
        """The cosines with these threads' questions and answers (the question's again where there is no answer)."""
        asked = np.stack([probe.plain, probe.vector])
        question, answer = (asked @ vectors[ids].astype(np.float32).T for vectors in (self._questions, self._answers))
        return Cosines(*question), Cosines(*answer)

    def _parameters(self, allowed: Allowed | None) -> Any:
        """What a search is told: whom to look among, and in how many lists; the fewer they are, the more lists."""
        among: Any = None
        if allowed is not None:
            selector: Any = faiss.IDSelectorBitmap
            among = selector(np.packbits(allowed.mask, bitorder="little"))
        if self.lists == 1:
            exact: Any = faiss.SearchParameters
            return exact(sel=among)
        share = allowed.many / max(allowed.total, 1) if allowed is not None else 1.0
        probed = math.ceil(self.lists / PROBED / min(max(share / FILTERED, 1e-9), 1.0))
        divided: Any = faiss.SearchParametersIVF
        return divided(sel=among, nprobe=min(probed, self.lists))

    def _blends(self, ids: Ids) -> NDArray[np.float32]:
        blends: NDArray[np.float32] = (self._questions[ids].astype(np.float32) + self._answers[ids]) * np.float32(0.5)
        return blends


def _lists(threads: int) -> int:
    return 1 if threads <= EXACT else 2 ** round(math.log2(4 * math.sqrt(threads)))


def _exact(dimension: int) -> Any:
    kind = faiss.ScalarQuantizer.QT_fp16
    return faiss.IndexIDMap2(faiss.IndexScalarQuantizer(dimension, kind, faiss.METRIC_INNER_PRODUCT))


def _divided(dimension: int, lists: int) -> Any:
    return faiss.index_factory(dimension, f"IVF{lists},SQ8", faiss.METRIC_INNER_PRODUCT)
