"""`kyoso evaluate history`: how well encoder and ranking serve this community, told from its own record.

Two kinds of questions have an answer that people gave without thinking of search:

- links: a member answered one thread by pointing to another; the first one's question should find the second;
- pairs: a question and its accepted answer, held out: the index knows the answer's words alone, so that the question
  must find them by itself. What the community encoder learns from has the question nowhere.

All is copied into an index in a temporary folder, one for each encoder, in a process of its own; the community's own
index and model stay as they are. Beyond words nothing is copied (places, dates, marks), so that those weigh nothing.
"""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np

from indexer.corpus import Corpus, Database
from indexer.encoders.models import COMMUNITY
from indexer.evaluation.files import Document
from indexer.evaluation.memory import peak_mb
from indexer.evaluation.metrics import Difference, difference, reciprocal_rank
from indexer.evaluation.ranking import indexed
from indexer.links import drawn
from indexer.model import Thread
from indexer.resolution import ResolutionRules
from indexer.text import text_of, words

FEWEST = 50  # questions; a difference seen on fewer is chance more often than not
HELD_OUT = 0.2  # of the answered threads: what is held out is missing from what the encoder learns
MOST_HELD_OUT = 300
FEWEST_WORDS = 3  # of a question and an answer; 「ありがとうございます」 can be found by nobody
DEPTH = 10
BATCH = 500


@dataclass(frozen=True, slots=True)
class Question:
    """A question of the record, which thread is right, and which must not count: the one it was asked in."""

    text: str
    right: int
    own: int | None


@dataclass(frozen=True, slots=True)
class Record:
    """A community's record made ready: what is searched (thread id and text), and what is asked."""

    documents: Sequence[Document]
    links: Sequence[Question]
    pairs: Sequence[Question]

    @property
    def questions(self) -> list[Question]:
        """All that is asked."""
        return [*self.links, *self.pairs]


@dataclass(frozen=True, slots=True)
class Measured:
    """One encoder: the reciprocal rank of each right thread, and what it costs."""

    encoder: str
    links: Sequence[float]
    pairs: Sequence[float]
    index_seconds: float
    p50_ms: float
    p95_ms: float
    peak_mb: float

    @property
    def ranks(self) -> list[float]:
        """All of them, links first."""
        return [*self.links, *self.pairs]

    @property
    def mrr(self) -> float:
        """The mean reciprocal rank of the right thread among the first DEPTH."""
        return _mean(self.ranks)

    def facts(self) -> dict[str, object]:
        """For `--json`."""
        return {
            "encoder": self.encoder,
            "mrr_at_10": round(self.mrr, 4),
            "links_mrr_at_10": round(_mean(self.links), 4),
            "pairs_mrr_at_10": round(_mean(self.pairs), 4),
            "hit_at_3": round(_mean([float(rank >= 1 / 3) for rank in self.ranks]), 4),
            "index_seconds": round(self.index_seconds, 1),
            "p50_ms": round(self.p50_ms, 2),
            "p95_ms": round(self.p95_ms, 2),
            "peak_mb": round(self.peak_mb),
        }


def _mean(values: Sequence[float]) -> float:
    return float(np.mean(values)) if len(values) else 0.0


@dataclass(frozen=True, slots=True)
class Comparison:
    """Both encoders, and how much more the second finds; `better`: its name, None where chance may have made it."""

    links: int
    pairs: int
    measured: Sequence[Measured]
    apart: Difference | None = None

    @property
    def enough(self) -> bool:
        """Whether there is enough to tell anything."""
        return self.links + self.pairs >= FEWEST

    @property
    def better(self) -> str | None:
        """The encoder to use, where one is surely better."""
        if self.apart is None or not self.enough or not self.apart.sure:
            return None
        return self.measured[1 if self.apart.mean > 0 else 0].encoder


def record_of(database: Database, rules: ResolutionRules, seed: int = 0) -> Record:
    """Read the record; which pairs are held out is decided by the seed."""
    with database.read() as connection:
        corpus = Corpus(connection, rules)
        links = [link for link in drawn(corpus) if len(words(link.thread.root.text).terms) >= FEWEST_WORDS]
        linked = {link.thread.id for link in links} | {link.target.id for link in links}
        threads = list(_threads(corpus))
    told = [thread for thread in threads if _telling(thread) and thread.id not in linked]
    shuffled = np.random.default_rng(seed).permutation(len(told))
    held = {told[at].id for at in shuffled[: min(MOST_HELD_OUT, int(len(told) * HELD_OUT))].tolist()}
    return Record(
        [_document(thread, held=thread.id in held) for thread in threads],
        [Question(link.thread.root.text, link.target.id, link.thread.id) for link in links],
        [Question(thread.root.text, thread.id, None) for thread in told if thread.id in held],
    )


def compare(record: Record, encoders: Sequence[str], begun: Callable[[str], None] = lambda _: None) -> Comparison:
    """Measure each encoder in a process of its own, one after another. With two, tell them apart.

    `begun` hears whose turn it is. The community's own comes last, so that one that cannot be loaded is told at once.
    """
    chosen = encoders if len(record.questions) >= FEWEST else ()
    done = {}
    for encoder in sorted(chosen, key=COMMUNITY.__eq__):
        begun(encoder)
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as alone:
            done[encoder] = alone.submit(_measure, record, encoder).result()
    measured = [done[encoder] for encoder in chosen]
    apart = difference(measured[1].ranks, measured[0].ranks) if len(measured) > 1 else None
    return Comparison(len(record.links), len(record.pairs), measured, apart)


def _measure(record: Record, encoder: str) -> Measured:
    begun = time.perf_counter()
    with indexed(record.documents, encoder) as made:
        built = time.perf_counter() - begun
        made.answers("問い合わせの例")
        taken: list[float] = []
        ranks = []
        for question in record.questions:
            start = time.perf_counter()
            found = [name for name, _ in made.answers(question.text, DEPTH + 1) if name != str(question.own)]
            taken.append((time.perf_counter() - start) * 1000)
            ranks.append(reciprocal_rank(found, {str(question.right): 1}, DEPTH))
    p50, p95 = np.percentile(taken, (50, 95)).tolist()
    many = len(record.links)
    return Measured(encoder, ranks[:many], ranks[many:], built, p50, p95, peak_mb())


def _threads(corpus: Corpus) -> Iterator[Thread]:
    ids = [change.thread_id for change in corpus.changed_since(0)]
    for start in range(0, len(ids), BATCH):
        for thread in corpus.threads(ids[start : start + BATCH]):
            if thread.root.by_person and words(thread.root.text).terms:
                yield thread


def _telling(thread: Thread) -> bool:
    text = text_of(thread)
    return all(len(words(part).terms) >= FEWEST_WORDS for part in (text.question, text.answer))


def _document(thread: Thread, *, held: bool) -> Document:
    """A thread as what is searched: of one that is held out the accepted answer alone."""
    text = text_of(thread)
    if held:
        return Document(str(thread.id), text.answer, "")
    return Document(str(thread.id), text.question, "\n".join(part for part in (text.answer, text.rest) if part))
