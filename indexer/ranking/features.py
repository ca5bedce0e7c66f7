"""The evidence for a hit, a number each, as confidence and `--explain` use it.

| feature         | what it says of a candidate                                                                |
|-----------------|--------------------------------------------------------------------------------------------|
| lexical         | BM25 over the query's own idf sum: how much of what could be matched was                    |
| dense           | cosine of the query with the thread (question and answer)                                   |
| question_cosine | cosine of the query with the thread's question                                              |
| cover_question  | share of the query's idf that the thread's question has                                     |
| cover_thread    | share of the query's idf that the thread's question, answer or replies have                 |
| told_question   | share of the question's idf that the query has: whether they speak of one matter only       |
| agreement       | 1 when the candidate is among the best of both retrievers, ½ by one of them, else 0         |
| lead            | its fused score less the mean of the ten best others: how far it stands out                 |
| length          | ln of the number of the query's words: short queries prove little                           |
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from indexer.ranking.fusion import fused

Scores = NDArray[np.float32]

FEATURES = (
    "lexical",
    "dense",
    "question_cosine",
    "cover_question",
    "cover_thread",
    "told_question",
    "agreement",
    "lead",
    "length",
)
BEST = 10  # how many of a retriever's candidates count as its best
# BM25 of a term is at most idf · (k1 + 1) a field; question and answer count fully.
MOST_PER_IDF = 2 * 2.2


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of each candidate, in one order: arrays of equal length. `idf`: the sum over the query's words."""

    lexical: Scores
    dense: Scores
    question_cosine: Scores
    cover_question: Scores
    cover_thread: Scores
    told_question: Scores
    words: int
    idf: float


def measure(evidence: Evidence) -> Scores:
    """A row of FEATURES for each candidate."""
    score = fused(evidence.lexical, evidence.dense)
    agreement = (_among_best(evidence.lexical) + _among_best(evidence.dense)) / 2
    columns = (
        evidence.lexical / np.float32(max(evidence.idf, 1e-6) * MOST_PER_IDF),
        evidence.dense,
        evidence.question_cosine,
        evidence.cover_question,
        evidence.cover_thread,
        evidence.told_question,
        agreement,
        _lead(score),
        np.full(len(score), np.log1p(evidence.words)),
    )
    rows: Scores = np.stack(columns, axis=1).astype(np.float32)
    return rows


def _among_best(scores: Scores) -> Scores:
    best = np.zeros(len(scores), np.float32)
    best[np.argsort(-scores, kind="stable")[:BEST]] = 1
    best[scores <= 0] = 0
    return best


def _lead(score: Scores) -> Scores:
    """Each score less the mean of the BEST highest, its own left out."""
    order = np.argsort(-score, kind="stable")[: BEST + 1]
    total, count = score[order].sum(), len(order)
    if count <= 1:
        return np.zeros(len(score), np.float32)
    lead: Scores = score - (total - score[order[-1]]) / (count - 1)
    lead[order] = score[order] - (total - score[order]) / (count - 1)
    return lead
