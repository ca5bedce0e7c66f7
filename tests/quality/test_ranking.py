"""Ranking and abstention on a municipal FAQ with graded relevance, nothing learned from labels."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from indexer.evaluation.files import read_labels
from indexer.evaluation.metrics import auroc
from indexer.evaluation.ranking import Task, evaluate

DATA = Path(__file__).parents[3] / "shared" / "data" / "localgovfaq"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not DATA.is_dir(), reason="the municipal FAQ may not be redistributed; it is measured where it is"
    ),
]


def run_of(path: Path) -> dict[str, list[tuple[str, float]]]:
    found: dict[str, list[tuple[str, float]]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        query, _, document, _, score, _ = line.split()
        found.setdefault(query, []).append((document, float(score)))
    return found


def test_ranking_reaches_what_was_promised(tmp_path: Path) -> None:
    evaluate(Task(DATA / "corpus.jsonl", DATA / "queries.dev.jsonl", tmp_path / "run.trec"))
    run, labels = run_of(tmp_path / "run.trec"), read_labels(DATA / "qrels.dev.tsv")
    discounts = 1 / np.log2(np.arange(10) + 2)
    gained = []
    for query, given in labels.items():
        grades = [given.get(document, 0) for document, _ in run.get(query, [])[:10]]
        ideal = sorted(given.values(), reverse=True)[:10]
        gained.append(float(np.dot(grades, discounts[: len(grades)]) / np.dot(ideal, discounts[: len(ideal)])))
    assert np.mean(gained) >= 0.570


def test_confidence_tells_answerable_from_unanswerable(tmp_path: Path) -> None:
    evaluate(Task(DATA / "abstain.corpus.dev.jsonl", DATA / "abstain.queries.dev.jsonl", tmp_path / "run.trec"))
    run = run_of(tmp_path / "run.trec")
    lines = (DATA / "abstain.queries.dev.jsonl").read_text(encoding="utf-8").splitlines()
    asked = [json.loads(line) for line in lines]
    top = np.array([run.get(query["_id"], [("", 0.0)])[0][1] for query in asked])
    assert auroc(top, np.array([query["answerable"] for query in asked])) >= 0.75
