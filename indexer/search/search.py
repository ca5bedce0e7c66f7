"""Similar threads: one question through words, vector, retrieval, ranking and the corpus.

The index in memory follows the corpus by itself: every search compares positions first, and adds, edits and deletions
show in the next one. What is shown is read from the corpus, so that a thread deleted, reopened or moved out of sight
never shows even where an index lags.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import numpy as np

from indexer.corpus import Corpus, Database
from indexer.encoders import Encoder
from indexer.model import Hit, Query, Thread
from indexer.municipalities import Municipalities
from indexer.ranking import FEATURES, NO_LABELS, SHIPPED_RANKER, Confidence, LabelledQuestions, Ranker, Units
from indexer.ranking.confidence import FEWEST, OwnQuestion
from indexer.ranking.learning import Case
from indexer.resolution import ResolutionRules
from indexer.retrievers import Ids, Scores, ThreadIndex, fits
from indexer.search.collapse import Shown
from indexer.search.following import Follower, Progress
from indexer.search.judging import DEPTH, Judge
from indexer.search.learnt import Learnt
from indexer.search.probing import Prober, Question, asked_of
from indexer.snapshot import Manifest, Snapshots
from indexer.text import text_version, words
from indexer.text.glossary import Glossary, shipped

PATIENCE_SECONDS = 2.0  # how long a search waits for another thread that is bringing the index up to date
UNITS_FILE = "units.json"
UNIT_QUESTIONS = 400  # of the community's own, asked with and without their thread, to learn what matches look like


@dataclass(frozen=True, slots=True)
class Parts:
    """What every search of one installation shares."""

    database: Database
    rules: ResolutionRules
    municipalities: Municipalities
    confidence: Confidence
    snapshots: Snapshots
    ranker: Ranker = SHIPPED_RANKER
    glossary: Glossary = field(default_factory=shipped)
    collapse: bool = True  # a question that was asked twice in the same words is shown once


class Search:
    """Finds the threads that help with a question. Safe to call from any thread."""

    def __init__(
        self, parts: Parts, encoder: Encoder, index: ThreadIndex, position: int = 0, units: Units | None = None
    ) -> None:
        self.encoder = encoder
        self._database = parts.database
        self._rules = parts.rules
        self._municipalities = parts.municipalities
        self._confidence = self._shipped = parts.confidence
        self._ranker = parts.ranker
        self._labels = NO_LABELS
        self._collapse = parts.collapse
        self._prober = Prober.of(encoder, parts.glossary)
        self.learnt: Learnt | None = None  # what labels made of ranking and confidence
        self._unsaved = False
        self._take(units)
        self._snapshots = parts.snapshots
        self._saved_position = position
        self._index = index
        self._judge = Judge(index, parts.municipalities)
        self._follower = Follower(index, self._prober, position)
        self.lap: Callable[[str], None] = _no_clock  # told the name of each stage of a search as it ends

    def __len__(self) -> int:
        return len(self._index)

    @property
    def position(self) -> int:
        """How far into the corpus's changes the index has come."""
        return self._follower.position

    def similar(self, query: Query) -> list[Hit]:
        """The threads most like the query's text, best first, at most `query.k`."""
        asked = words(query.text)
        if not asked.terms or query.k <= 0:
            return []
        self.lap("tokenise")
        question = self._prober.question(query.text, asked)
        self.lap("encode")
        with self._database.read() as connection:
            corpus = Corpus(connection, self._rules)
            position = corpus.position()
            self._follower.follow(corpus, position, PATIENCE_SECONDS)
            # Among open threads a question would be its own best match, and make every other look far behind.
            own = corpus.thread_id(query.exclude) if query.exclude is not None else None
            self.lap("follow")
            with self._follower.gate.reading():
                ids, rows = self._ranked(query, question, hidden=own)
            self.lap("rank")
            hits = self._shown(corpus, position, query, ids, rows)
        self.lap("read")
        return hits

    def catch_up(self, progress: Progress | None = None) -> int:
        """Bring the index to the corpus; how many threads had changed."""
        with self._database.read() as connection:
            corpus = Corpus(connection, self._rules)
            return self._follower.follow(corpus, corpus.position(), -1, progress)

    def save(self) -> bool:
        """Write the index as the snapshot in use. False where the one there is no older."""
        with self._follower.busy:
            unchanged = self._saved_position == self._follower.position and not self._unsaved
            if unchanged and self._snapshots.current() is not None:
                return False
            with self._follower.gate.writing():
                self._index.arrange()
            made_of = self.encoder.fingerprint, text_version()
            manifest = Manifest(*made_of, self._follower.position, len(self._index), datetime.now(UTC))
            with self._snapshots.writing(manifest) as folder:
                self._index.save(folder)
                if self._units is not None:
                    self._units.save(folder / UNITS_FILE)
                if self.learnt is not None:
                    self.learnt.save(folder, *made_of)
            self._saved_position, self._unsaved = self._follower.position, False
        return True

    def measure_units(self) -> Units | None:
        """What the community's own questions find, their own thread and others; None while there are few."""
        with self._database.read() as connection:
            corpus = Corpus(connection, self._rules)
            ids = self._index.catalogue.resolved()
            chosen = np.random.default_rng(0).permutation(ids)[:UNIT_QUESTIONS]
            if len(chosen) < FEWEST:
                return None
            asked = [self._asks_itself(thread) for thread in corpus.threads(sorted(chosen.tolist()))]
        found = [question for question in asked if question is not None]
        return Units.of(found) if len(found) >= FEWEST else None

    @property
    def confidence(self) -> Confidence:
        """The confidence in use."""
        return self._confidence

    @property
    def shipped(self) -> Confidence:
        """The confidence that ships, in the community's units: where learning from labels starts."""
        return self._shipped.inside(self._units) if self._units is not None else self._shipped

    @property
    def has_units(self) -> bool:
        """Whether confidence is in this community's units, not the sample's."""
        return self._units is not None

    def learn_units(self) -> None:
        """Measure the units of confidence on this community, and judge by them; saved with the index."""
        measured = self.measure_units()
        self._unsaved = self._unsaved or (measured is not None and not self.has_units)
        self._take(measured)

    def use(self, ranker: Ranker, confidence: Confidence, labels: LabelledQuestions = NO_LABELS) -> None:
        """Judge by these from now on."""
        self._ranker, self._labels = ranker, labels
        self._confidence = confidence.inside(self._units) if self._units is not None else confidence

    def remember(self, learnt: Learnt, labels: LabelledQuestions = NO_LABELS, *, saved: bool = False) -> None:
        """Judge by what was learnt, and keep it with the index from the next save on unless it is `saved` there."""
        self.use(learnt.ranker or SHIPPED_RANKER, learnt.confidence or self._shipped, labels)
        self._unsaved = self._unsaved or not (saved or learnt is self.learnt)
        self.learnt = learnt

    def case(self, text: str, answers: Mapping[int, int], own: int | None = None) -> Case | None:
        """A labelled question with its candidates, its `own` thread left out; None for a text without words."""
        asked = words(text)
        if not asked.terms:
            return None
        query, question = Query(text), self._prober.question(text, asked)
        with self._follower.gate.reading():
            index = self._index
            allowed = index.catalogue.allowed(query, self._of_population)
            probe = self._prober.probe(question, index.terms)
            ids, bm25 = self._judge.candidates(probe, DEPTH, allowed)
            found = (ids[ids != own], bm25[ids != own]) if own is not None else (ids, bm25)
            judged = self._judge.judged(query, probe, found, NO_LABELS, None)
            return Case(asked_of(probe, index.terms), judged.ids, judged.rows, dict(answers))

    def _take(self, units: Units | None) -> None:
        self._units = units
        if units is not None:
            self._confidence = self._confidence.inside(units)

    def _asks_itself(self, thread: Thread) -> OwnQuestion | None:
        asked = words(thread.root.text)
        if not asked.terms:
            return None
        query, question = Query(thread.root.text), self._prober.question(thread.root.text, asked)
        with self._follower.gate.reading():
            ids, rows = self._ranked(query, question)
            _, others = self._ranked(query, question, hidden=thread.id)
        own = rows[ids == thread.id]
        return OwnQuestion(own[0], others) if len(own) and len(others) else None

    def _ranked(self, query: Query, question: Question, hidden: int | None = None) -> tuple[Ids, Scores]:
        """The candidates' ids, best first, and their features. `hidden`: a thread left out."""
        index = self._index
        allowed = index.catalogue.allowed(query, self._of_population)
        depth = max(DEPTH, query.k)
        among = None if allowed.many == allowed.total else allowed
        if not allowed.many:
            return np.empty(0, np.int64), np.empty((0, len(FEATURES)), np.float32)
        probe = self._prober.probe(question, index.terms)
        ids, bm25 = self._judge.candidates(probe, depth, among)
        if hidden is not None:
            ids, bm25 = ids[ids != hidden], bm25[ids != hidden]
        self.lap("retrieve")
        asked = asked_of(probe, index.terms) if len(self._labels) else None
        judged = self._judge.judged(query, probe, (ids, bm25), self._labels, asked)
        order = np.argsort(-self._ranker.score(judged.rows), kind="stable")
        return judged.ids[order], judged.rows[order]

    def _shown(self, corpus: Corpus, position: int, query: Query, ids: Ids, rows: Scores) -> list[Hit]:
        """The first `k` candidates that the corpus, at `position`, confirms, one of each question asked twice."""
        confidence = self._confidence.of(rows, self._ranker.score(rows))
        likeness = self._confidence.units.likeness(rows)
        hits: list[Hit] = []
        shown = Shown()
        start = 0
        while len(hits) < query.k and start < len(ids):
            stop = min(start + query.k - len(hits), len(ids))
            threads = self._follower.threads(corpus, position, ids[start:stop].tolist())
            for place in range(start, stop):
                thread = threads.get(int(ids[place]))
                if thread is None or not fits(thread, query):
                    continue
                if self._collapse and shown.has_like(self._index.terms.question(thread.id), resolved=thread.resolved):
                    continue
                evidence = dict(zip(FEATURES, rows[place].tolist(), strict=True))
                hits.append(Hit(thread, float(confidence[place]), evidence, float(likeness[place])))
            start = stop
        return hits

    def _of_population(self, bounds: tuple[int, int]) -> frozenset[int]:
        low, high = bounds
        return frozenset(int(row.code) for row in self._municipalities if low <= row.population <= high)


def _no_clock(_stage: str) -> None:
    pass
