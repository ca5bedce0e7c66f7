"""The evidence for a hit, a number each, as ranking, confidence and `--explain` use it.

| feature                   | what it says of a candidate                                                        |
|---------------------------|------------------------------------------------------------------------------------|
| lexical                   | BM25 over that of the best candidate                                                |
| bm25                      | BM25 itself                                                                         |
| question, answer          | cosine of the query with the thread's question, with its accepted answer            |
| question_wide, answer_wide| the same, the query widened by the glossary                                         |
| cover_question            | share of the query's idf that the thread's question has                             |
| cover_thread              | … that its question, answer or replies have                                         |
| told                      | share of the question's idf that the query has: do they speak of one matter only?   |
| cover_…_wide, told_wide   | the same, the query widened by the glossary                                         |
| soft_cover, soft_told     | like cover_question and told, a word counting by the cosine of the nearest one      |
| near_question             | cosine with the thread's question in everyday Japanese (`indexer.text.meanings`)    |
| near_thread               | … with its answer and other replies                                                 |
| question_length           | ln of 1 + the number of distinct words of the thread's question                     |
| resolved                  | 1 when resolved                                                                     |
| accepted_by_asker         | 1 when the asker said so, ½ when another reader did                                 |
| thanked                   | 1 when the asker thanked somebody in the thread                                     |
| recency                   | 2^(-age / half-life), counted from the newest thread                                |
| same_channel              | 1 when asked in the channel where the question now stands                           |
| same_prefecture           | 1 when asked from the asker's prefecture                                            |
| likeness                  | likeness of the two askers' municipalities: kind and population (see `likeness`)    |
| labelled_best             | likeness to the nearest question that members said this thread answered             |
| labelled_mean             | … to all such questions, against those that other threads answered                  |
| labelled_count            | ln of 1 + how many questions it answered                                            |
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Scores = NDArray[np.float32]

# A town of 6,000 and a city of 600,000 are two powers of ten apart, and then nothing alike.
UNLIKE = 2.0
PAIRS = 50_000  # of municipalities whose likeness is remembered, of 1.6 million
KIND_SHARE = 0.3  # what the kind (village, town, city, …) counts beside the population; by judgment, nothing measured


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of each candidate, in one order: arrays of equal length, named as in the table above."""

    lexical: Scores
    bm25: Scores
    question: Scores
    answer: Scores
    question_wide: Scores
    answer_wide: Scores
    cover_question: Scores
    cover_question_wide: Scores
    cover_thread: Scores
    cover_thread_wide: Scores
    told: Scores
    told_wide: Scores
    soft_cover: Scores
    soft_told: Scores
    near_question: Scores
    near_thread: Scores
    question_length: Scores
    resolved: Scores
    accepted_by_asker: Scores
    thanked: Scores
    recency: Scores
    same_channel: Scores
    same_prefecture: Scores
    likeness: Scores
    labelled_best: Scores
    labelled_mean: Scores
    labelled_count: Scores

    def rows(self) -> Scores:
        """A row of FEATURES for each candidate."""
        found = np.empty((len(self.bm25), len(FEATURES)), np.float32)
        for place, name in enumerate(FEATURES):
            found[:, place] = getattr(self, name)
        return found


FEATURES = tuple(field.name for field in fields(Evidence))


def relative(bm25: Scores) -> Scores:
    """Each over the highest."""
    return bm25 / np.float32(float(bm25.max(initial=0.0)) or 1.0)


@lru_cache(PAIRS)
def likeness(own: tuple[str, int], other: tuple[str, int]) -> float:
    """How alike two municipalities, (kind, population), are: 1 the same size and kind, 0 nothing in common.

    (1 - k) · max(0, 1 - |log10 p₁ - log10 p₂| / 2) + k · [the same kind], k = KIND_SHARE.
    """
    apart = abs(math.log10(max(own[1], 1)) - math.log10(max(other[1], 1)))
    return (1 - KIND_SHARE) * max(0.0, 1 - apart / UNLIKE) + KIND_SHARE * (own[0] == other[0])
