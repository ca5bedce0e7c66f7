"""What words mean in everyday Japanese: 176,000 words with a vector each, for matter that a community never put so.

A community of some hundred threads cannot teach that 「名字」 is near 「氏名」. These vectors were learnt by others
from ten billion words of the web (chiVe, cut down to 20,000 vectors by GiNZA's `ja_ginza`); they ship as one file of
5 MB, so that nothing is downloaded. `data/words/README.md` tells source, licence and how the file is made.

Words are looked up by a hash of their spelling, since the spellings would take five times the memory of the rest.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache, partial
from hashlib import blake2b
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from indexer.config import SHIPPED

FILE = SHIPPED / "words" / "meanings.npz"
UNKNOWN = -1
REMEMBERED = 20_000  # words whose row is: the same few thousand come again and again

Rows = NDArray[np.int32]
Vectors = NDArray[np.float32]


class Meanings:
    """A vector of length one for each word of `indexer.text` that is known.

    `keys`: ascending hashes, (words,); `rows`: a row of `table` for each, (words,); `table`: (rows, dimension).
    """

    def __init__(self, keys: NDArray[np.uint64], rows: Rows, table: NDArray[np.int8]) -> None:
        self._keys = keys
        self._row = lru_cache(REMEMBERED)(partial(_row_of, keys, rows))
        whole = table.astype(np.float32)
        self.table: Vectors = whole / np.linalg.norm(whole, axis=1, keepdims=True)
        self.dimension = int(table.shape[1])

    @classmethod
    def load(cls, path: Path = FILE) -> Meanings:
        """Read the file."""
        with np.load(path) as saved:
            return cls(saved["keys"], saved["rows"].astype(np.int32), saved["table"])

    def __len__(self) -> int:
        return len(self._keys)

    def rows(self, terms: Sequence[str]) -> Rows:
        """The row of `table` of each term, UNKNOWN where there is none."""
        return np.fromiter(map(self._row, terms), np.int32, len(terms))


def _row_of(keys: NDArray[np.uint64], rows: Rows, term: str) -> int:
    key = np.uint64(hashed(term))
    place = int(np.searchsorted(keys, key))
    return int(rows[place]) if place < len(keys) and keys[place] == key else UNKNOWN


def hashed(term: str) -> int:
    """The key of a word: 64 bits, so that two of 176,000 words share one with a chance of 1 in a billion."""
    return int.from_bytes(blake2b(term.encode(), digest_size=8).digest(), "little")


@cache
def shipped_meanings() -> Meanings:
    """The meanings that ship with the code."""
    return Meanings.load()
