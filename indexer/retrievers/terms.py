"""Which words stand in which thread: the rarity of each, and how much of a query a thread meets.

Tantivy tells a score and no more; what a person would ask of a hit (are the telling words of the question in it, or
words near to them? does its question speak of anything else?) is answered here, for the few threads that came up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexer.retrievers.base import Entry, Ids, Probe, Scores, Vector
from indexer.retrievers.matching import AskedWords, Soft, share, soft, sums
from indexer.retrievers.texts import Joined, Numbers, Texts, roomy

FILE = "terms.npz"
VOCABULARY_FILE = "terms.txt"
# What a word that no question has weighs, over the rarest that one has: AUROC of the confidence .75 against .74 at 1.
UNKNOWN_TIMES = 1.7


class Overlap(NamedTuple):
    """Shares of idf, a value for each thread asked about.

    `cover_question`, `cover_thread`: of the query's words, those in the thread's question, in its question or answer.
    `told`: of the words of the thread's question, those in the query. `…_wide`: with what the glossary added.
    `soft_cover`, `soft_told`: likewise, where a word counts by the cosine of the nearest on the other side.
    """

    cover_question: Scores
    cover_question_wide: Scores
    cover_thread: Scores
    cover_thread_wide: Scores
    told: Scores
    told_wide: Scores
    soft_cover: Scores
    soft_told: Scores
    question_length: Scores


class TermStore:
    """The distinct words of every thread's question and body (answer and other replies)."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._frequency = np.zeros(1024, np.int32)  # of threads that have the word
        self._asked = np.zeros(1024, np.int32)  # of questions that do
        self._vectors = np.zeros((1024, 0), np.float16)  # of the words of questions
        self._threads: set[int] = set()
        self._questions = Texts()
        self._bodies = Texts()  # without the words that the question has
        self._weighed: _Weights | None = None

    def __len__(self) -> int:
        return len(self._threads)

    def put(self, entries: Iterable[Entry]) -> None:
        """Add threads, replacing those known already."""
        for entry in entries:
            self.remove([entry.thread_id])
            question = self._known(entry.question.terms)
            body = np.setdiff1d(self._known((*entry.answer.terms, *entry.rest.terms)), question, assume_unique=True)
            self._threads.add(entry.thread_id)
            self._questions.put(entry.thread_id, question)
            self._bodies.put(entry.thread_id, body)
            self._count(question, body, 1)
            if entry.term_vectors is not None and len(entry.term_vectors):
                self._learn(entry.question.terms, entry.term_vectors)

    def remove(self, thread_ids: Iterable[int]) -> None:
        """Forget threads; unknown ids are passed over."""
        for thread_id in self._threads.intersection(thread_ids):
            self._count(self._questions.of(thread_id), self._bodies.of(thread_id), -1)
            self._threads.remove(thread_id)
            self._questions.remove(thread_id)
            self._bodies.remove(thread_id)

    def question(self, thread_id: int) -> Numbers:
        """The numbers of the words of a thread's question, ascending."""
        return self._questions.of(thread_id)

    def idf(self, terms: Iterable[str]) -> Scores:
        """ln(1 + (N - n + 0.5) / (n + 0.5)) of each term, as in BM25; a word that no thread knows is the rarest."""
        numbers = (self._numbers.get(term) for term in terms)
        counts = np.array([0 if number is None else self._frequency[number] for number in numbers], np.float32)
        return self._idf(counts)

    def rarest(self, terms: Mapping[str, float], most: int) -> dict[str, float]:
        """The `most` rarest of the terms, with their weights; unknown ones are the rarest."""
        if len(terms) <= most:
            return dict(terms)
        names = list(terms)
        chosen = np.argsort(-self.idf(names), kind="stable")[:most]
        return {names[place]: terms[names[place]] for place in sorted(chosen.tolist())}

    def overlap(self, probe: Probe, ids: Ids) -> Overlap:
        """How much of the query these threads meet, and of their questions the query."""
        questions, idf = self._questions.joined(ids), self._weights()
        words = self._asked_words(probe, len(idf.rarity))
        telling, rarity = idf.telling[words.numbers][:, None], idf.rarity[words.numbers][:, None]
        in_question = words.present(questions)
        in_thread = in_question + words.present(self._bodies.joined(ids))
        whole = np.maximum(sums(questions, idf.telling), np.float32(1e-6))
        cover_question, cover_question_wide = share(in_question, words.weights * telling)
        cover_thread, cover_thread_wide = share(in_thread, words.weights * rarity)
        told, told_wide = (in_question @ (words.asked * telling)).T / whole
        near = self._soft(probe, words, questions, idf)
        return Overlap(
            cover_question,
            cover_question_wide,
            cover_thread,
            cover_thread_wide,
            told,
            told_wide,
            near.cover,
            near.told,
            np.log1p(questions.lengths).astype(np.float32),
        )

    def save(self, folder: Path) -> None:
        """Write all threads' words."""
        ids = np.array(sorted(self._threads), np.int64)
        questions, bodies = self._questions.joined(ids), self._bodies.joined(ids)
        np.savez(
            folder / FILE,
            ids=ids,
            question_lengths=questions.lengths,
            body_lengths=bodies.lengths,
            questions=questions.words,
            bodies=bodies.words,
            vectors=self._vectors[: len(self._numbers)],
        )
        (folder / VOCABULARY_FILE).write_text("\n".join(self._numbers), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> TermStore:
        """Read what `save` wrote."""
        made = cls()
        text = (folder / VOCABULARY_FILE).read_text(encoding="utf-8")
        made._numbers = {term: number for number, term in enumerate(text.split("\n"))} if text else {}
        with np.load(folder / FILE) as saved:
            ids, questions, bodies = saved["ids"], saved["questions"], saved["bodies"]
            made._threads = set(ids.tolist())
            made._questions = Texts.filled(ids, Joined(questions, saved["question_lengths"]))
            made._bodies = Texts.filled(ids, Joined(bodies, saved["body_lengths"]))
            made._vectors = saved["vectors"]
        size = len(made._numbers)
        made._asked = np.bincount(questions, minlength=size).astype(np.int32)
        made._frequency = made._asked + np.bincount(bodies, minlength=size).astype(np.int32)
        made._grow()
        return made

    def _known(self, terms: Iterable[str]) -> Numbers:
        numbers = self._numbers
        found = {numbers.setdefault(term, len(numbers)) for term in terms}
        self._grow()
        return np.fromiter(sorted(found), np.int32, len(found))

    def _grow(self) -> None:
        """Room for every word, and one place more that stands for unknown ones."""
        columns = (self._frequency, self._asked, self._vectors)
        self._frequency, self._asked, self._vectors = (roomy(kept, len(self._numbers) + 1) for kept in columns)

    def _learn(self, terms: Sequence[str], vectors: Vector) -> None:
        if self._vectors.shape[1] != vectors.shape[1]:
            self._vectors = np.zeros((len(self._frequency), vectors.shape[1]), np.float16)
        self._vectors[[self._numbers[term] for term in terms]] = vectors

    def _count(self, question: Numbers, body: Numbers, by: int) -> None:
        self._frequency[question] += by
        self._frequency[body] += by
        self._asked[question] += by
        self._weighed = None

    def _idf(self, counts: NDArray[np.float32] | Numbers) -> Scores:
        return np.log1p((len(self._threads) - counts + 0.5) / (counts + 0.5)).astype(np.float32)

    def _unknown(self) -> float:
        return UNKNOWN_TIMES * float(np.log1p(max(len(self._threads) - 0.5, 0.5) / 1.5))

    def _weights(self) -> _Weights:
        """The idf of every word in questions and in threads, an unknown one's last; kept until something changes."""
        if self._weighed is None:
            size = len(self._numbers) + 1
            telling = self._idf(self._asked[:size])
            telling[self._asked[:size] <= 0] = self._unknown()
            self._weighed = _Weights(telling, self._idf(self._frequency[:size]))
        return self._weighed

    def _asked_words(self, probe: Probe, size: int) -> AskedWords:
        """The query's words; those that no thread has share the last number."""
        own, added = (
            np.array([self._numbers.get(t, size - 1) for t in given], np.int32) for given in (probe.own, probe.added)
        )
        weights = np.array([*probe.own.values(), *probe.added.values()], np.float32)
        return AskedWords.of(own, added, weights, size)

    def _soft(self, probe: Probe, words: AskedWords, questions: Joined, idf: _Weights) -> Soft:
        if probe.term_vectors is None:
            return Soft(np.zeros(len(questions.lengths), np.float32), np.zeros(len(questions.lengths), np.float32))
        own = words.numbers[: words.own]
        weights = np.where(own == len(idf.rarity) - 1, np.float32(self._unknown()), idf.rarity[own])
        return soft((probe.term_vectors, weights), questions, (self._vectors, idf.rarity))


class _Weights(NamedTuple):
    telling: Scores
    rarity: Scores
