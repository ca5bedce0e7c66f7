"""Makes `data/words/meanings.npz` from the word vectors in the wheel of `ja_ginza`.

`pip download --no-deps ja-ginza==5.3.0 && python -m indexer.text.meanings_fit ja_ginza-5.3.0-py3-none-any.whl`

The wheel holds 480,443 spellings that share 20,000 vectors of 300 numbers. Kept are spellings that Sudachi's dictionary
has as one word with a matter of its own, each under the term that `indexer.text` gives it (words of one synonym group
share the mean of their vectors), and of the 300 numbers the 128 main directions: on a municipal FAQ and on the sample
community 192 and 300 ranked no better.
"""

from __future__ import annotations

import io
import json
import sys
import zipfile
from pathlib import Path

import msgpack
import numpy as np

from indexer.text.meanings import FILE, Vectors, hashed
from indexer.text.tokens import entry_of

DIMENSION = 128
LONGEST = 20  # characters of a spelling; what is longer is a sentence or a slip
LAST = 1_000_000  # a place behind all others
SEED = 1  # with which spaCy names spellings


def fit(wheel: Path, into: Path = FILE) -> int:
    """Write the words of `wheel`, a released `ja_ginza`; how many there are."""
    spellings, vectors = _read(wheel)
    by_term: dict[str, list[int]] = {}
    for spelling, row in spellings.items():
        term = entry_of(spelling) if len(spelling) <= LONGEST else None
        if term is not None:
            # The spelling that is the term itself speaks for it before its variants do.
            by_term.setdefault(term, []).insert(0 if spelling == term else LAST, row)
    main = np.linalg.svd(_of_length_one(vectors), full_matrices=False)[2][:DIMENSION]
    small = _of_length_one(_of_length_one(vectors) @ main.T)
    table, rows = list(small), {}
    for term, found in by_term.items():
        if not term.startswith("#"):
            rows[term] = found[0]
        else:
            rows[term] = len(table)
            table.append(small[found].mean(axis=0))
    _write(into, rows, _of_length_one(np.stack(table)))
    return len(rows)


def _of_length_one(vectors: Vectors) -> Vectors:
    divided: Vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    return divided


def _write(into: Path, rows: dict[str, int], table: Vectors) -> None:
    keys = np.array([hashed(term) for term in rows], np.uint64)
    order = np.argsort(keys)
    used, places = np.unique(np.fromiter(rows.values(), np.int64, len(rows))[order], return_inverse=True)
    scaled = table[used] / np.abs(table[used]).max(axis=1, keepdims=True)
    into.parent.mkdir(parents=True, exist_ok=True)
    np.savez_compressed(
        into, keys=keys[order], rows=places.astype(np.uint16), table=np.round(scaled * 127).astype(np.int8)
    )


def _read(wheel: Path) -> tuple[dict[str, int], Vectors]:
    """Each spelling's row, and the rows."""
    with zipfile.ZipFile(wheel) as archive:
        folder = next(name for name in archive.namelist() if name.endswith("/vocab/vectors")).removesuffix("vectors")
        vectors = np.load(io.BytesIO(archive.read(folder + "vectors")))
        numbered = msgpack.unpackb(archive.read(folder + "key2row"), strict_map_key=False)
        spellings = json.loads(archive.read(folder + "strings.json"))
    rows = {spelling: numbered.get(_named(spelling.encode())) for spelling in spellings}
    return {spelling: row for spelling, row in rows.items() if row is not None}, vectors


def _named(data: bytes) -> int:
    """MurmurHash64A, by which spaCy names a spelling (Austin Appleby's MurmurHash2, in the public domain)."""
    factor, whole = 0xC6A4A7935BD1E995, (1 << 64) - 1
    found = SEED ^ (len(data) * factor & whole)
    for start in range(0, len(data) // 8 * 8, 8):
        part = int.from_bytes(data[start : start + 8], "little") * factor & whole
        found = (found ^ ((part ^ part >> 47) * factor & whole)) * factor & whole
    if rest := data[len(data) // 8 * 8 :]:
        found = (found ^ int.from_bytes(rest, "little")) * factor & whole
    found = (found ^ found >> 47) * factor & whole
    return found ^ found >> 47


if __name__ == "__main__":
    print(fit(Path(sys.argv[1])))  # noqa: T201  the one line this tool has to say
