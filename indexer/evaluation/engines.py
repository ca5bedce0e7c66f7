"""Libraries that one might take instead of this search, each used as its own documentation shows.

All are given the same: words cut by Sudachi and joined by blanks, and a vector from the community encoder. None is
needed to run Kyoso: `pip install 'kyoso[bench]'`.
"""

from __future__ import annotations

import asyncio
import importlib.util
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import tantivy

from indexer.encoders import Vectors

# LanceDB was quicker with a vector index at every size, and as good where it keeps vectors whole; it needs this many.
FEWEST_INDEXED = 256
LARGE = 50_000  # from here on its default, compressed, was quicker; on the FAQ that finds now more, now less
LONGEST_TOKEN = 64  # indexer.text cuts words at this length


@dataclass(frozen=True, slots=True)
class Given:
    """Documents: words joined by blanks, and vectors of length one; `folder`: where files may be written."""

    texts: Sequence[str]
    vectors: Vectors
    folder: Path


@dataclass(frozen=True, slots=True)
class Asked:
    """A question: words joined by blanks, and its vector."""

    text: str
    vector: Vectors


class Engine(Protocol):
    """Searches documents by their place in the list that was given."""

    def build(self, given: Given) -> None:
        """Index what is given."""

    def search(self, asked: Asked, k: int) -> list[int]:
        """The places of the best documents, best first."""


class LanceHybrid:
    """LanceDB by its asynchronous client: full-text and vector search, fused by reciprocal rank fusion, its default.

    Its synchronous client starts threads for every search, which took about twice as long.
    """

    def build(self, given: Given) -> None:
        """A table with a full-text index and a vector index."""
        os.environ.setdefault("LANCEDB_LOG", "error")  # it warns at every search of columns it adds by itself
        self._runner = asyncio.Runner()
        self._table: Any = self._runner.run(self._made(given))

    async def _made(self, given: Given) -> object:
        import lancedb
        import pyarrow as pa
        from lancedb.index import FTS, IvfFlat, IvfPq

        flat = pa.array(given.vectors.astype(np.float32).ravel())
        rows = {
            "id": pa.array(range(len(given.texts)), pa.int64()),
            "text": pa.array(list(given.texts)),
            "vector": pa.FixedSizeListArray.from_arrays(flat, given.vectors.shape[1]),
        }
        database = await lancedb.connect_async(str(given.folder))
        table: Any = await database.create_table("documents", pa.table(rows))
        as_given = FTS(
            base_tokenizer="whitespace",
            max_token_length=4 * LONGEST_TOKEN,
            lower_case=False,
            stem=False,
            remove_stop_words=False,
            ascii_folding=False,
        )
        await table.create_index("text", config=as_given)
        if len(given.texts) >= FEWEST_INDEXED:
            kind = IvfFlat if len(given.texts) < LARGE else IvfPq
            await table.create_index("vector", config=kind(distance_type="dot"))
        return table

    def search(self, asked: Asked, k: int) -> list[int]:
        """Hybrid search."""
        return self._runner.run(self._found(asked, k))

    async def _found(self, asked: Asked, k: int) -> list[int]:
        near: Any = self._table.query().nearest_to(asked.vector).distance_type("dot")
        found = await near.nearest_to_text(asked.text, columns="text").limit(k).select(["id"]).to_arrow()
        return [int(place) for place in found["id"].to_pylist()]


class TxtaiHybrid:
    """txtai: BM25 with normalised scores and FAISS, half and half."""

    def build(self, given: Given) -> None:
        """An embeddings database whose vectors are given from outside; nothing is written."""
        from txtai import Embeddings

        self._vectors: dict[str, Vectors] = dict(zip(given.texts, given.vectors, strict=True))
        known = self._vectors

        def transform(texts: Sequence[str]) -> Vectors:
            return np.stack([known[text] for text in texts])

        words = {"regexp": r"\S+", "lowercase": False}
        scoring = {"method": "bm25", "terms": True, "normalize": True, "tokenizer": words}
        self._embeddings: Any = Embeddings(method="external", transform=transform, scoring=scoring, hybrid=True)
        self._embeddings.index([(place, text, None) for place, text in enumerate(given.texts)])

    def search(self, asked: Asked, k: int) -> list[int]:
        """Hybrid search with equal weights."""
        self._vectors[asked.text] = asked.vector
        return [int(place) for place, _ in self._embeddings.search(asked.text, k)]


class Bm25s:
    """bm25s: eager sparse scoring, by words alone."""

    def build(self, given: Given) -> None:
        """Scores of every word in every document, in memory."""
        import bm25s

        self._words: Any = bm25s.BM25(backend="auto")  # numba where it is installed, three times as quick
        self._words.index([text.split() for text in given.texts], show_progress=False)

    def search(self, asked: Asked, k: int) -> list[int]:
        """BM25."""
        found, scores = self._words.retrieve([asked.text.split()], k=k, show_progress=False)
        return [int(place) for place, score in zip(found[0], scores[0], strict=True) if score > 0]


class Tantivy:
    """tantivy: BM25 by words alone, one field, as its tutorial has it."""

    def build(self, given: Given) -> None:
        """An index on disk."""
        builder = tantivy.SchemaBuilder()
        builder.add_unsigned_field("id", stored=True)
        builder.add_text_field("text", tokenizer_name="whitespace", index_option="freq")
        self._schema: Any = builder.build()
        given.folder.mkdir(parents=True, exist_ok=True)
        index: Any = tantivy.Index(self._schema, path=str(given.folder))
        writer = index.writer()
        for place, text in enumerate(given.texts):
            document = tantivy.Document(text=text)
            document.add_unsigned("id", place)
            writer.add_document(document)
        writer.commit()
        writer.wait_merging_threads()
        index.reload()
        self._searcher: Any = index.searcher()

    def search(self, asked: Asked, k: int) -> list[int]:
        """BM25."""
        terms = [tantivy.Query.term_query(self._schema, "text", word, "freq") for word in asked.text.split()]
        query = tantivy.Query.boolean_query([(tantivy.Occur.Should, term) for term in terms])
        hits = self._searcher.search(query, k).hits
        return [int(self._searcher.doc(address)["id"][0]) for _, address in hits]


# Name, what it is made by, and the module that must be installed.
ENGINES: Mapping[str, tuple[type[Engine], str]] = {
    "LanceDB hybrid": (LanceHybrid, "lancedb"),
    "txtai hybrid": (TxtaiHybrid, "txtai"),
    "bm25s": (Bm25s, "bm25s"),
    "tantivy (BM25)": (Tantivy, "tantivy"),
}


def installed(name: str) -> bool:
    """Whether an engine can be measured here."""
    return importlib.util.find_spec(ENGINES[name][1]) is not None
