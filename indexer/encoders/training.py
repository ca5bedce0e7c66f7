"""Fitting the community encoder to the community's own threads.

Every unit starts from a latent semantic analysis of the threads (which units stand together in a question and its
answer) and is then moved so that a question comes nearest to its own accepted answer among the others of its batch
(multiple negatives ranking, both ways); names that the glossary calls the same thing are drawn together beside. What
this gains is measured on threads held out; without any the start stays.

The loop is plain torch: the Trainer of sentence-transformers needs two more packages (accelerate, datasets) and a data
set on disk for what are fifty lines here. Everything is decided by the seed.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.encoders.base import Vectors, of_length_one
from indexer.encoders.community import LONGEST_PASSAGE, CommunityEncoder
from indexer.errors import TooFewPairsError
from indexer.text import Words, words

DIMENSION = 256
MOST_UNITS = 60_000  # 61 MB of weights; a community of 10,000 threads uses about 40,000
FEWEST_PAIRS = 100  # below, what is held out is too little to see whether training helped
FEWEST_TO_ANALYSE = (
    100  # threads; below, the analysis has nothing to generalise from and units get fixed random vectors
)
MOST_TO_ANALYSE = 20_000  # threads
HELD_OUT = 0.2
MOST_HELD_OUT = 500

# Found on a municipal FAQ (title → text): nDCG@10 of the fused ranking .572 → .607, much the same around these values.
EPOCHS = 10
RATE = 0.01
TEMPERATURE = 0.2
PAIRS_AT_ONCE = 256
DROPPED = 0.15  # the share of a question's units left out at each sight
SHORTEST_CROP, LONGEST_CROP = 30, 200  # units of an answer seen at a time
# Steps in all: past 10,000 threads each is seen fewer times, so that training stays under three minutes.
MOST_STEPS = 400
# What the glossary's pairs count beside the threads': nDCG@10 .603 without, .62 to .63 from 0.5 to 2.
SYNONYM_WEIGHT = 0.5

Numbers = NDArray[np.int64]
Synonyms = Sequence[tuple[Words, Words]]
Progress = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Pair:
    """A question and its accepted answer."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class Quality:
    """How well held-out questions find their own answers among all."""

    recall_at_10: float
    mrr: float


@dataclass(frozen=True, slots=True)
class Report:
    """What training was given and what it gained; `kept`: whether the trained vectors are better than the start."""

    pairs: int
    held_out: int
    units: int
    before: Quality | None = None
    after: Quality | None = None
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Trained:
    """A new encoder, and how it came about."""

    encoder: CommunityEncoder
    report: Report


def untrained(pairs: Sequence[Pair], seed: int = 0) -> Trained:
    """An encoder from the words of the threads alone; an answer may be empty."""
    prepared = _Prepared.of(pairs, ())
    report = Report(len(pairs), 0, len(prepared.vocabulary))
    return Trained(CommunityEncoder.of(prepared.vocabulary, prepared.start(seed)), report)


def train(pairs: Sequence[Pair], seed: int = 0, progress: Progress | None = None, synonyms: Synonyms = ()) -> Trained:
    """An encoder fitted to questions and their accepted answers. Pairs without an answer help the start only.

    `synonyms`: names of one thing, whatever the community says.

    Raises TooFewPairsError.
    """
    prepared = _Prepared.of(pairs, synonyms)
    answered = np.array([at for at, answer in enumerate(prepared.answers) if len(answer)], np.int64)
    if len(answered) < FEWEST_PAIRS:
        raise TooFewPairsError(found=len(answered), needed=FEWEST_PAIRS)
    shuffled = np.random.default_rng(seed).permutation(answered)
    held = shuffled[: min(MOST_HELD_OUT, int(len(answered) * HELD_OUT))]
    told = progress or _silent
    blind = prepared.start(seed, held)
    tried = _fitted(prepared, blind, shuffled[len(held) :], seed, lambda done: told(done / 2))
    before, after = prepared.quality(blind, held, answered), prepared.quality(tried, held, answered)
    kept = after.mrr > before.mrr
    start = prepared.start(seed)
    weights = _fitted(prepared, start, answered, seed, lambda done: told((1 + done) / 2)) if kept else start
    report = Report(len(answered), len(held), len(prepared.vocabulary), before, after, kept)
    return Trained(CommunityEncoder.of(prepared.vocabulary, weights), report)


def _silent(_done: float) -> None:
    pass


@dataclass(frozen=True, slots=True)
class _Prepared:
    """Questions and answers as numbers of units, and how telling each unit is."""

    vocabulary: list[str]
    questions: list[Numbers]
    answers: list[Numbers]
    synonyms: list[tuple[Numbers, Numbers]]
    idf: Vectors

    @classmethod
    def of(cls, pairs: Sequence[Pair], synonyms: Synonyms) -> _Prepared:
        questions = [words(pair.question).units for pair in pairs]
        answers = [words(pair.answer).units[:LONGEST_PASSAGE] for pair in pairs]
        counts = Counter(unit for text in (*questions, *answers) for unit in set(text))
        vocabulary = [unit for unit, _ in counts.most_common(MOST_UNITS)]
        numbers = {unit: number for number, unit in enumerate(vocabulary)}
        found = np.array([counts[unit] for unit in vocabulary], np.float32)
        linked = [(_numbered(one.units, numbers), _numbered(other.units, numbers)) for one, other in synonyms]
        return cls(
            vocabulary,
            [_numbered(text, numbers) for text in questions],
            [_numbered(text, numbers) for text in answers],
            [(one, other) for one, other in linked if len(one) and len(other)],
            np.log1p(2 * len(pairs) / np.maximum(found, 1)),
        )

    def start(self, seed: int, held: Numbers | None = None) -> Vectors:
        """A vector for each unit before any training, the longer the more telling the unit is.

        Threads that are `held` out do not show that their question and answer belong together.
        """
        if len(self.questions) < FEWEST_TO_ANALYSE:
            vectors = _fixed(self.vocabulary)
        else:
            vectors = of_length_one(self._analysed(seed, set() if held is None else set(held.tolist())))
        scaled: Vectors = (vectors * np.sqrt(self.idf)[:, None]).astype(np.float32)
        mean = float(np.linalg.norm(scaled, axis=1).mean()) if len(scaled) else 1.0
        return scaled / (mean or 1.0)

    def quality(self, weights: Vectors, held: Numbers, answered: Numbers) -> Quality:
        """How high the answers of the held-out questions come among all answers."""
        questions = _means(weights, [self.questions[at] for at in held])
        answers = _means(weights, [self.answers[at] for at in answered])
        own = np.searchsorted(answered, held)
        scores = questions @ answers.T
        better = (scores > scores[np.arange(len(held)), own][:, None]).sum(axis=1)
        return Quality(float((better < 10).mean()), float((1 / (better + 1)).mean()))

    def _analysed(self, seed: int, held: set[int]) -> Vectors:
        from scipy.sparse import csr_matrix, diags
        from sklearn.decomposition import TruncatedSVD
        from sklearn.preprocessing import normalize

        chosen = np.random.default_rng(seed).permutation(len(self.questions))[:MOST_TO_ANALYSE]
        texts = [np.concatenate([self.questions[at], self.answers[at]]) for at in chosen if at not in held]
        texts += [text for at in held for text in (self.questions[at], self.answers[at])]
        rows = np.repeat(np.arange(len(texts)), [len(text) for text in texts])
        shape = (len(texts), len(self.vocabulary))
        counts = csr_matrix((np.ones(len(rows), np.float32), (rows, np.concatenate(texts))), shape=shape)
        counts.data = np.log1p(counts.data)
        size = min(DIMENSION, len(texts) - 1, len(self.vocabulary) - 1)
        found = TruncatedSVD(size, random_state=seed).fit(normalize(counts @ diags(self.idf))).components_.T
        return np.pad(found, ((0, 0), (0, DIMENSION - size))).astype(np.float32)


def _fitted(prepared: _Prepared, start: Vectors, chosen: Numbers, seed: int, progress: Progress) -> Vectors:
    """`start` moved so that the chosen questions come near to their answers, and synonyms near to each other."""
    import torch
    from torch.nn import EmbeddingBag
    from torch.nn.functional import cross_entropy, normalize

    rng = np.random.default_rng(seed)
    table = EmbeddingBag.from_pretrained(torch.from_numpy(start.copy()), freeze=False, mode="sum")
    optimiser = torch.optim.Adam(table.parameters(), lr=RATE)

    def likeness(some: list[Numbers], others: list[Numbers]) -> Any:
        one, other = (
            normalize(table(torch.from_numpy(np.concatenate(texts)), torch.from_numpy(_starts(texts))), dim=1)
            for texts in (some, others)
        )
        return one @ other.T / TEMPERATURE

    epochs = max(1, min(EPOCHS, round(MOST_STEPS * PAIRS_AT_ONCE / len(chosen))))
    for epoch in range(epochs):
        for group in optimiser.param_groups:
            group["lr"] = RATE * (1 - epoch / epochs)
        order = rng.permutation(chosen)
        for begin in range(0, len(order), PAIRS_AT_ONCE):
            batch = order[begin : begin + PAIRS_AT_ONCE]
            scores = likeness(
                [_thinned(prepared.questions[at], rng) for at in batch],
                [_cropped(prepared.answers[at], rng) for at in batch],
            )
            right = torch.arange(len(batch))
            loss = (cross_entropy(scores, right) + cross_entropy(scores.T, right)) / 2
            if prepared.synonyms:
                drawn = [prepared.synonyms[at] for at in rng.integers(len(prepared.synonyms), size=PAIRS_AT_ONCE)]
                scores = likeness([one for one, _ in drawn], [other for _, other in drawn])
                loss = loss + SYNONYM_WEIGHT * cross_entropy(scores, torch.arange(len(drawn)))
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
        progress((epoch + 1) / epochs)
    fitted: Vectors = table.weight.detach().numpy()
    return fitted


def _starts(texts: Sequence[Numbers]) -> Numbers:
    return np.cumsum([0, *(len(text) for text in texts)], dtype=np.int64)[:-1]


def _numbered(units: Sequence[str], numbers: dict[str, int]) -> Numbers:
    return np.array([number for unit in units if (number := numbers.get(unit)) is not None], np.int64)


def _means(weights: Vectors, texts: Sequence[Numbers]) -> Vectors:
    return of_length_one(np.stack([weights[text].sum(axis=0) for text in texts]))


def _thinned(units: Numbers, rng: np.random.Generator) -> Numbers:
    return units[rng.random(len(units)) > DROPPED]


def _cropped(units: Numbers, rng: np.random.Generator) -> Numbers:
    """The beginning of an answer or, half the time, a stretch from anywhere in it."""
    length = min(len(units), int(rng.integers(SHORTEST_CROP, LONGEST_CROP)))
    start = 0 if rng.random() < 0.5 or len(units) <= length else int(rng.integers(0, len(units) - length))
    return units[start : start + length]


def _fixed(vocabulary: Sequence[str]) -> Vectors:
    """A direction for each unit that depends on its spelling alone."""
    vectors = np.empty((len(vocabulary), DIMENSION), np.float32)
    for row, unit in enumerate(vocabulary):
        number = int.from_bytes(hashlib.blake2b(unit.encode(), digest_size=8).digest())
        vectors[row] = np.random.default_rng(number).standard_normal(DIMENSION)
    return of_length_one(vectors)
