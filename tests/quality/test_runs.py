"""The independent scorer that stands beside the municipal FAQ gives the figures that the bench prints."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from indexer.evaluation.files import read_labels, write_run
from indexer.evaluation.metrics import auroc
from indexer.evaluation.retrieval import quality_of

SHARED = Path(__file__).parents[3] / "shared"
FAQ, SCORER = SHARED / "data" / "localgovfaq", SHARED / "tools" / "score_run.py"
pytestmark = pytest.mark.skipif(not SCORER.exists(), reason="the scorer is not beside the checkout")


def scored(kind: str, truth: Path, run: Path) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, str(SCORER), kind, str(truth), str(run)], capture_output=True, text=True, check=True
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def test_ranking_figures_are_those_of_the_scorer(tmp_path: Path) -> None:
    labels = read_labels(FAQ / "qrels.dev.tsv")
    documents = [json.loads(line)["_id"] for line in (FAQ / "corpus.jsonl").read_text(encoding="utf-8").splitlines()]
    chance = random.Random(0)
    run = {}
    for query, grades in list(labels.items())[:-5]:  # some queries found nothing
        found = [*chance.sample(documents, 20), *grades]
        chance.shuffle(found)
        run[query] = [(name, 1 - at / 100) for at, name in enumerate(dict.fromkeys(found))]
    write_run(tmp_path / "run.trec", run)
    own, theirs = quality_of(run, labels), scored("ranking", FAQ / "qrels.dev.tsv", tmp_path / "run.trec")
    assert [own.ndcg_at_10, own.recall_at_10, own.mrr_at_10, own.hit_at_1, own.hit_at_3, own.queries] == pytest.approx(
        [theirs[name] for name in ("nDCG@10", "recall@10", "MRR@10", "hit@1", "hit@3", "queries")], abs=5e-5
    )
    assert own.ndcg_at_10 > 0


def test_the_abstention_figure_is_that_of_the_scorer(tmp_path: Path) -> None:
    import numpy as np

    queries = FAQ / "abstain.queries.dev.jsonl"
    asked = [json.loads(line) for line in queries.read_text(encoding="utf-8").splitlines()]
    chance = random.Random(1)
    sure = [round(chance.random(), 1) for _ in asked]
    write_run(tmp_path / "a.trec", {one["_id"]: [("d", score)] for one, score in zip(asked, sure, strict=True)})
    own = auroc(np.array(sure), np.array([bool(one["answerable"]) for one in asked]))
    assert own == pytest.approx(scored("abstain", queries, tmp_path / "a.trec")["AUROC"], abs=5e-5)
