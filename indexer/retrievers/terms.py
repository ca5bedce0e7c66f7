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

FILE = "terms.npz"
VOCABULARY_FILE = "terms.txt"
# What a word that no question has weighs, over the rarest that one has: AUROC of the confidence .75 against .74 at 1.
UNKNOWN_TIMES = 1.7
Numbers = NDArray[np.int32]


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
        self._threads: dict[int, tuple[Numbers, Numbers]] = {}
        self._weighed: _Weights | None = None

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
            if entry.term_vectors is not None and len(entry.term_vectors):
                self._learn(entry.question.terms, entry.term_vectors)

    def remove(self, thread_ids: Iterable[int]) -> None:
        """Forget threads; unknown ids are passed over."""
        for thread_id in thread_ids:
            known = self._threads.pop(thread_id, None)
            if known is not None:
                self._count(*known, -1)

    def question(self, thread_id: int) -> Numbers:
        """The numbers of the words of a thread's question, ascending."""
        return self._threads.get(thread_id, _NO_WORDS)[0]

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
        kept = [self._threads.get(thread_id, _NO_WORDS) for thread_id in ids.tolist()]
        questions, bodies = [question for question, _ in kept], [body for _, body in kept]
        spoken, lengths = _joined(questions), _lengths(questions)
        telling, rarity = self._weights()
        asked = self._shares(probe, telling, 4)
        met = _sums(lengths, asked.values[spoken])
        own = np.maximum(_sums(lengths, telling[spoken][:, None])[:, 0], 1e-6)
        told = self._shares(probe, rarity, 2)
        whole = _sums(lengths, told.values[spoken]) + _sums(_lengths(bodies), told.values[_joined(bodies)])
        cover, told_of = met[:, :2] / asked.totals, met[:, 2:] / own[:, None]
        whole = whole / told.totals
        soft = self._soft(probe, spoken, lengths, rarity)
        columns = (*cover.T, *whole.T, *told_of.T, *soft, np.log1p(lengths))
        return Overlap(*(column.astype(np.float32) for column in columns))

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
            questions = np.split(saved["questions"], np.cumsum(saved["question_lengths"])[:-1])
            bodies = np.split(saved["bodies"], np.cumsum(saved["body_lengths"])[:-1])
            made._threads = dict(zip(saved["ids"].tolist(), zip(questions, bodies, strict=True), strict=False))
            made._vectors = saved["vectors"]
        made._grow()
        for question, body in made._threads.values():
            made._count(question, body, 1)
        return made

    def _known(self, terms: Iterable[str]) -> Numbers:
        numbers = self._numbers
        found = {numbers.setdefault(term, len(numbers)) for term in terms}
        self._grow()
        return np.fromiter(sorted(found), np.int32, len(found))

    def _grow(self) -> None:
        """Room for every word, and one place more that stands for unknown ones."""
        needed = len(self._numbers) + 1
        if needed > min(len(self._frequency), len(self._vectors)):
            self._frequency, self._asked, self._vectors = (
                np.concatenate([kept, np.zeros((max(0, 2 * needed - len(kept)), *kept.shape[1:]), kept.dtype)])
                for kept in (self._frequency, self._asked, self._vectors)
            )

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

    def _shares(self, probe: Probe, rarity: Scores, columns: int) -> _Shares:
        """What each word gives: its weight times idf, own and wide, and then its idf alone, own and wide."""
        values = np.zeros((len(rarity), columns), np.float32)
        totals = np.full(2, 1e-6, np.float32)
        for terms, wide in ((probe.own, False), (probe.added, True)):
            if not terms:
                continue
            numbers = np.array([self._numbers.get(term, -1) for term in terms], np.int32)
            idf = rarity[numbers]
            weighted = np.fromiter(terms.values(), np.float32, len(terms)) * idf
            totals[1 if wide else 0 :] += weighted.sum()
            for column in range(1 if wide else 0, columns, 2 if wide else 1):
                values[numbers, column] = weighted if column < 2 else idf
        values[-1] = 0.0  # unknown words write to the last place, which no thread holds
        return _Shares(values, totals)

    def _soft(self, probe: Probe, spoken: Numbers, lengths: Numbers, rarity: Scores) -> tuple[Scores, Scores]:
        """Each query word's nearest word of the question, and the other way round, weighted by idf."""
        cover, told = np.zeros(len(lengths), np.float32), np.zeros(len(lengths), np.float32)
        if probe.term_vectors is None or not len(spoken) or not self._vectors.shape[1] or not probe.own:
            return cover, told
        numbers = np.array([self._numbers.get(term, -1) for term in probe.own], np.int32)
        weights = np.where(numbers < 0, self._unknown(), rarity[numbers])
        distinct, places = np.unique(spoken, return_inverse=True)
        near = np.clip(probe.term_vectors @ self._vectors[distinct].astype(np.float32).T, 0, 1)
        filled = np.flatnonzero(lengths)
        starts = (np.cumsum(lengths) - lengths)[filled]
        cover[filled] = weights @ np.maximum.reduceat(near[:, places], starts, axis=1) / max(weights.sum(), 1e-6)
        own = rarity[spoken]
        told[filled] = np.add.reduceat(near.max(axis=0)[places] * own, starts) / np.add.reduceat(own, starts)
        return cover, told


class _Weights(NamedTuple):
    telling: Scores
    rarity: Scores


class _Shares(NamedTuple):
    values: Scores
    totals: Scores


_NO_WORDS: tuple[Numbers, Numbers] = (np.empty(0, np.int32), np.empty(0, np.int32))


def _lengths(texts: Sequence[Numbers]) -> Numbers:
    return np.fromiter(map(len, texts), np.int32, len(texts))


def _sums(lengths: Numbers, values: Scores) -> Scores:
    """The sum of each text's rows, which stand one after another."""
    ends = np.cumsum(lengths)
    running = np.concatenate([np.zeros((1, values.shape[1])), np.cumsum(values, axis=0, dtype=np.float64)])
    sums: Scores = (running[ends] - running[ends - lengths]).astype(np.float32)
    return sums


def _joined(arrays: Sequence[Numbers]) -> Numbers:
    return np.concatenate(arrays) if arrays else np.empty(0, np.int32)
