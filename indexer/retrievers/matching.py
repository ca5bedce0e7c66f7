"""How much of a query many texts meet: words in common, and words near to each other by their vectors.

Everything here is one array over all texts, each a stretch of `Joined.words`; a plain reading of the same stands in
`tests/unit/test_matching.py`. Another table of word vectors is another call of `soft`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexer.retrievers.base import Scores, Vector
from indexer.retrievers.texts import Joined, Numbers

Table = NDArray[np.float16] | NDArray[np.float32]  # a word's vector at its number


@dataclass(frozen=True, slots=True)
class AskedWords:
    """A query's words: `own` first, then those added to it; `weights` and `asked` have a column for each reading.

    The first reading knows the words asked, the second (`…_wide`) the added ones too. `places`: for each number of the
    vocabulary, 1 + the place of the word here, or 0.
    """

    own: int
    numbers: Numbers
    weights: Scores
    asked: Scores
    places: Numbers

    @classmethod
    def of(cls, own: Numbers, added: Numbers, weights: Scores, size: int) -> AskedWords:
        """From their numbers, all below `size`, and weights in the same order."""
        numbers = np.concatenate([own, added])
        asked = np.ones((len(numbers), 2), np.float32)
        asked[len(own) :, 0] = 0
        places = np.zeros(size, np.int32)
        places[numbers] = np.arange(1, len(numbers) + 1)
        return cls(len(own), numbers, asked * weights[:, None], asked, places)

    def present(self, text: Joined) -> Scores:
        """A row for each text: 1 where it has the word, else 0."""
        places = self.places[text.words]
        met = np.flatnonzero(places)
        found = np.zeros((len(text.lengths), len(self.numbers)), np.float32)
        found[np.searchsorted(np.cumsum(text.lengths), met, side="right"), places[met] - 1] = 1
        return found


class Soft(NamedTuple):
    """For each text: the query's words, and its own, each counting by the cosine of the nearest on the other side."""

    cover: Scores
    told: Scores


def share(present: Scores, values: Scores) -> Scores:
    """What each text has of the query's values, for every reading: a row a reading."""
    found: Scores = (present @ values / np.maximum(values.sum(axis=0), np.float32(1e-6))).T
    return found


def soft(asked: tuple[Vector, Scores], text: Joined, known: tuple[Table, Scores]) -> Soft:
    """`asked`: vectors of the query's words and what each weighs; `known`: the same of the whole vocabulary."""
    cover, told = np.zeros(len(text.lengths), np.float32), np.zeros(len(text.lengths), np.float32)
    vectors, weights = asked
    table, rarity = known
    if not len(text.words) or not len(weights) or not table.shape[1]:
        return Soft(cover, told)
    words, places = distinct(text.words, len(rarity))
    near = vectors @ table[words].astype(np.float32).T  # a row for each of the query's words
    filled = np.flatnonzero(text.lengths)
    starts = (np.cumsum(text.lengths) - text.lengths)[filled]
    nearest = np.clip(np.maximum.reduceat(near.take(places, axis=1), starts, axis=1), 0, 1)
    cover[filled] = weights @ nearest / max(float(weights.sum()), 1e-6)
    own = rarity[text.words]
    met = np.clip(near.max(axis=0), 0, 1)[places]
    told[filled] = np.add.reduceat(met * own, starts) / np.add.reduceat(own, starts)
    return Soft(cover, told)


def sums(text: Joined, values: Scores) -> Scores:
    """The sum of each text's words' values."""
    ends = np.cumsum(text.lengths)
    running = np.concatenate([[0.0], np.cumsum(values[text.words], dtype=np.float64)])
    found: Scores = (running[ends] - running[ends - text.lengths]).astype(np.float32)
    return found


def distinct(words: Numbers, size: int) -> tuple[Numbers, Numbers]:
    """The different words, ascending, and the place of each word among them; `size`: more than any of them.

    As `np.unique` with its inverse, without sorting: a tenth of the time for some thousand words.
    """
    seen = np.zeros(size, np.bool_)
    seen[words] = True
    found = np.flatnonzero(seen).astype(np.int32)
    places = np.empty(size, np.int32)
    places[found] = np.arange(len(found), dtype=np.int32)
    return found, places[words]
