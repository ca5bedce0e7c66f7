"""`evaluate ranking`: the run is well formed and the same each time, labels change it, and bad input is said."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from typer.testing import CliRunner

from indexer.cli import app
from indexer.errors import BadInputError
from indexer.evaluation.files import read_labels
from indexer.evaluation.ranking import Task, evaluate

DOCUMENTS = {
    "d1": ("住民票の写しの請求", "窓口か郵送で請求できます"),
    "d2": ("粗大ごみの申し込み", "電話で受け付けています"),
    "d3": ("", "図書館の利用案内は館内にあります"),
    "d4": ("原動機付自転車の廃車", ""),
}
QUERIES = {"q1": "住民票がほしい", "q2": "バイクを廃車にする", "q3": "😀"}


def lines(path: Path, rows: list[dict[str, str]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def task(tmp_path: Path) -> Task:
    corpus = [{"_id": name, "title": title, "text": text} for name, (title, text) in DOCUMENTS.items()]
    queries = [{"_id": name, "text": text} for name, text in QUERIES.items()]
    return Task(lines(tmp_path / "c.jsonl", corpus), lines(tmp_path / "q.jsonl", queries), tmp_path / "run" / "o.trec")


def test_the_run_falls_strictly_and_is_the_same_each_time(task: Task) -> None:
    assert evaluate(task).documents == 4
    first = task.run.read_text(encoding="utf-8")
    rows = [line.split() for line in first.splitlines()]
    assert {row[0] for row in rows} == {"q1", "q2"}
    for query, best in (("q1", "d1"), ("q2", "d4")):
        found = [row for row in rows if row[0] == query]
        assert found[0][2] == best
        assert [int(row[3]) for row in found] == list(range(1, len(found) + 1))
        scores = [float(row[4]) for row in found]
        assert all(1 >= higher > lower >= 0 for higher, lower in pairwise(scores))
    evaluate(task)
    assert task.run.read_text(encoding="utf-8") == first


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("c.jsonl", ""),
        ("c.jsonl", "{"),
        ("c.jsonl", '{"title": "x"}'),
        ("c.jsonl", '{"_id": "a b", "title": "x"}'),
        ("c.jsonl", '{"_id": "a", "title": "x"}\n{"_id": "a", "title": "y"}'),
        ("c.jsonl", '{"_id": "a", "title": 3}'),
        ("c.jsonl", '{"_id": "a", "title": " ", "text": null}'),
        ("q.jsonl", '{"_id": "a"}'),
    ],
)
def test_bad_input_is_said_with_exit_code_2(task: Task, name: str, text: str) -> None:
    (task.corpus.parent / name).write_text(text, encoding="utf-8")
    with pytest.raises(BadInputError, match=name) as caught:
        evaluate(task)
    assert caught.value.exit_code == 2


def test_labels_need_their_columns(tmp_path: Path) -> None:
    path = tmp_path / "qrels.tsv"
    path.write_text("query-id\tcorpus-id\tscore\nq1\td1\t2\nq1\td2\tmany\n", encoding="utf-8")
    with pytest.raises(BadInputError, match=":3"):
        read_labels(path)


def test_feedback_needs_both_files(task: Task) -> None:
    options = ["--corpus", task.corpus, "--queries", task.queries, "--run", task.run, "--feedback", task.corpus]
    done = CliRunner().invoke(app, ["evaluate", "ranking", *map(str, options)])
    assert isinstance(done.exception, BadInputError)
