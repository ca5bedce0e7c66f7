"""Refitting ranking and confidence to a community's labels: what members said of the threads they were shown.

The bot calls `refit` when it starts and every night with the labels it stores; nothing learnt is kept on disk, so that
a question deleted today is forgotten tonight. `kyoso evaluate ranking --feedback` learns by the same function.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from indexer.ranking import NO_LABELS, SHIPPED_RANKER
from indexer.ranking.learning import Case, Learned, learn, ndcg, with_labels
from indexer.search.search import Search

FEWEST = 30  # labelled questions with a right answer; five-fold over fewer says nothing
FOLDS = 5


@dataclass(frozen=True, slots=True)
class Label:
    """What members said of threads for one question: 2 it was solved by it, 1 it helped, 0 it was wrong."""

    text: str
    answers: Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Refit:
    """What refitting found: nDCG@10 before and after on held-out labels, and whether the new one is in use now."""

    questions: int
    before: float | None = None
    after: float | None = None
    kept: bool = False


def refit(search: Search, labels: Sequence[Label]) -> Refit:
    """Learn from labels and put it to use, unless held-out figures fall: then what ships is used."""
    cases = cases_of(search, labels)
    if sum(case.grades.sum() > 0 for case in cases) < FEWEST:
        search.use(SHIPPED_RANKER, search.shipped_confidence)
        return Refit(len(cases))
    before, after = held_out(search, cases)
    kept = after >= before
    if kept:
        put_to_use(search, learn(cases, search.confidence))
    else:
        search.use(SHIPPED_RANKER, search.shipped_confidence)
    return Refit(len(cases), before, after, kept)


def put_to_use(search: Search, learned: Learned) -> None:
    """Search by what was learnt."""
    search.use(learned.ranker, learned.confidence, learned.labels)


def cases_of(search: Search, labels: Sequence[Label]) -> list[Case]:
    """Labels as cases, asked of the index as it is; texts without words are passed over."""
    found = (search.case(label.text, label.answers) for label in labels)
    return [case for case in found if case is not None and len(case.ids)]


def held_out(search: Search, cases: Sequence[Case], seed: int = 0) -> tuple[float, float]:
    """nDCG@10 five-fold: by the shipped ranker, and by one learnt from the other four fifths."""
    fold = np.random.default_rng(seed).permutation(len(cases)) % FOLDS
    before, after = [], []
    for part in range(FOLDS):
        learned = learn([case for at, case in enumerate(cases) if fold[at] != part], search.confidence)
        for at in np.flatnonzero(fold == part).tolist():
            case = cases[at]
            if case.grades.sum() == 0:
                continue
            before.append(ndcg(case, SHIPPED_RANKER.score(with_labels(case, NO_LABELS))))
            after.append(ndcg(case, learned.ranker.score(with_labels(case, learned.labels))))
    return float(np.mean(before)), float(np.mean(after))
