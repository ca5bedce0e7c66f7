"""Labels learnt from labelled threads, and the command that measures it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from indexer.cli import app
from indexer.errors import BadInputError, NoSuchFileError
from indexer.evaluation.routing import route
from indexer.routing import Example, LabelModel, Neighbours, WordModel, ranked, voted
from indexer.text.glossary import Glossary, Term

TAX = [
    Example("固定資産税の納付書を再発行したい", "税務課で納付書を再発行します。", "税"),
    Example("住民税の課税証明書が必要", "課税証明書は税務課の窓口で取れます。", "税"),
    Example("軽自動車税の減免を受けたい", "減免の申請書を税務課に出してください。", "税"),
]
WASTE = [
    Example("粗大ごみの収集を頼みたい", "収集日は清掃事務所で予約します。", "清掃"),
    Example("燃えるごみの日を知りたい", "収集日は地区の一覧にあります。", "清掃"),
    Example("古紙の回収はいつか", "古紙の回収は月に1回です。", "清掃"),
]


def test_words_tell_the_label_and_probabilities_add_up() -> None:
    found = WordModel([*TAX, *WASTE]).of("住民税の納付書について")
    assert max(found, key=found.__getitem__) == "税"
    assert sum(found.values()) == pytest.approx(1)


def test_words_of_the_glossary_count_too() -> None:
    glossary = Glossary([Term("ごみ", ("廃棄物", "ごみ"))])
    plain, wide = WordModel([*TAX, *WASTE]), WordModel([*TAX, *WASTE], glossary)
    assert wide.of("廃棄物")["清掃"] > plain.of("廃棄物")["清掃"]
    assert Neighbours([*TAX, *WASTE], glossary).of("廃棄物")["清掃"] > 0.9


def test_threads_without_a_label_teach_nothing() -> None:
    unknown = Example("軽自動車税の相談", "", None)
    model = LabelModel([*TAX, *WASTE, unknown])
    assert {label for label, _ in model.of("軽自動車税")} == {"税", "清掃"}


@pytest.mark.parametrize("examples", [[], [Example("相談", "回答", None)]])
def test_nothing_learnt_is_nothing_said(examples: list[Example]) -> None:
    assert LabelModel(examples).of("住民税") == []


def test_one_label_only_is_that_label() -> None:
    assert LabelModel(TAX).of("住民税")[0] == ("税", 1.0)


@pytest.mark.parametrize("text", ["", "？", "🎉" * 50, "\ud800", "a" * 40_000])
def test_any_text_gets_an_order_of_labels(text: str) -> None:
    assert len(LabelModel([*TAX, *WASTE, Example("道路の穴", "直します。", "土木")]).of(text)) == 3


def test_more_than_two_labels_and_the_words_that_tell() -> None:
    model = WordModel([*TAX, *WASTE, Example("道路に穴がある", "土木課が道路を直します。", "土木")])
    found = model.of("道路が傷んでいる")
    assert max(found, key=found.__getitem__) == "土木"
    assert model.telling("道路が傷んでいる", "無い") == []


def test_votes_fall_off_with_distance_and_witnesses_are_averaged() -> None:
    shares = voted(["a", "b", "b"], [1.0, 0.4, 0.4])
    assert shares["a"] > shares["b"]
    assert voted([], []) == {}
    assert ranked({"a": 0.4, "b": 0.6}, {"a": 1.0}) == [("a", 0.7), ("b", 0.3)]
    assert ranked({"a": 0.4, "b": 0.6}, {}) == [("b", 0.6), ("a", 0.4)]


def written(path: Path, entries: list[dict[str, object]]) -> Path:
    path.write_text("".join(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries), encoding="utf-8")
    return path


def documents(path: Path) -> Path:
    entries: list[dict[str, object]] = [
        {
            "_id": str(number),
            "title": one.question,
            "text": f"{one.answer}【お問い合わせ】。古紙係。",
            "unit": one.label,
        }
        for number, one in enumerate((*TAX, *WASTE))
    ]
    return written(path / "corpus.jsonl", entries)


def test_the_command_writes_ranked_labels_and_says_how_many(tmp_path: Path) -> None:
    asked = written(tmp_path / "queries.jsonl", [{"_id": "1", "text": "古紙"}, {"_id": "2", "text": "課税証明書"}])
    out = tmp_path / "routed.jsonl"
    arguments = [
        "evaluate",
        "routing",
        "--corpus",
        str(documents(tmp_path)),
        "--queries",
        str(asked),
        "--out",
        str(out),
    ]
    done = CliRunner().invoke(app, [*arguments, "--json"])
    assert done.exit_code == 0
    assert json.loads(done.stdout) == {"documents": 6, "labelled": 6, "labels": 2, "queries": 2}
    routed = [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]
    assert [(entry["_id"], entry["labels"][0]) for entry in routed] == [("1", "清掃"), ("2", "税")]


def test_the_contact_names_the_department_and_is_not_learnt_from(tmp_path: Path) -> None:
    asked = written(tmp_path / "queries.jsonl", [{"_id": "1", "text": "古紙係"}])
    route(documents(tmp_path), asked, tmp_path / "routed.jsonl")
    assert json.loads((tmp_path / "routed.jsonl").read_text(encoding="utf-8"))["labels"][0] == "清掃"


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"title": "a"}', '{"title": "a", "text": "b", "unit": 3}', '{"title": "a", "text": "b"}']
)
def test_a_corpus_that_cannot_be_learnt_from_is_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / "corpus.jsonl").write_text(line + "\n", encoding="utf-8")
    asked = written(tmp_path / "queries.jsonl", [{"_id": "1", "text": "古紙"}])
    with pytest.raises(BadInputError):
        route(tmp_path / "corpus.jsonl", asked, tmp_path / "routed.jsonl")


def test_a_file_that_is_not_there_or_cannot_be_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoSuchFileError):
        route(tmp_path / "none.jsonl", tmp_path / "none.jsonl", tmp_path / "out.jsonl")
    asked = written(tmp_path / "queries.jsonl", [{"_id": "1", "text": "古紙"}])
    with pytest.raises(BadInputError):
        route(documents(tmp_path), asked, tmp_path / "no" / "such" / "folder.jsonl")
