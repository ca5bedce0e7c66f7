"""`kyoso bench retrieval`: every figure of how good search, confidence and routing are, and the runs they are made of.

The municipal FAQ is not part of the repository; where it is absent only the sample community is measured. Everything
asked of it is written as files that `score_run.py`, which stands beside it, scores to the same figures.
"""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from indexer.evaluation.files import read_documents, read_labels, read_queries, write_run
from indexer.evaluation.metrics import Labels, RankingQuality, auroc, auroc_error, ranking_quality
from indexer.evaluation.ranking import Task, evaluate, five_fold, indexed
from indexer.evaluation.routing import route
from indexer.evaluation.sample import SEEN, SampleQuality, fitted, folds, judged, quality, sample_index
from indexer.evaluation.speaking import NOWHERE, Answered, AtThreshold, Calibration
from indexer.ranking import Confidence

SPLITS = (0, 1)  # seeds of the five-fold splits that feedback is measured by

Run = dict[str, list[tuple[str, float]]]


@dataclass(frozen=True, slots=True)
class FaqRanking:
    """The FAQ's development half: nothing learnt from labels, and five-fold with them, a figure for each split.

    `calibration` is of the first; `taught` of the second, by the first split.
    """

    plain: RankingQuality
    feedback: Sequence[RankingQuality]
    calibration: Calibration
    taught: Calibration


@dataclass(frozen=True, slots=True)
class FaqTelling:
    """Telling answerable from unanswerable, and which department a question belongs to."""

    auroc: float
    error: float
    answerable: int
    unanswerable: int
    calibration: Calibration
    thresholds: Sequence[AtThreshold]
    routed_at_1: float
    routed_at_3: float
    routed: int


@dataclass(frozen=True, slots=True)
class SampleFigures:
    """The sample community; confidence is five-fold, so that no question has seen itself, but `fitted` to all ships."""

    quality: SampleQuality
    calibration: Calibration
    thresholds: Sequence[AtThreshold]
    fitted: Confidence


@dataclass(frozen=True, slots=True)
class Figures:
    """All of it; None where the FAQ is not there."""

    sample: SampleFigures
    ranking: FaqRanking | None = None
    telling: FaqTelling | None = None


def measure(faq: Path | None, runs: Path) -> Figures:
    """Measure everything but the ablations, each part in a process of its own."""
    runs.mkdir(parents=True, exist_ok=True)
    alone = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max_tasks_per_child=1, mp_context=alone) as pool:
        sample = pool.submit(sample_figures)
        if faq is None:
            return Figures(sample.result())
        ranking, telling = pool.submit(faq_ranking, faq, runs), pool.submit(faq_telling, faq, runs)
        return Figures(sample.result(), ranking.result(), telling.result())


def faq_ranking(faq: Path, runs: Path) -> FaqRanking:
    """Rank the FAQ, then again by what labels teach."""
    queries, labels = read_queries(faq / "queries.dev.jsonl"), read_labels(faq / "qrels.dev.tsv")
    with indexed(read_documents(faq / "corpus.jsonl")) as made:
        plain = {query.id: made.answers(query.text) for query in queries}
        write_run(runs / "ranking.trec", plain)
        taught = [five_fold(made, queries, labels, seed) for seed in SPLITS]
    for seed, answers in zip(SPLITS, taught, strict=True):
        write_run(runs / f"feedback-{seed}.trec", answers)
    judged_ones = dict.fromkeys(labels, True)
    calibrations = [Answered.of(run, labels, judged_ones).calibration for run in (plain, taught[0])]
    return FaqRanking(quality_of(plain, labels), [quality_of(answers, labels) for answers in taught], *calibrations)


def quality_of(run: Run, labels: Labels) -> RankingQuality:
    """The figures of a run with scores."""
    return ranking_quality({query: [document for document, _ in found] for query, found in run.items()}, labels)


def faq_telling(faq: Path, runs: Path) -> FaqTelling:
    """Ask what cannot be answered, and where questions belong."""
    task = Task(faq / "abstain.corpus.dev.jsonl", faq / "abstain.queries.dev.jsonl", runs / "abstain.trec")
    evaluate(task)
    can = {query["_id"]: bool(query["answerable"]) for query in _lines(task.queries)}
    # Labels of documents that the corpus lacks are never met.
    answered = Answered.of(_read_run(task.run), read_labels(faq / "qrels.dev.tsv"), can)
    route(faq / "corpus.jsonl", faq / "routing.dev.jsonl", runs / "routed.jsonl")
    told = {query["_id"]: query["labels"] for query in _lines(runs / "routed.jsonl")}
    truth = _lines(faq / "routing.dev.jsonl")
    at = {k: np.mean([bool(set(told[one["_id"]][:k]) & set(one["units"])) for one in truth]) for k in (1, 3)}
    return FaqTelling(
        auroc(answered.sure, answered.answerable),
        auroc_error(answered.sure, answered.answerable),
        int(answered.answerable.sum()),
        int((~answered.answerable).sum()),
        answered.calibration,
        answered.thresholds,
        float(at[1]),
        float(at[3]),
        len(truth),
    )


def sample_figures(encoder: str = "community") -> SampleFigures:
    """Ask the sample community its labelled questions."""
    with sample_index(encoder) as made:
        search = made.open()
        questions = judged(search)
        sure = np.array(folds(questions, search.confidence.units))
    place = np.array([question.first if question.first < SEEN else NOWHERE for question in questions])
    answered = Answered(sure, place, np.array([question.answerable for question in questions]))
    told = quality(questions, sure.tolist())
    best = fitted(questions, search.confidence.units, asdict(told))
    return SampleFigures(told, answered.calibration, answered.thresholds, best)


def _read_run(path: Path) -> Run:
    run: Run = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        query, _, document, _, score, _ = line.split()
        run.setdefault(query, []).append((document, float(score)))
    return run


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
