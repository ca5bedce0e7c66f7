"""How good search and its confidence are on the sample community, whose questions are labelled by hand.

`data/eval/questions.jsonl` has questions that nobody asked in `data/sample`, each with the resolved threads that answer
it, or none. What is fitted to them (the shipped coefficients of confidence) is measured five-fold.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.config import SHIPPED
from indexer.encoders.models import COMMUNITY
from indexer.evaluation.isolated import Isolated, Learn, isolated
from indexer.evaluation.metrics import auroc, calibration_error
from indexer.model import Query
from indexer.municipalities import shipped
from indexer.ranking import FEATURES, Confidence, Units
from indexer.search import Search
from indexer.sources.slack_export import import_slack

QUESTIONS = SHIPPED / "eval" / "questions.jsonl"
SEEN = 5  # hits of a question that are judged
FOLDS = 5
WHAT = "data/eval/questions.jsonl on data/sample, the first hit of each question; five-fold:"
ANSWERED = 0.9  # the share of answerable questions at which silence on the others is told

Rows = NDArray[np.float32]
Marks = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Judged:
    """A question's hits: a row of FEATURES each, and whether the thread helps; and whether any thread could."""

    rows: Rows
    helps: Marks
    answerable: bool

    @property
    def first(self) -> int:
        """The place of the first hit that helps; SEEN where none does."""
        places = np.flatnonzero(self.helps)
        return int(places[0]) if len(places) else SEEN


@dataclass(frozen=True, slots=True)
class SampleQuality:
    """hit@k of the answerable; how well confidence tells: AUROC, silence on the unanswerable, calibration error."""

    questions: int
    answerable: int
    hit_at_1: float
    hit_at_3: float
    auroc_of_answerable: float
    auroc_of_first_hit_right: float
    silence_at_90_percent_answered: float
    expected_calibration_error: float


def sample_index(encoder: str = COMMUNITY, learn: Learn | None = None) -> AbstractContextManager[Isolated]:
    """The sample community, indexed in a folder that is gone at the end of the block."""
    return isolated(lambda database: import_slack(SHIPPED / "sample", database, datetime.now(UTC)), encoder, learn)


def judged(search: Search) -> list[Judged]:
    """All labelled questions, asked."""
    lines = QUESTIONS.read_text(encoding="utf-8").splitlines()
    return [_judged(search, json.loads(line)) for line in lines]


def quality(questions: Sequence[Judged], confidence: Sequence[float]) -> SampleQuality:
    """Figures from the `confidence` of each question's first hit."""
    can = np.array([question.answerable for question in questions])
    firsts = np.array([question.first for question in questions if question.answerable])
    top = np.array(confidence)
    threshold = np.quantile(top[can], 1 - ANSWERED, method="lower")
    helps = np.array([bool(question.helps[:1].any()) for question in questions])
    return SampleQuality(
        len(questions),
        int(can.sum()),
        float((firsts < 1).mean()),
        float((firsts < 3).mean()),
        auroc(top, can),
        auroc(top, helps),
        float((top[~can] < threshold).mean()),
        calibration_error(top, helps),
    )


def folds(questions: Sequence[Judged], units: Units, seed: int = 0) -> list[float]:
    """The confidence of each question's first hit, by coefficients fitted to the other four fifths."""
    fold = np.random.default_rng(seed).permutation(len(questions)) % FOLDS
    sure = np.zeros(len(questions))
    for part in range(FOLDS):
        made = fitted([question for at, question in enumerate(questions) if fold[at] != part], units)
        for at in np.flatnonzero(fold == part).tolist():
            rows = questions[at].rows
            sure[at] = made.best(rows) if len(rows) else 0.0
    return sure.tolist()


def fitted(questions: Sequence[Judged], units: Units, told: Mapping[str, float] | None = None) -> Confidence:
    """Coefficients from these questions' first hits; `told`: the figures to be kept with them."""
    found = [question for question in questions if len(question.rows)]
    rows = np.stack([units.strongest(question.rows) for question in found])
    facts = {"what": WHAT, **{name: round(figure, 3) for name, figure in (told or {}).items()}}
    return Confidence.fit(units, rows, np.array([bool(question.helps[0]) for question in found]), facts)


def _judged(search: Search, question: dict[str, Any]) -> Judged:
    place = shipped().of(question["asker"])
    hits = search.similar(Query(question["text"], k=SEEN, municipality=place.code if place else None))
    right = {(label["channel"], label["ts"]) for label in (*question["relevant"], *question["also"])}
    helps = [(hit.thread.channel.name, hit.thread.ref.message_id) in right for hit in hits]
    rows = [[hit.evidence[name] for name in FEATURES] for hit in hits]
    return Judged(
        np.array(rows, np.float32).reshape(-1, len(FEATURES)), np.array(helps, np.bool_), bool(question["answerable"])
    )
