"""Refitting ranking and confidence to labels: what members said of the threads they were shown or pointed to.

The bot calls `refit` every night, `kyoso learn` by hand, and `kyoso evaluate ranking --feedback` learns by the same
functions. What is kept on disk are weights and figures (`indexer.search.learnt`); the labelled questions themselves are
read from the record again at every start (`resume`), so that a deleted one speaks for nothing any more.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import numpy as np

from indexer.ranking import SHIPPED_RANKER, Confidence, LabelledQuestions, Ranker
from indexer.ranking.learning import Case, Learned, calibrated, labelled_by, learn, ndcg, with_labels
from indexer.search.learnt import Figure, Learnt, Refit
from indexer.search.search import Search

FEWEST = 30  # labelled questions with a right answer; five-fold over fewer says nothing
FOLDS = 5


@dataclass(frozen=True, slots=True)
class Label:
    """What members said of threads for one question: 2 it was solved by it, 1 it helped, 0 it was wrong.

    `own`: the thread that the question opened, which must not be found as its own answer.
    """

    text: str
    answers: Mapping[int, int]
    own: int | None = None


def refit(search: Search, labels: Sequence[Label], at: datetime) -> Refit:
    """Learn from labels and put to use what does not do worse on held-out ones; the rest stays as it is."""
    cases = cases_of(search, labels)
    right = sum(case.grades.sum() > 0 for case in cases)
    if right < FEWEST:
        found = Refit(at, len(cases), int(right))
        before = search.learnt or Learnt(found)
        search.remember(Learnt(found, before.ranker, before.confidence, before.outcomes), labelled_by(cases))
        return found
    old = search.learnt or Learnt(Refit(at, 0, 0))
    ranking = _ranking(search, cases, old.ranker)
    ranker = learn(cases, search.shipped).ranker if ranking.kept else old.ranker
    by_fold = list(_calibrations(search, cases, ranker if not ranking.kept else None))
    calibration = _calibration(by_fold)
    outcomes = [(fold.after if calibration.kept else fold.before, fold.right) for fold in by_fold]
    confidence = old.confidence
    if calibration.kept:
        confidence = calibrated(cases, ranker or SHIPPED_RANKER, search.shipped)
    found = Refit(at, len(cases), int(right), ranking, calibration)
    search.remember(Learnt(found, ranker, confidence, tuple(outcomes)), labelled_by(cases))
    return found


def resume(search: Search, labels: Sequence[Label]) -> None:
    """Put the labelled questions beside the ranking that was learnt from such before the process started."""
    if search.learnt is not None and search.learnt.ranker is not None:
        search.remember(search.learnt, labelled_by(cases_of(search, labels)))


def put_to_use(search: Search, learned: Learned) -> None:
    """Search by what was learnt, without a word on whether that is better."""
    search.use(learned.ranker, learned.confidence, learned.labels)


def cases_of(search: Search, labels: Sequence[Label]) -> list[Case]:
    """Labels as cases, asked of the index as it is; texts without words are passed over."""
    found = (search.case(label.text, label.answers, label.own) for label in labels)
    return [case for case in found if case is not None and len(case.ids)]


def _ranking(search: Search, cases: Sequence[Case], learnt: Ranker | None) -> Figure:
    """nDCG@10 five-fold. Kept: no worse than what ships, nor than what was learnt before.

    What was learnt before has seen most of these labels, which flatters it: only a fall by more than the standard error
    of the difference is one (the rule of Breiman et al., Classification and Regression Trees, 1984, 3.4.3).
    """
    shipped, before, after = [], [], []
    for part in _folds(cases):
        learned = learn(part.told, search.shipped)
        for case in part.held_out:
            if case.grades.sum() > 0:
                rows = with_labels(case, learned.labels)
                shipped.append(ndcg(case, SHIPPED_RANKER.score(rows)))
                before.append(ndcg(case, learnt.score(rows)) if learnt is not None else shipped[-1])
                after.append(ndcg(case, learned.ranker.score(rows)))
    apart = np.subtract(after, before)
    error = float(apart.std() / np.sqrt(len(apart))) if learnt is not None else 0.0
    kept = float(np.mean(after)) >= float(np.mean(shipped)) and float(apart.mean()) >= -error
    return Figure(float(np.mean(before)), float(np.mean(after)), kept)


class _Fold(NamedTuple):
    told: list[Case]
    held_out: list[Case]
    labels: LabelledQuestions


class _Judged(NamedTuple):
    """A held-out question's first hit: what the old and the new confidence say of it, and whether it was right."""

    before: float
    after: float
    right: bool


def _folds(cases: Sequence[Case], seed: int = 0) -> Iterator[_Fold]:
    fold = np.random.default_rng(seed).permutation(len(cases)) % FOLDS
    for part in range(FOLDS):
        told = [case for at, case in enumerate(cases) if fold[at] != part]
        yield _Fold(told, [cases[at] for at in np.flatnonzero(fold == part).tolist()], labelled_by(told))


def _calibrations(search: Search, cases: Sequence[Case], ranker: Ranker | None) -> Iterator[_Judged]:
    """First hits by this ranker, or where None is given by one learnt from the other folds.

    A first hit of which nobody said anything counts as wrong, so that confidence is under-, never overstated.
    """
    old: Confidence = search.confidence
    for part in _folds(cases):
        by = ranker or learn(part.told, search.shipped).ranker
        new = calibrated(part.told, by, search.shipped)
        for case in part.held_out:
            rows = with_labels(case, part.labels)
            order = np.argsort(-by.score(rows), kind="stable")
            yield _Judged(old.best(rows[order]), new.best(rows[order]), bool(case.grades[order[0]] > 0))


def _calibration(judged: Sequence[_Judged]) -> Figure:
    """The Brier score, mean (confidence - right)²: lower is better."""
    before = float(np.mean([(one.before - one.right) ** 2 for one in judged]))
    after = float(np.mean([(one.after - one.right) ** 2 for one in judged]))
    return Figure(before, after, after <= before)
