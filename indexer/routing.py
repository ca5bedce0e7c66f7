"""Which label a question belongs to, learnt from labelled threads: a community's channels, a city hall's departments.

Two witnesses are averaged. `WordModel`: a logistic regression over TF-IDF of the words, to which question and answer of
a thread are two examples, so that the few words of a question are not drowned by its answer's. `Neighbours`: the
labels of the threads most like the question, by BM25 over question, answer and kanji plus the cosine of an encoder
where there is one. Both read the question widened by the glossary. What was tried, with figures, is in
`docs/decisions/0007-routing.md`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp
from numpy.typing import NDArray

from indexer.encoders import Encoder
from indexer.text import words
from indexer.text.glossary import Glossary

# Each of these was chosen from a plateau by cross-validation inside a municipal FAQ's corpus (0007-routing.md).
STRENGTH = 10.0  # inverse regularisation; 1, 10 and 100 differ by .02
WIDENED = 0.5  # what the glossary's words weigh in the word model, where the question's own weigh 1
SURE = 0.5  # glossary words of this weight or more count there and in the vector; the narrower ones only in BM25
NEAREST = 20  # threads that vote; 10 to 40 differ by .01
SPREAD = 0.3  # a thread this far below the best one has 1/e of its say; .2 to .4 differ by .01
DENSE_WEIGHT = 1.6  # of the cosine beside BM25 over its best score, as in search
KANJI_WEIGHT = 0.2
K1, B = 1.2, 0.75  # BM25's usual values
MOST_EXAMPLES = 4_000  # threads that the word model learns from, the last of those given: fitted in some 20 s
FEWEST_LABELS = 2

Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Example:
    """A thread and where it belongs; None where nobody knows, which teaches neither witness."""

    question: str
    answer: str
    label: str | None


class WordModel:
    """How probable each label is by the words of a question."""

    def __init__(self, examples: Sequence[Example], glossary: Glossary | None = None) -> None:
        known = [example for example in examples if example.label is not None][-MOST_EXAMPLES:]
        self.labels = tuple(sorted({str(example.label) for example in known}))
        self._glossary = glossary
        questions = [words(example.question).terms for example in known]
        answers = [words(example.answer).terms for example in known]
        self._numbers: dict[str, int] = {}
        for terms in (*questions, *answers):
            for term in terms:
                self._numbers.setdefault(term, len(self._numbers))
        self._idf = self._weights([set(q) | set(a) for q, a in zip(questions, answers, strict=True)])
        self._coefficients: Scores = np.zeros((len(self.labels), len(self._numbers)))
        self._intercepts: Scores = np.zeros(len(self.labels))
        if len(self.labels) >= FEWEST_LABELS:
            places = [self.labels.index(str(example.label)) for example in known]
            self._fit([*questions, *answers], places * 2)

    def of(self, text: str) -> dict[str, float]:
        """The probability of each label; all alike for a text without a known word."""
        terms = words(text).terms
        vector = self._vector(Counter(terms))
        if self._glossary is not None:
            added = [term for term, weight in self._glossary.expand(terms).items() if weight >= SURE]
            for number, weight in self._vector(Counter(added)).items():
                vector[number] = vector.get(number, 0.0) + WIDENED * weight
        length = sum(weight * weight for weight in vector.values()) ** 0.5
        logits = self._intercepts.copy()
        if length:
            logits += self._coefficients[:, list(vector)] @ (np.array(list(vector.values())) / length)
        if not len(logits):
            return {}
        odds = np.exp(logits - logits.max())
        return dict(zip(self.labels, (odds / odds.sum()).tolist(), strict=True))

    def telling(self, text: str, label: str, count: int = 3) -> list[str]:
        """The words of `text` that speak most for `label`, for people to read."""
        if label not in self.labels:
            return []
        row = self._coefficients[self.labels.index(label)]
        vector = self._vector(Counter(words(text).terms))
        weighed = {number: float(row[number]) * weight for number, weight in vector.items()}
        names = {number: term for term, number in self._numbers.items() if number in weighed}
        best = sorted(weighed, key=lambda number: -weighed[number])[:count]
        return [names[number] for number in best if weighed[number] > 0 and not names[number].startswith("#")]

    def _weights(self, texts: Sequence[set[str]]) -> Scores:
        found = np.zeros(len(self._numbers))
        for text in texts:
            for term in text:
                found[self._numbers[term]] += 1
        idf: Scores = np.log((1 + len(texts)) / (1 + found)) + 1
        return idf

    def _vector(self, counts: Mapping[str, int]) -> dict[int, float]:
        """TF-IDF with dampened counts, of length one."""
        vector = {
            number: (1 + float(np.log(count))) * float(self._idf[number])
            for term, count in counts.items()
            if (number := self._numbers.get(term)) is not None
        }
        length = sum(weight * weight for weight in vector.values()) ** 0.5 or 1.0
        return {number: weight / length for number, weight in vector.items()}

    def _fit(self, texts: Sequence[Sequence[str]], places: Sequence[int]) -> None:
        from sklearn.linear_model import LogisticRegression

        vectors = [self._vector(Counter(terms)) for terms in texts]
        model = LogisticRegression(C=STRENGTH, max_iter=300)
        model.fit(_rows(vectors, len(self._numbers)), np.array(places))
        if len(self.labels) == FEWEST_LABELS:  # scikit-learn keeps one row for two classes
            self._coefficients = np.concatenate([-model.coef_, model.coef_]) / 2
            self._intercepts = np.concatenate([-model.intercept_, model.intercept_]) / 2
        else:
            self._coefficients, self._intercepts = model.coef_, model.intercept_


class Neighbours:
    """How much of each label there is among the threads most like a question."""

    def __init__(
        self, examples: Sequence[Example], glossary: Glossary | None = None, encoder: Encoder | None = None
    ) -> None:
        known = [example for example in examples if example.label is not None]
        self._labels = [str(example.label) for example in known]
        self._glossary, self._encoder = glossary, encoder
        self._numbers: dict[str, int] = {}
        questions, answers = ([words(text) for text in texts] for texts in _texts(known))
        fields = (
            ([text.terms for text in questions], 1.0),
            ([text.terms for text in answers], 1.0),
            ([_kanji(text.characters) for text in questions], KANJI_WEIGHT),
            ([_kanji(text.characters) for text in answers], KANJI_WEIGHT),
        )
        for texts, _ in fields:
            for terms in texts:
                for term in terms:
                    self._numbers.setdefault(term, len(self._numbers))
        self._index = sum((weight * self._bm25(texts) for texts, weight in fields[1:]), start=self._bm25(fields[0][0]))
        self._vectors: Scores | None = None
        if encoder is not None and known:
            both = [encoder.encode_passages(list(texts)) for texts in _texts(known)]
            self._vectors = (both[0].astype(np.float64) + both[1]) / 2

    def of(self, text: str) -> dict[str, float]:
        """The share of each label among the nearest, by likeness; empty where nothing is like it."""
        if not self._labels:
            return {}
        scores = self._likeness(text)
        nearest = np.argsort(-scores, kind="stable")[:NEAREST]
        nearest = nearest[scores[nearest] > 0]
        return voted([self._labels[place] for place in nearest], scores[nearest].tolist())

    def _likeness(self, text: str) -> Scores:
        asked = words(text)
        added = self._glossary.expand(asked.terms) if self._glossary is not None else {}
        counts: dict[str, float] = {**added, **Counter(asked.terms), **Counter(_kanji(asked.characters))}
        vector = np.zeros(len(self._numbers))
        for term, weight in counts.items():
            if (number := self._numbers.get(term)) is not None:
                vector[number] = weight
        scores: Scores = np.asarray(self._index @ vector).ravel()
        scores /= scores.max() or 1.0
        if self._vectors is not None and self._encoder is not None:
            scores += DENSE_WEIGHT * (self._vectors @ self._encoder.encode_queries([text])[0])
        return scores

    def _bm25(self, texts: Sequence[Sequence[str]]) -> sp.csr_matrix:
        counts = [{self._numbers[term]: float(n) for term, n in Counter(terms).items()} for terms in texts]
        matrix = _rows(counts, len(self._numbers))
        lengths = np.asarray(matrix.sum(axis=1)).ravel()
        norms = K1 * (1 - B + B * lengths / (lengths.mean() or 1.0)) if len(lengths) else lengths
        found = np.bincount(matrix.indices, minlength=len(self._numbers))
        idf = np.log1p((len(texts) - found + 0.5) / (found + 0.5))
        rows = np.repeat(np.arange(len(texts)), np.diff(matrix.indptr))
        matrix.data = idf[matrix.indices] * matrix.data * (K1 + 1) / (matrix.data + norms[rows])
        return matrix


class LabelModel:
    """Both witnesses, averaged."""

    def __init__(
        self, examples: Sequence[Example], glossary: Glossary | None = None, encoder: Encoder | None = None
    ) -> None:
        self.words = WordModel(examples, glossary)
        self.neighbours = Neighbours(examples, glossary, encoder)

    def of(self, text: str) -> list[tuple[str, float]]:
        """The labels with their probabilities, the most probable first."""
        return ranked(self.words.of(text), self.neighbours.of(text))


def voted(labels: Sequence[str], scores: Sequence[float], spread: float = SPREAD) -> dict[str, float]:
    """The share of each label where each thread's say falls off with its distance from the best score."""
    best = max(scores, default=0.0)
    shares: Counter[str] = Counter()
    for label, score in zip(labels, scores, strict=True):
        shares[label] += float(np.exp((score - best) / spread))  # type: ignore[assignment]
    whole = sum(shares.values())
    return {label: share / whole for label, share in shares.items()}


def ranked(by_words: Mapping[str, float], by_neighbours: Mapping[str, float]) -> list[tuple[str, float]]:
    """The mean of both witnesses, the most probable label first; one that has nothing to say leaves it to the other."""
    if not by_neighbours:
        return sorted(by_words.items(), key=lambda item: (-item[1], item[0]))
    labels = set(by_words) | set(by_neighbours)
    mean = {label: (by_words.get(label, 0.0) + by_neighbours.get(label, 0.0)) / 2 for label in labels}
    return sorted(mean.items(), key=lambda item: (-item[1], item[0]))


def _texts(examples: Sequence[Example]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return tuple(one.question for one in examples), tuple(one.answer for one in examples)


def _kanji(characters: Sequence[str]) -> list[str]:
    """Single kanji, marked so that they never meet a word."""
    return [f"k:{character}" for character in characters]


def _rows(vectors: Sequence[Mapping[int, float]], width: int) -> sp.csr_matrix:
    starts = np.cumsum([0, *map(len, vectors)])
    columns = np.fromiter((number for vector in vectors for number in vector), np.int32)
    values = np.fromiter((value for vector in vectors for value in vector.values()), np.float64)
    return sp.csr_matrix((values, columns, starts), shape=(len(vectors), width))
