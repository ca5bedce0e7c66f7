"""The lexical retriever: BM25 by tantivy over the words of each field, scored apart and summed with weights.

Fields hold words joined by blanks, and queries are built from terms, never parsed: no query syntax can be smuggled in.
An opened index is a working copy whose segment files are hard links, so that a snapshot stays as it was saved while
this process changes its copy, and several processes can serve the same snapshot.
"""

from __future__ import annotations

import contextlib
import math
import os
import shutil
import threading
import time
import uuid
import weakref
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import tantivy

from indexer.retrievers.base import Allowed, Entry, Found, Probe

FOLDER = "lexical"
WORKING = "working"
# Question and body (accepted answer and other replies) counted alike: on a municipal FAQ nDCG@10 .526, .49 by either
# alone. Without the other replies the sample community's questions found their thread at MRR .61, with them at .65;
# answer and replies as fields of their own did no better (.65) and cost a third more.
# A kanji in common counts a fifth of a word: .539 against .532 without, .53 at a half.
WORD_FIELDS = {"question": 1.0, "body": 1.0}
CHARACTER_FIELDS = {"characters": 0.2}
# How many postings a search may read, words and characters apart, at some 20 ns each: the rarest terms go first, so
# that what stands in every other thread is left out before a search over 100,000 threads takes long. A few words always
# go; a kanji that is in 20,000 threads tells nothing.
WORDS, CHARACTERS = (40_000, 3), (20_000, 0)  # postings at most, and how many terms go whatever they have
# A filtered search asks for this many times what an even spread of allowed threads would need, then filters.
SLACK = 2
# When so few threads are allowed, naming them in the query is cheaper than looking past all others.
FEW = 500
REMEMBERED = 20_000  # terms
YOUNG_SECONDS = 60  # a working copy may still be in the making
WRITER_BYTES = 150_000_000  # held at most while much is put in: room for some 50,000 threads in one piece
DELETED_AT_ONCE = 1_000


class TantivyLexical:
    """Threads by the words in common with a query. `folder`: where the working copy lives; None: in memory."""

    def __init__(self, folder: Path | None = None) -> None:
        self._schema = _schema()
        self._folder = folder
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
        self._index = tantivy.Index(self._schema, path=str(folder) if folder else None)
        self._index.config_reader("manual", 0)
        self._writer: Any = self._index.writer(WRITER_BYTES, 1)
        self._unseen = False  # whether anything was put or removed since the searcher was opened
        self._showing = threading.Lock()
        self._refresh()
        # The same few thousand words come again and again; making one's query takes longer than looking it up.
        self._term = lru_cache(REMEMBERED)(partial(_term_query, self._schema))
        if folder is not None:
            weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)

    @classmethod
    def load(cls, saved: Path, working: Path) -> TantivyLexical:
        """Open a working copy of what `save` wrote, below the folder `working`."""
        _clear(working)
        copy = working / uuid.uuid4().hex
        copy.mkdir(parents=True)
        for file in (saved / FOLDER).iterdir():
            _link(file, copy / file.name)
        return cls(copy)

    @classmethod
    def new(cls, working: Path) -> TantivyLexical:
        """An empty index, below the folder `working`."""
        _clear(working)
        return cls(working / uuid.uuid4().hex)

    def __len__(self) -> int:
        self._show()
        return int(self._searcher.num_docs)

    def save(self, folder: Path) -> None:
        """Write the index as it stands; `folder` must be on disk like the working copy."""
        assert self._folder is not None
        self._show()
        self._writer.wait_merging_threads()  # which ends the writer; until then files come and go
        self._writer = self._index.writer(WRITER_BYTES, 1)
        (folder / FOLDER).mkdir()
        for file in self._folder.iterdir():
            if not file.name.endswith(".lock"):
                _link(file, folder / FOLDER / file.name)

    def put(self, entries: Iterable[Entry]) -> None:
        """Add threads, replacing those known already."""
        given = {entry.thread_id: entry for entry in entries}
        if not given:
            return
        self._delete(list(given))
        for entry in given.values():
            self._writer.add_document(_document(entry))
        self._unseen = True

    def remove(self, thread_ids: Iterable[int]) -> None:
        """Forget threads."""
        ids = list(thread_ids)
        if ids:
            self._delete(ids)
            self._unseen = True

    def search(self, probe: Probe, depth: int, allowed: Allowed | None = None) -> Found:
        """The threads with the highest BM25 over all fields."""
        self._show()
        clauses = [
            *self._clauses(probe.terms, WORD_FIELDS, WORDS),
            *self._clauses(probe.characters, CHARACTER_FIELDS, CHARACTERS),
        ]
        if not clauses or not len(self) or (allowed is not None and not allowed.many):
            return Found.nothing()
        query = tantivy.Query.boolean_query(clauses)
        if allowed is None:
            return self._run(query, depth)
        if allowed.many <= FEW:
            among = tantivy.Query.term_set_query(self._schema, "id", allowed.ids.tolist())
            among = tantivy.Query.const_score_query(among, 0.0)
            query = tantivy.Query.boolean_query([(tantivy.Occur.Must, among), (tantivy.Occur.Must, query)])
            return self._run(query, depth)
        found = self._run(query, math.ceil(depth * SLACK * allowed.total / allowed.many))
        kept = allowed.has(found.ids)
        return Found(found.ids[kept][:depth], found.scores[kept][:depth])

    def _run(self, query: Any, limit: int) -> Found:
        hits = self._searcher.search(query, max(limit, 1), count=False).hits
        if not hits:
            return Found.nothing()
        ids = self._searcher.fast_field_values("id", [address for _, address in hits])
        return Found(np.array(ids, np.int64), np.array([score for score, _ in hits], np.float32))

    def _clauses(
        self, weights: Mapping[str, float], fields: Mapping[str, float], bounds: tuple[int, int]
    ) -> list[tuple[Any, Any]]:
        should = tantivy.Occur.Should
        return [
            (should, self._term(field, term, weight * field_weight))
            for term, weight in self._affordable(weights, fields, bounds)
            for field, field_weight in fields.items()
        ]

    def _affordable(
        self, weights: Mapping[str, float], fields: Iterable[str], bounds: tuple[int, int]
    ) -> Iterator[tuple[str, float]]:
        """The rarest terms that any thread has, as many as can be read in time."""
        named, (most_postings, fewest) = tuple(fields), bounds
        postings = {term: found for term in weights if (found := self._postings(named, term))}
        read = 0
        for place, term in enumerate(sorted(postings, key=postings.__getitem__)):
            read += postings[term]
            if read > most_postings and place >= fewest:
                return
            yield term, weights[term]

    def _delete(self, ids: list[int]) -> None:
        # By query: `delete_documents_by_term` of tantivy 0.27 finds no unsigned value.
        for start in range(0, len(ids), DELETED_AT_ONCE):
            batch = ids[start : start + DELETED_AT_ONCE]
            self._writer.delete_documents_by_query(tantivy.Query.term_set_query(self._schema, "id", batch))

    def _show(self) -> None:
        """Let what was put and removed be seen; once for many batches, so that they make few pieces to search."""
        if not self._unseen:
            return
        with self._showing:
            if self._unseen:
                self._writer.commit()
                self._refresh()
                self._unseen = False

    def _refresh(self) -> None:
        """See the index as it is now."""
        self._index.reload()
        self._searcher = self._index.searcher()
        self._postings = lru_cache(REMEMBERED)(partial(_postings, self._searcher))


def _term_query(schema: Any, field: str, term: str, weight: float) -> Any:
    return tantivy.Query.boost_query(tantivy.Query.term_query(schema, field, term, "freq"), weight)


def _postings(searcher: Any, fields: tuple[str, ...], term: str) -> int:
    return sum(searcher.doc_freq(field, term) for field in fields)


def _schema() -> Any:
    builder = tantivy.SchemaBuilder()
    builder.add_unsigned_field("id", indexed=True, fast=True)
    for field in (*WORD_FIELDS, *CHARACTER_FIELDS):
        builder.add_text_field(field, tokenizer_name="whitespace", index_option="freq")
    return builder.build()


def _document(entry: Entry) -> Any:
    document = tantivy.Document(
        question=" ".join(entry.question.terms),
        body=" ".join((*entry.answer.terms, *entry.rest.terms)),
        characters=" ".join((*entry.question.characters, *entry.answer.characters)),
    )
    document.add_unsigned("id", entry.thread_id)
    return document


def _link(file: Path, to: Path) -> None:
    """A second name for a file that is never changed in place; a copy where the file system knows no links."""
    if file.suffix == ".json":  # meta.json and .managed.json are replaced, not changed, but are small anyway
        shutil.copyfile(file, to)
        return
    try:
        os.link(file, to)
    except OSError:
        shutil.copyfile(file, to)


def _clear(working: Path) -> None:
    """Remove the working copies of processes that ended without doing so; tantivy's lock tells who still lives."""
    if not working.is_dir():
        return
    for copy in working.iterdir():
        with contextlib.suppress(OSError):
            if time.time() - copy.stat().st_mtime > YOUNG_SECONDS and not _in_use(copy):
                shutil.rmtree(copy, ignore_errors=True)


def _in_use(copy: Path) -> bool:
    try:
        index = tantivy.Index.open(str(copy))
    except ValueError:
        return False  # broken: whoever made it is gone
    try:
        index.writer(WRITER_BYTES, 1)
    except ValueError:
        return True
    return False
