"""`kyoso bench retrieval`: every figure of how good search, confidence and routing are, and the runs they are made of.

The municipal FAQ is not part of the repository; where it is absent only the sample community is measured. Everything
asked of it is written as files that `score_run.py`, which stands beside it, scores to the same figures.
"""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from indexer.channel_map_file import SHIPPED_MAP, load
from indexer.evaluation.metrics import (
    Bin,
    Labels,
    Marks,
    Numbers,
    RankingQuality,
    auroc,
    auroc_error,
    calibration_error,
    ranking_quality,
    reliability,
)
from indexer.evaluation.ranking import (
    Task,
    evaluate,
    five_fold,
    indexed,
    read_documents,
    read_labels,
    read_queries,
    write_run,
)
from indexer.evaluation.routing import route
from indexer.evaluation.sample import Judged, SampleQuality, folds, judged, quality, sample_index

SPLITS = (0, 1)  # seeds of the five-fold splits that feedback is measured by
THRESHOLDS = (0.5, 0.6, 0.7, 0.8)

Run = dict[str, list[tuple[str, float]]]


@dataclass(frozen=True, slots=True)
class Calibration:
    """How far confidence can be taken at its word: bins of equally many first hits, and their mean distance."""

    bins: Sequence[Bin]
    error: float

    @classmethod
    def of(cls, confidence: Numbers, right: Marks) -> Calibration:
        """From the confidence of first hits, and whether they help."""
        return cls(reliability(confidence, right), calibration_error(confidence, right))


@dataclass(frozen=True, slots=True)
class FaqRanking:
    """The FAQ's development half: nothing learnt from labels, and five-fold with them, a figure for each split."""

    plain: RankingQuality
    feedback: Sequence[RankingQuality]
    calibration: Calibration


@dataclass(frozen=True, slots=True)
class FaqTelling:
    """Telling answerable from unanswerable, and which department a question belongs to."""

    auroc: float
    error: float
    answerable: int
    unanswerable: int
    routed_at_1: float
    routed_at_3: float
    routed: int


@dataclass(frozen=True, slots=True)
class AtThreshold:
    """Speaking where the first hit is at least so sure: to how many, how often it helps, to how many without need."""

    threshold: float
    spoken: int
    first_helps: float
    one_of_three_helps: float
    without_match: int


@dataclass(frozen=True, slots=True)
class SampleFigures:
    """The sample community; confidence is five-fold, so that no question has seen itself."""

    quality: SampleQuality
    calibration: Calibration
    thresholds: Sequence[AtThreshold]


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
        feedback = []
        for seed in SPLITS:
            answers = five_fold(made, queries, labels, seed)
            write_run(runs / f"feedback-{seed}.trec", answers)
            feedback.append(quality_of(answers, labels))
    found = [(plain[query][0], grades) for query, grades in labels.items() if plain.get(query)]
    sure = np.array([score for (_, score), _ in found])
    right = np.array([document in grades for (document, _), grades in found])
    return FaqRanking(quality_of(plain, labels), feedback, Calibration.of(sure, right))


def quality_of(run: Run, labels: Labels) -> RankingQuality:
    """The figures of a run with scores."""
    return ranking_quality({query: [document for document, _ in found] for query, found in run.items()}, labels)


def faq_telling(faq: Path, runs: Path) -> FaqTelling:
    """Ask what cannot be answered, and where questions belong."""
    task = Task(faq / "abstain.corpus.dev.jsonl", faq / "abstain.queries.dev.jsonl", runs / "abstain.trec")
    evaluate(task)
    top: dict[str, float] = {}
    for line in task.run.read_text(encoding="utf-8").splitlines():
        query, _, _, _, score, _ = line.split()
        top.setdefault(query, float(score))
    asked = _lines(task.queries)
    sure = np.array([top.get(query["_id"], 0.0) for query in asked])
    can = np.array([bool(query["answerable"]) for query in asked])
    route(faq / "corpus.jsonl", faq / "routing.dev.jsonl", runs / "routed.jsonl")
    told = {query["_id"]: query["labels"] for query in _lines(runs / "routed.jsonl")}
    truth = _lines(faq / "routing.dev.jsonl")
    at = {k: np.mean([bool(set(told[one["_id"]][:k]) & set(one["units"])) for one in truth]) for k in (1, 3)}
    return FaqTelling(
        auroc(sure, can),
        auroc_error(sure, can),
        int(can.sum()),
        int((~can).sum()),
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
    right = np.array([question.first == 0 for question in questions])
    wanted = load(SHIPPED_MAP).thresholds
    levels = sorted({*THRESHOLDS, wanted.whisper, wanted.thread})
    return SampleFigures(
        quality(questions, sure.tolist()),
        Calibration.of(sure, right),
        [at for level in levels if (at := _at(level, questions, sure)).spoken],
    )


def _at(threshold: float, questions: Sequence[Judged], sure: Numbers) -> AtThreshold:
    spoken = [question for question, confidence in zip(questions, sure, strict=True) if confidence >= threshold]
    return AtThreshold(
        threshold,
        len(spoken),
        float(np.mean([question.first < 1 for question in spoken])) if spoken else 0.0,
        float(np.mean([question.first < 3 for question in spoken])) if spoken else 0.0,
        sum(not question.answerable for question in spoken),
    )


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
