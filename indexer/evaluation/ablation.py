"""What each part of the search is worth: taken out in the product itself, the rest left as people are served with.

What changes the index (how words are cut, what the encoder learnt from, which fields there are) is a `Making`, built in
a process of its own. What only changes how it is asked (glossary, weights, collapse) is varied on one index.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field, replace
from enum import StrEnum
from pathlib import Path

import numpy as np

from indexer.encoders import CommunityEncoder
from indexer.encoders.training import DIMENSION, Pair, Trained, train, untrained
from indexer.evaluation.files import Asked, Document, read_documents, read_labels, read_queries, write_run
from indexer.evaluation.isolated import Learn
from indexer.evaluation.metrics import Labels, ndcg, recall
from indexer.evaluation.ranking import indexed
from indexer.evaluation.sample import judged, sample_index
from indexer.ranking import Ranker
from indexer.ranking.ranker import WEIGHTS
from indexer.search import Parts
from indexer.text import Cutting, cut_by
from indexer.text.fields import CONTACT
from indexer.text.glossary import Glossary, shipped
from indexer.text.tokens import SHIPPED_CUTTING

Row = tuple[Sequence[str], Mapping[str, int]]  # documents found, and the labels there are

BEYOND_WORDS = (
    *("resolved", "accepted_by_asker", "thanked", "recency"),
    *("same_channel", "same_prefecture", "likeness"),
)


class Training(StrEnum):
    """What the community encoder is made of."""

    ALL = "all"
    THREADS = "threads"  # without the glossary's pairs
    START = "start"  # the analysis of what stands together alone
    NONE = "none"  # no encoder: every vector is zero


class Fields(StrEnum):
    """Which parts of a document are searched, and whether apart. Measured on documents, not on threads."""

    APART = "apart"
    JOINED = "joined"
    QUESTION = "question"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True)
class Making:
    """What an index is made by."""

    cutting: Cutting = SHIPPED_CUTTING
    training: Training = Training.ALL
    fields: Fields = Fields.APART


SHIPPED_MAKING = Making()


@dataclass(frozen=True, slots=True)
class Variant:
    """The search with something else than what people are served with; `name` is that of its run file."""

    name: str
    said: str
    making: Making = SHIPPED_MAKING
    glossary: bool = True
    collapse: bool = True
    without: tuple[str, ...] = ()
    only: Mapping[str, float] = field(default_factory=dict)

    def of(self, parts: Parts) -> Parts:
        """The parts that this variant is served with."""
        weights = self.only or {name: weight for name, weight in WEIGHTS.items() if name not in self.without}
        glossary = parts.glossary if self.glossary else Glossary(())
        return replace(parts, ranker=Ranker.of(weights), glossary=glossary, collapse=self.collapse)


_NONE = Making(training=Training.NONE)
NEAR = ("near_question", "near_thread")
WHOLE = Variant("whole", "**everything, as shipped**")
VARIANTS = (
    WHOLE,
    Variant("mode-b", "words in Sudachi's mode B", Making(Cutting(mode="B"))),
    Variant("mode-c", "words in Sudachi's mode C", Making(Cutting(mode="C"))),
    Variant("no-groups", "words by normalised form, without synonym groups", Making(Cutting(groups=False))),
    Variant(
        "no-forms",
        "words as the dictionary has them, no normalised form",
        Making(Cutting(groups=False, normalised=False)),
    ),
    Variant("function-words", "particles, auxiliaries and punctuation too", Making(Cutting(content=False))),
    Variant("no-kanji", "without single kanji", Making(Cutting(kanji=False))),
    Variant("no-glossary", "without the glossary anywhere", Making(training=Training.THREADS), glossary=False),
    Variant("no-widening", "without the glossary in the query", glossary=False),
    Variant("no-synonyms", "without the glossary in training", Making(training=Training.THREADS)),
    Variant("no-encoder", "without the encoder", _NONE),
    Variant("start", "the encoder not trained on question and answer", Making(training=Training.START)),
    Variant("no-pieces", "the encoder without kanji and pairs of characters", Making(Cutting(pieces=False))),
    Variant("no-question-cosine", "without query to question by the encoder", without=("question_wide",)),
    Variant("no-answer-cosine", "without query to answer by the encoder", without=("answer_wide",)),
    Variant("joined", "question and answer as one field", Making(fields=Fields.JOINED)),
    Variant("question-only", "the question alone", Making(fields=Fields.QUESTION)),
    Variant("answer-only", "the answer alone", Making(fields=Fields.ANSWER)),
    Variant("no-lexical", "without BM25 in the order", without=("lexical",)),
    Variant("no-near-words", "without near words (`soft_cover`, `soft_told`)", without=("soft_cover", "soft_told")),
    Variant("no-meanings", "without everyday meanings (`near_question`, `near_thread`)", without=NEAR),
    Variant("no-cover", "without coverage of the thread (`cover_thread`)", without=("cover_thread",)),
    Variant("no-beyond", "without evidence beyond words", without=BEYOND_WORDS),
    Variant("no-recency", "without recency", without=("recency",)),
    Variant("no-likeness", "without municipality likeness and prefecture", without=("likeness", "same_prefecture")),
    Variant("no-collapse", "without the collapse of questions asked twice", collapse=False),
    Variant("bm25-glossary", "BM25 with glossary, nothing else", _NONE, only={"lexical": 1.0}),
    Variant("bm25-kanji", "BM25 with kanji, nothing else", _NONE, glossary=False, only={"lexical": 1.0}),
    Variant(
        "bm25",
        "BM25 over words, nothing else",
        Making(Cutting(kanji=False), Training.NONE),
        glossary=False,
        only={"lexical": 1.0},
    ),
)


@dataclass(frozen=True, slots=True)
class Faq:
    """A labelled collection of questions and answers."""

    documents: Sequence[Document]
    queries: Sequence[Asked]
    labels: Labels

    @classmethod
    def read(cls, folder: Path) -> Faq:
        """The development half of a BEIR-style folder."""
        return cls(
            read_documents(folder / "corpus.jsonl"),
            read_queries(folder / "queries.dev.jsonl"),
            read_labels(folder / "qrels.dev.tsv"),
        )


@dataclass(frozen=True, slots=True)
class Outcome:
    """One variant, query by query: nDCG@10 and recall@10 on the FAQ, hits on the sample; empty where not measured."""

    variant: Variant
    ndcg: Sequence[float]
    recall: Sequence[float]
    hit_at_1: Sequence[float]
    hit_at_3: Sequence[float]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is measured: on which FAQ (None: on the sample community alone), which variants, where runs are written."""

    faq: Path | None
    runs: Path
    variants: Sequence[Variant] = VARIANTS


def ablate(plan: Plan, progress: Callable[[int, int], None] | None = None) -> list[Outcome]:
    """Measure every variant; a process for each index, as many at a time as there are cores."""
    makings = list(dict.fromkeys(variant.making for variant in plan.variants))
    found: dict[str, Outcome] = {}
    alone = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(os.cpu_count(), alone, max_tasks_per_child=1) as pool:
        for task in as_completed([pool.submit(_measured, making, plan) for making in makings]):
            found |= {outcome.variant.name: outcome for outcome in task.result()}
            if progress is not None:
                progress(len(found), len(plan.variants))
    return [found[variant.name] for variant in plan.variants]


def _measured(making: Making, plan: Plan) -> list[Outcome]:
    cut_by(making.cutting)
    variants = [variant for variant in plan.variants if variant.making == making]
    faq = _on_faq(making, variants, plan) if plan.faq is not None else {}
    sample = _on_sample(making, variants) if making.fields is Fields.APART else {}
    outcomes = []
    for variant in variants:
        rows, firsts = faq.get(variant.name, ()), sample.get(variant.name, ())
        outcomes.append(
            Outcome(
                variant,
                [ndcg(found, grades) for found, grades in rows],
                [recall(found, grades) for found, grades in rows],
                [float(place < 1) for place in firsts],
                [float(place < 3) for place in firsts],
            )
        )
    return outcomes


def _on_faq(making: Making, variants: Sequence[Variant], plan: Plan) -> dict[str, list[Row]]:
    """What each labelled query found, beside its labels."""
    assert plan.faq is not None
    faq = Faq.read(plan.faq)
    documents = [_fielded(document, making.fields) for document in faq.documents]
    rows: dict[str, list[Row]] = {}
    with indexed(documents, learn=_learner(making, faq.documents)) as made:
        for variant in variants:
            served = made.by(variant.of)
            run = {query.id: served.answers(query.text) for query in faq.queries}
            write_run(plan.runs / f"ablation-{variant.name}.trec", run)
            rows[variant.name] = [
                ([document for document, _ in run.get(query, ())], grades) for query, grades in faq.labels.items()
            ]
    return rows


def _on_sample(making: Making, variants: Sequence[Variant]) -> dict[str, list[int]]:
    """The place of the first thread that helps with each answerable question of the sample community."""
    with sample_index(learn=_learner(making)) as made:
        return {
            variant.name: [found.first for found in judged(made.open(variant.of)) if found.answerable]
            for variant in variants
        }


def _learner(making: Making, documents: Sequence[Document] = ()) -> Learn | None:
    """How the encoder is made; None: as for everybody. What is searched in fewer fields is still learnt from all."""
    if making.fields is Fields.APART:
        return None if making.training is Training.ALL else lambda pairs: _encoder(pairs, making.training)
    apart = [Pair(document.title, CONTACT.sub("", document.text)) for document in documents]
    return lambda _: _encoder(apart, making.training)


def _encoder(pairs: Sequence[Pair], training: Training) -> Trained:
    if training is Training.ALL:
        return train(pairs, synonyms=shipped().pairs)
    if training is Training.THREADS:
        return train(pairs)
    start = untrained(pairs)
    if training is Training.START:
        return start
    return Trained(CommunityEncoder.of([], np.zeros((0, DIMENSION), np.float32)), start.report)


def _fielded(document: Document, fields: Fields) -> Document:
    answer = CONTACT.sub("", document.text)
    if fields is Fields.JOINED:
        return replace(document, title=f"{document.title}\n{answer}", text="")
    if fields is Fields.QUESTION:
        return replace(document, text="")
    if fields is Fields.ANSWER:
        return replace(document, title=answer or document.title, text="")
    return document
