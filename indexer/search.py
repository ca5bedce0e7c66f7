"""Similar threads: one question through words, vector, retrieval, ranking and the corpus.

The index in memory follows the corpus by itself: every search compares positions first, and adds, edits and deletions
show in the next one. What is shown is read from the corpus, so that a thread deleted, reopened or moved out of sight
never shows even where an index lags.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import numpy as np

from indexer.corpus import Corpus, Database
from indexer.encoders import Encoder
from indexer.model import Channel, Hit, Query, Thread
from indexer.municipalities import Municipalities
from indexer.ranking import FEATURES, Confidence, Evidence, fused, measure
from indexer.resolution import ResolutionRules
from indexer.retrievers import Card, Entry, Found, Gate, Ids, Probe, Scores, ThreadIndex, fits
from indexer.snapshot import Manifest, Snapshots
from indexer.text import Words, text_of, text_version, words

BATCH = 500  # threads read, cut and encoded at a time: some 20 MB
DEPTH = 50  # candidates asked of each retriever; on a municipal FAQ 30 did as well, 200 were .001 nDCG@10 better
LONGEST_QUERY = 64  # distinct words, the rarest ones of a longer text
PATIENCE_SECONDS = 2.0  # how long a search waits for another thread that is bringing the index up to date
REMEMBERED = 5_000  # threads kept as the corpus last had them, some 25 MB

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Parts:
    """What every search of one installation shares."""

    database: Database
    rules: ResolutionRules
    municipalities: Municipalities
    confidence: Confidence
    snapshots: Snapshots


class Remembered:
    """Threads as the corpus last had them: reading five back takes more time than finding them.

    Entries are kept only by readers that saw the newest position known, and dropped as soon as a thread changes.
    """

    def __init__(self) -> None:
        self._threads: dict[int, Thread] = {}
        self._newest = 0
        self._lock = threading.Lock()

    def get(self, thread_ids: Sequence[int]) -> dict[int, Thread]:
        """Those of these threads that are known."""
        with self._lock:
            return {number: thread for number in thread_ids if (thread := self._threads.get(number)) is not None}

    def keep(self, threads: Sequence[Thread], position: int) -> None:
        """Keep threads as they were at `position`."""
        with self._lock:
            if position != self._newest:
                return
            self._threads.update((thread.id, thread) for thread in threads)
            while len(self._threads) > REMEMBERED:
                del self._threads[next(iter(self._threads))]

    def forget(self, thread_ids: Sequence[int], position: int) -> None:
        """Drop threads that changed at `position` or before."""
        with self._lock:
            self._newest = max(position, self._newest)
            for thread_id in thread_ids:
                self._threads.pop(thread_id, None)


class Search:
    """Finds the threads that help with a question. Safe to call from any thread."""

    def __init__(self, parts: Parts, encoder: Encoder, index: ThreadIndex, position: int = 0) -> None:
        self.encoder = encoder
        self._database = parts.database
        self._rules = parts.rules
        self._municipalities = parts.municipalities
        self._confidence = parts.confidence
        self._snapshots = parts.snapshots
        self._saved_position = position
        self._index = index
        self._position = position
        self._channels: dict[tuple[str, str], Channel] | None = None
        self._remembered = Remembered()
        self._gate = Gate()
        self._catching = threading.Lock()

    def __len__(self) -> int:
        return len(self._index)

    @property
    def position(self) -> int:
        """How far into the corpus's changes the index has come."""
        return self._position

    def similar(self, query: Query) -> list[Hit]:
        """The threads most like the query's text, best first, at most `query.k`."""
        asked = words(query.text)
        if not asked.terms or query.k <= 0:
            return []
        vector = self.encoder.encode_queries([query.text])[0]
        with self._database.read() as connection:
            corpus = Corpus(connection, self._rules)
            position = corpus.position()
            self._follow(corpus, position, PATIENCE_SECONDS)
            with self._gate.reading():
                ids, features = self._ranked(query, asked, vector)
            return self._shown(corpus, position, query, ids, features)

    def catch_up(self, progress: Progress | None = None) -> int:
        """Bring the index to the corpus; how many threads had changed."""
        with self._database.read() as connection:
            corpus = Corpus(connection, self._rules)
            return self._follow(corpus, corpus.position(), -1, progress)

    def save(self) -> bool:
        """Write the index as the snapshot in use. False where the one there is no older."""
        with self._catching:
            if self._saved_position == self._position and self._snapshots.current() is not None:
                return False
            made_of = self.encoder.fingerprint, text_version()
            manifest = Manifest(*made_of, self._position, len(self._index), datetime.now(UTC))
            with self._snapshots.writing(manifest) as folder:
                self._index.save(folder)
            self._saved_position = self._position
        return True

    # Following the corpus

    def _follow(self, corpus: Corpus, position: int, patience: float, progress: Progress | None = None) -> int:
        if position <= self._position and self._channels is not None:
            return 0
        if not self._catching.acquire(timeout=patience):
            return 0  # another thread is at it; what it has not reached yet is checked against the corpus anyway
        try:
            changed = [change.thread_id for change in corpus.changed_since(self._position)]
            self._remembered.forget(changed, position)
            for start in range(0, len(changed), BATCH):
                self._take_in(corpus, changed[start : start + BATCH])
                if progress is not None:
                    progress(min(start + BATCH, len(changed)), len(changed))
            self._channels = {(channel.workspace_id, channel.id): channel for channel in corpus.channels()}
            self._position = max(position, self._position)
        finally:
            self._catching.release()
        return len(changed)

    def _take_in(self, corpus: Corpus, thread_ids: Sequence[int]) -> None:
        threads = [thread for thread in corpus.threads(thread_ids) if thread.root.by_person]
        entries, cards = self._entries(threads), self._cards(corpus, threads)
        gone = set(thread_ids) - {entry.thread_id for entry in entries}
        with self._gate.writing():
            self._index.remove(gone)
            self._index.put(entries, cards)

    def _entries(self, threads: Sequence[Thread]) -> list[Entry]:
        texts = [text_of(thread) for thread in threads]
        questions = self.encoder.encode_passages([text.question for text in texts])
        answers = self.encoder.encode_passages([text.answer for text in texts])
        return [
            Entry(
                thread.id,
                words(text.question),
                words(text.answer),
                words(text.rest),
                question,
                answer if answer.any() else None,
            )
            for thread, text, question, answer in zip(threads, texts, questions, answers, strict=True)
        ]

    def _cards(self, corpus: Corpus, threads: Sequence[Thread]) -> list[Card]:
        askers: dict[str, set[str]] = {}
        for thread in threads:
            askers.setdefault(thread.ref.workspace_id, set()).add(thread.root.author_id)
        place = {
            (member.workspace_id, member.id): member.municipality
            for workspace_id, ids in askers.items()
            for member in corpus.members(workspace_id, sorted(ids))
        }
        return [Card.of(thread, place.get((thread.ref.workspace_id, thread.root.author_id))) for thread in threads]

    # Answering

    def _ranked(self, query: Query, asked: Words, vector: Scores) -> tuple[Ids, Scores]:
        """The candidates' ids, best first, and their features."""
        index = self._index
        allowed = index.catalogue.allowed(query, self._channels or {}, self._of_population)
        depth = max(DEPTH, query.k)
        among = None if len(allowed.ids) == allowed.total else allowed
        if not len(allowed.ids):
            return np.empty(0, np.int64), np.empty((0, len(FEATURES)), np.float32)
        terms = index.terms.rarest(Counter(asked.terms), LONGEST_QUERY)
        characters = Counter(asked.characters)
        probe = Probe(terms, dict(characters.most_common(LONGEST_QUERY)), vector)
        lexical = index.lexical.search(probe, depth, among)
        dense = index.dense.search(probe, depth, among)
        ids = np.union1d(lexical.ids, dense.ids)
        evidence = self._evidence(asked, probe, lexical, ids)
        score = fused(evidence.lexical, evidence.dense)
        order = np.argsort(-score, kind="stable")[:depth]
        return ids[order], measure(evidence)[order]

    def _evidence(self, asked: Words, probe: Probe, lexical: Found, ids: Ids) -> Evidence:
        index = self._index
        coverage = index.terms.coverage(asked.terms, ids)
        dense, question = index.dense.cosines(probe, ids)
        return Evidence(
            _completed(ids, lexical, coverage.question + coverage.whole),
            dense,
            question,
            coverage.question,
            coverage.whole,
            coverage.told,
            len(asked.terms),
            float(index.terms.idf(asked.terms).sum()),
        )

    def _shown(self, corpus: Corpus, position: int, query: Query, ids: Ids, features: Scores) -> list[Hit]:
        """The first `k` candidates that the corpus, at `position`, confirms."""
        # A lower hit is never trusted more than a higher one.
        confidence: Scores = np.minimum.accumulate(self._confidence.of(features))
        hits: list[Hit] = []
        start = 0
        while len(hits) < query.k and start < len(ids):
            stop = min(start + query.k - len(hits), len(ids))
            threads = self._threads(corpus, position, ids[start:stop].tolist())
            for place in range(start, stop):
                thread = threads.get(int(ids[place]))
                if thread is not None and fits(thread, query):
                    evidence = dict(zip(FEATURES, features[place].tolist(), strict=True))
                    hits.append(Hit(thread, float(confidence[place]), evidence))
            start = stop
        return hits

    def _threads(self, corpus: Corpus, position: int, ids: Sequence[int]) -> dict[int, Thread]:
        """These threads as the corpus has them, from memory where nothing can have changed since."""
        known = self._remembered.get(ids) if position <= self._position else {}
        read = corpus.threads(thread_id for thread_id in ids if thread_id not in known)
        self._remembered.keep(read, position)
        channels = self._channels or {}
        for number, thread in known.items():
            channel = channels.get((thread.channel.workspace_id, thread.channel.id))
            if channel is not None and channel != thread.channel:
                known[number] = replace(thread, channel=channel)
        return known | {thread.id: thread for thread in read}

    def _of_population(self, bounds: tuple[int, int]) -> frozenset[int]:
        low, high = bounds
        return frozenset(int(row.code) for row in self._municipalities if low <= row.population <= high)


def _completed(ids: Ids, lexical: Found, coverage: Scores) -> Scores:
    """A lexical score for every candidate.

    Those that only the dense retriever brought lie below the last one found; their score is read off their coverage,
    at the rate of the others, rather than asked of tantivy in a second search (as long as the first).
    """
    scores = np.zeros(len(ids), np.float32)
    if not len(lexical.ids):
        return scores
    places = np.searchsorted(ids, lexical.ids)
    rate = lexical.scores.sum() / max(float(coverage[places].sum()), 1e-6)
    scores[:] = np.minimum(coverage * rate, lexical.scores[-1])
    scores[places] = lexical.scores
    return scores
