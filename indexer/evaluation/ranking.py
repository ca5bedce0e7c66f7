"""`kyoso evaluate ranking`: a BEIR-style corpus as a community of its own, and a TREC run of what search finds there.

Every document becomes a resolved thread: its title the question, its text the accepted answer. It is recorded, indexed
and searched through the very code that serves people, in a temporary folder; nothing of the community is touched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from indexer.corpus import Corpus, Database
from indexer.encoders.models import COMMUNITY
from indexer.evaluation.files import Asked, Document, read_documents, read_labels, read_queries, write_run
from indexer.evaluation.isolated import Change, Isolated, Learn, isolated
from indexer.evaluation.metrics import Labels
from indexer.model import Channel, Hit, Mark, MarkKind, Message, MessageRef, Query, Workspace
from indexer.ranking.learning import learn as learn_labels
from indexer.search import Search
from indexer.search.learning import Label, cases_of, put_to_use

DEPTH = 100  # documents a query
FOLDS = 5
WORKSPACE, CHANNEL = "console:evaluation", "C0CORPUS"
ASKER, ANSWERER = "U0ASKER", "U0ANSWERER"
# All documents are of one age, so that recency decides nothing.
POSTED = datetime(2026, 4, 1, tzinfo=UTC)
BATCH = 2_000  # documents recorded in one transaction


@dataclass(frozen=True, slots=True)
class Indexed:
    """Documents as threads, ready to be searched."""

    made: Isolated
    search: Search
    threads: Mapping[str, int]
    documents: Mapping[int, str]

    def by(self, change: Change) -> Indexed:
        """The same index, searched with parts replaced."""
        return replace(self, search=self.made.open(change))

    def learn(self, queries: Sequence[Asked], labels: Labels) -> None:
        """Learn from labels as from members' own; documents and queries that are not there are passed over."""
        texts = {query.id: query.text for query in queries}
        known = [
            Label(texts[query], {self.threads[name]: grade for name, grade in given.items() if name in self.threads})
            for query, given in labels.items()
            if query in texts
        ]
        put_to_use(
            self.search,
            learn_labels(cases_of(self.search, [label for label in known if label.answers]), self.search.shipped),
        )

    def answers(self, text: str, depth: int = DEPTH) -> list[tuple[str, float]]:
        """Up to `depth` documents, best first, with confidences that fall strictly."""
        return descending([(self.documents[hit.thread.id], hit) for hit in self.search.similar(Query(text, k=depth))])


@dataclass(frozen=True, slots=True)
class Task:
    """The files of one evaluation: what is searched, what is asked, where the run goes, what is learnt from."""

    corpus: Path
    queries: Path
    run: Path
    labels: Path | None = None
    labelled: Path | None = None
    encoder: str = COMMUNITY


@dataclass(frozen=True, slots=True)
class Done:
    """What was indexed, asked and learnt from."""

    documents: int
    queries: int
    labels: int


def evaluate(task: Task, progress: Callable[[int, int], None] | None = None) -> Done:
    """Answer every query and write the run."""
    documents, queries = read_documents(task.corpus), read_queries(task.queries)
    labels = read_labels(task.labels) if task.labels else {}
    labelled = read_queries(task.labelled) if task.labelled else []
    answers: dict[str, list[tuple[str, float]]] = {}
    with indexed(documents, task.encoder) as made:
        if labels:
            made.learn(labelled, labels)
        for number, query in enumerate(queries, 1):
            answers[query.id] = made.answers(query.text)
            if progress is not None:
                progress(number, len(queries))
    write_run(task.run, answers)
    return Done(len(documents), len(queries), sum(map(len, labels.values())))


@contextmanager
def indexed(documents: Sequence[Document], encoder: str = COMMUNITY, learn: Learn | None = None) -> Iterator[Indexed]:
    """The documents recorded and indexed in a folder that is gone at the end of the block."""
    with isolated(lambda database: record(documents, database), encoder, learn) as made:
        threads = thread_ids(documents, made.builder.parts.database)
        yield Indexed(made, made.open(), threads, {number: name for name, number in threads.items()})


def descending(found: Sequence[tuple[str, Hit]]) -> list[tuple[str, float]]:
    """Confidences made to fall strictly, by less than any that matters: a run's order is that of its scores."""
    scored: list[tuple[str, float]] = []
    before = 2.0
    for document, hit in found:
        before = min(hit.confidence, before - 1e-7)
        scored.append((document, max(before, 0.0)))
    return scored


def record(documents: Sequence[Document], database: Database) -> None:
    """Record documents as resolved threads."""
    with database.begin() as connection:
        corpus = Corpus(connection)
        corpus.record_workspace(Workspace(WORKSPACE, "evaluation"))
        corpus.record_channels([Channel(WORKSPACE, CHANNEL, "corpus")], POSTED)
    for start in range(0, len(documents), BATCH):
        with database.begin() as connection:
            corpus = Corpus(connection)
            batch = list(enumerate(documents[start : start + BATCH], start))
            corpus.record([message for number, document in batch for message in _messages(number, document)], POSTED)
            for number, document in batch:
                answer = _ref(number, "a").message_id if document.text.strip() else None
                corpus.mark(_ref(number, "q"), Mark(MarkKind.RESOLVED, ASKER, POSTED, answer))


def _messages(number: int, document: Document) -> list[Message]:
    root = _ref(number, "q")
    asked = Message(root, root, ASKER, document.title, POSTED)
    if not document.text.strip():
        return [asked]
    return [asked, Message(_ref(number, "a"), root, ANSWERER, document.text, POSTED + timedelta(hours=1))]


def _ref(number: int, part: str) -> MessageRef:
    return MessageRef(WORKSPACE, CHANNEL, f"{number:08}{part}")


def thread_ids(documents: Sequence[Document], database: Database) -> dict[str, int]:
    """The thread of each document."""
    with database.read() as connection:
        corpus = Corpus(connection)
        ids = [change.thread_id for change in corpus.changed_since(0)]
        by_ref = {thread.ref: thread.id for thread in corpus.threads(ids)}
    return {document.id: by_ref[_ref(number, "q")] for number, document in enumerate(documents)}


def five_fold(
    made: Indexed, queries: Sequence[Asked], labels: Labels, seed: int = 0
) -> dict[str, list[tuple[str, float]]]:
    """Every query answered by what was learnt from the labels of the other four fifths."""
    fold = np.random.default_rng(seed).permutation(len(queries)) % FOLDS
    answers: dict[str, list[tuple[str, float]]] = {}
    for part in range(FOLDS):
        told = {query.id for at, query in enumerate(queries) if fold[at] != part}
        made.learn(queries, {name: given for name, given in labels.items() if name in told})
        answers |= {queries[at].id: made.answers(queries[at].text) for at in np.flatnonzero(fold == part).tolist()}
    return answers
