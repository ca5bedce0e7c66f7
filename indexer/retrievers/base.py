"""What retrievers share: what they are told of a thread, what they are asked, and how they answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexer.text import Words

Ids = NDArray[np.int64]
Scores = NDArray[np.float32]
Vector = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Entry:
    """A thread as indexes keep it: the words of its fields, and the vectors of its question and accepted answer.

    `term_vectors`: a row for each of the question's terms, where the encoder knows words.
    """

    thread_id: int
    question: Words
    answer: Words
    rest: Words
    question_vector: Vector
    answer_vector: Vector | None
    term_vectors: Vector | None = None


@dataclass(frozen=True, slots=True)
class Probe:
    """A query as retrievers take it: weighted terms, the kanji in them, and a vector.

    `terms` and `vector` count what the glossary `added` to the words asked. `plain`: the vector without that;
    `term_vectors`: a row for each of the words in `own`, where the encoder knows words.
    """

    own: Mapping[str, float]
    added: Mapping[str, float]
    characters: Mapping[str, float]
    vector: Vector
    plain: Vector
    term_vectors: Vector | None = None

    @property
    def terms(self) -> dict[str, float]:
        """All words to look for, with their weights."""
        return {**self.added, **self.own}


class Found(NamedTuple):
    """Thread ids, best first, with their scores."""

    ids: Ids
    scores: Scores

    @classmethod
    def nothing(cls) -> Found:
        """No thread at all."""
        return cls(np.empty(0, np.int64), np.empty(0, np.float32))


class Allowed(NamedTuple):
    """The threads that may be returned: whether each id may, how many of the `total` do."""

    mask: NDArray[np.bool_]
    many: int
    total: int

    @property
    def ids(self) -> Ids:
        """Their ids, ascending."""
        return np.flatnonzero(self.mask)

    def has(self, ids: Ids) -> NDArray[np.bool_]:
        """Which of these ids, all of indexed threads, are among them."""
        return self.mask[ids]
