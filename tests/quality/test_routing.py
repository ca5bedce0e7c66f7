"""Routing reaches its figures on a real municipal FAQ, where that is at hand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from indexer.evaluation.routing import route

FAQ = Path(__file__).parents[2].parent / "shared" / "data" / "localgovfaq"
AT_1, AT_3 = 0.78, 0.95  # measured .856 and .967; 215 queries


@pytest.mark.slow
@pytest.mark.skipif(not FAQ.exists(), reason="the municipal FAQ (not ours to redistribute) is not beside the checkout")
def test_departments_are_told_from_questions(tmp_path: Path) -> None:
    out = tmp_path / "routed.jsonl"
    route(FAQ / "corpus.jsonl", FAQ / "routing.dev.jsonl", out)
    found = {
        entry["_id"]: entry["labels"]
        for line in out.read_text(encoding="utf-8").splitlines()
        for entry in [json.loads(line)]
    }
    truth = [json.loads(line) for line in (FAQ / "routing.dev.jsonl").read_text(encoding="utf-8").splitlines()]
    at = {k: sum(bool(set(found[q["_id"]][:k]) & set(q["units"])) for q in truth) / len(truth) for k in (1, 3)}
    assert at[1] >= AT_1
    assert at[3] >= AT_3
