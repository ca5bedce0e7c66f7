"""Which words stand in which thread: the rarity of each, and how much of a query a thread covers.

Tantivy tells a score and no more; what a person would ask of a hit (are the telling words of the question in it?) is
answered here, for the few threads that came up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexer.retrievers.base import Entry, Ids, Scores

FILE = "terms.npz"
VOCABULARY_FILE = "terms.txt"
Numbers = NDArray[np.int32]


class Coverage(NamedTuple):
    """Shares of idf, a value for each thread asked about.

    `question`, `whole`: of the query's words, those in the thread's question, in its question or answer.
    `told`: of the words of the thread's question, those in the query.
    """

    question: Scores
    whole: Scores
    told: Scores


class TermStore:
    """The distinct words of every thread's question and body (answer and other replies)."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._frequency = np.zeros(1024, np.int32)
        self._threads: dict[int, tuple[Numbers, Numbers]] = {}

    def __len__(self) -> int:
        return len(self._threads)

    def put(self, entries: Iterable[Entry]) -> None:
        """Add threads, replacing those known already."""
        for entry in entries:
            self.remove([entry.thread_id])
            question = self._known(entry.question.terms)
            body = np.setdiff1d(self._known((*entry.answer.terms, *entry.rest.terms)), question)
            self._threads[entry.thread_id] = (question, body)
            self._count(question, body, 1)

    def remove(self, thread_ids: Iterable[int]) -> None:
        """Forget threads; unknown ids are passed over."""
        for thread_id in thread_ids:
            known = self._threads.pop(thread_id, None)
            if known is not None:
                self._count(*known, -1)

    def idf(self, terms: Iterable[str]) -> Scores:
        """ln(1 + (N - n + 0.5) / (n + 0.5)) of each term, as in BM25; a word that no thread knows is the rarest."""
        numbers = (self._numbers.get(term) for term in terms)
        counts = np.array([0 if number is None else self._frequency[number] for number in numbers], np.float32)
        return self._idf(counts)

    def rarest(self, terms: Mapping[str, float], most: int) -> dict[str, float]:
        """The `most` rarest of the terms that any thread has, with their weights."""
        known = [term for term in terms if (number := self._numbers.get(term)) is not None and self._frequency[number]]
        if len(known) > most:
            rarity = self.idf(known)
            known = [known[place] for place in np.argsort(-rarity, kind="stable")[:most]]
        return {term: terms[term] for term in known}

    def coverage(self, terms: Sequence[str], ids: Ids) -> Coverage:
        """How much of the query's distinct `terms` these threads cover."""
        distinct = list(dict.fromkeys(terms))
        weights = self.idf(distinct)
        total = np.float32(weights.sum() or 1.0)
        numbers = np.array([self._numbers.get(term, -1) for term in distinct], np.int32)
        share = np.zeros(len(self._numbers) + 1, np.float32)
        share[numbers] = weights  # unknown words write to the last place, which no thread holds
        share[-1] = 0.0
        kept = [self._threads.get(thread_id, _NO_WORDS) for thread_id in ids.tolist()]
        questions = [numbers for numbers, _ in kept]
        spoken, body = _joined(questions), [numbers for _, numbers in kept]
        in_question, in_body = _sums(questions, share[spoken]), _sums(body, share[_joined(body)])
        own = _sums(questions, self._idf(self._frequency[spoken]))
        told: Scores = (in_question / np.maximum(own, 1e-6)).astype(np.float32)
        return Coverage(in_question / total, (in_question + in_body) / total, told)

    def save(self, folder: Path) -> None:
        """Write all threads' words."""
        pairs = list(self._threads.values())
        np.savez(
            folder / FILE,
            ids=np.fromiter(self._threads, np.int64, len(self._threads)),
            question_lengths=np.array([len(question) for question, _ in pairs], np.int32),
            body_lengths=np.array([len(body) for _, body in pairs], np.int32),
            questions=_joined([question for question, _ in pairs]),
            bodies=_joined([body for _, body in pairs]),
        )
        (folder / VOCABULARY_FILE).write_text("\n".join(self._numbers), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> TermStore:
        """Read what `save` wrote."""
        made = cls()
        text = (folder / VOCABULARY_FILE).read_text(encoding="utf-8")
        made._numbers = {term: number for number, term in enumerate(text.split("\n"))} if text else {}
        with np.load(folder / FILE) as saved:
            questions = np.split(saved["questions"], np.cumsum(saved["question_lengths"])[:-1])
            bodies = np.split(saved["bodies"], np.cumsum(saved["body_lengths"])[:-1])
            made._threads = dict(zip(saved["ids"].tolist(), zip(questions, bodies, strict=True), strict=False))
        made._frequency = np.zeros(max(1024, 2 * len(made._numbers)), np.int32)
        for question, body in made._threads.values():
            made._count(question, body, 1)
        return made

    def _known(self, terms: Iterable[str]) -> Numbers:
        numbers = self._numbers
        found = {numbers.setdefault(term, len(numbers)) for term in terms}
        if len(numbers) > len(self._frequency):
            grown = np.zeros(2 * len(numbers), np.int32)
            grown[: len(self._frequency)] = self._frequency
            self._frequency = grown
        return np.fromiter(sorted(found), np.int32, len(found))

    def _count(self, question: Numbers, body: Numbers, by: int) -> None:
        self._frequency[question] += by
        self._frequency[body] += by

    def _idf(self, counts: NDArray[np.float32] | Numbers) -> Scores:
        return np.log1p((len(self._threads) - counts + 0.5) / (counts + 0.5)).astype(np.float32)


_NO_WORDS: tuple[Numbers, Numbers] = (np.empty(0, np.int32), np.empty(0, np.int32))


def _sums(texts: Sequence[Numbers], values: Scores) -> Scores:
    """The sum of each text's values, which stand one after another."""
    lengths = np.fromiter(map(len, texts), np.int64, len(texts))
    ends = np.cumsum(lengths)
    running = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    sums: Scores = (running[ends] - running[ends - lengths]).astype(np.float32)
    return sums


def _joined(arrays: Sequence[Numbers]) -> Numbers:
    return np.concatenate(arrays) if arrays else np.empty(0, np.int32)
