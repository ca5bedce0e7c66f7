"""`evaluate history`: questions from the record, nothing leaked, and no advice on what may be chance."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from builders import NOON, WORKSPACE, channel, message, ref
from typer.testing import CliRunner

from indexer.cli import app
from indexer.corpus import Corpus, Database
from indexer.encoders.models import COMMUNITY
from indexer.errors import EncoderUnavailableError
from indexer.evaluation.files import Document
from indexer.evaluation.history import FEWEST, Comparison, Measured, Question, Record, compare, record_of
from indexer.evaluation.history_words import facts, verdict
from indexer.evaluation.metrics import difference
from indexer.model import Mark, MarkKind, Workspace
from indexer.resolution import ResolutionRules


@pytest.fixture
def database(tmp_path: Path) -> Database:
    opened = Database(f"sqlite:///{tmp_path / 'kyoso.sqlite3'}")
    opened.migrate()
    with opened.begin() as connection:
        corpus = Corpus(connection)
        corpus.record_workspace(Workspace(WORKSPACE, "test", "https://test.slack.com"))
        corpus.record_channels([channel()], NOON)
        for number in range(10, 50, 2):
            root, answer = f"17000000{number}.000001", f"17000000{number + 1}.000001"
            said = f"質問の{number}番は証明書の発行についてです"
            corpus.record([message(root, said, minutes=number)], NOON)
            corpus.record(
                [message(answer, f"回答の{number}番は再起動で直りました", root=root, minutes=number + 1)], NOON
            )
            corpus.mark(ref(root), Mark(MarkKind.RESOLVED, "U1", NOON, answer))
        link = "こちらで議論されていますよ https://test.slack.com/archives/C0HELP/p1700000012000001"
        corpus.record([message("1700000010.000009", link, root="1700000010.000001", author="U2", minutes=90)], NOON)
    return opened


def test_what_is_held_out_is_nowhere_to_be_learnt_from(database: Database) -> None:
    record = record_of(database, ResolutionRules())
    assert len(record.pairs) == 3  # a fifth of the eighteen that no link touches
    assert len(record.documents) == 20
    held = {question.right for question in record.pairs}
    searched = {document.id: f"{document.title}\n{document.text}" for document in record.documents}
    for question in record.pairs:
        assert not any(question.text in text for text in searched.values())
        assert "回答の" in searched[str(question.right)]
    (link,) = record.links
    assert "10番" in link.text
    assert "質問の12番" in searched[str(link.right)]
    assert "質問の10番" in searched[str(link.own)]
    assert not held & {link.right, link.own}


def test_a_small_community_is_told_that_nothing_can_be_told(database: Database) -> None:
    found = compare(record_of(database, ResolutionRules()), ["community", "other/model"])
    assert not found.enough
    assert found.better is None
    assert found.measured == []  # nothing was loaded or fetched for it
    assert "50 件以上" in verdict(found, "ja")[-1]
    assert "4" in verdict(found, "en")[-1]


def told(second: list[float], first: list[float]) -> Comparison:
    slow = Measured("big/model", second[:10], second[10:], 60.0, 45.0, 80.0, 1400.0)
    quick = Measured("community", first[:10], first[10:], 10.0, 5.0, 9.0, 600.0)
    return Comparison(10, len(first) - 10, [quick, slow], difference(second, first))


def test_a_sure_gain_is_advised_with_its_cost() -> None:
    found = told([1.0] * 60, [0.5] * 60)
    assert found.better == "big/model"
    advice = verdict(found, "ja")[-1]
    assert "big/model をお使いください" in advice
    assert "1問あたり 40.0 ミリ秒、メモリー 800 MB、学習と索引づくり 50 秒が余分にかかります" in advice
    assert facts(found, "ja")["better"] == "big/model"


def test_what_may_be_chance_leaves_the_lighter_one_in_place() -> None:
    found = told([1.0, 0.5] * 30, [0.5, 1.0] * 29 + [0.5, 0.9])
    assert found.better is None
    assert "偶然の範囲" in verdict(found, "ja")[-1]
    assert "community" in verdict(found, "en")[-1]


def test_where_nothing_is_found_no_encoder_is_advised() -> None:
    found = told([0.0] * 60, [0.0] * 60)
    assert found.better is None
    assert verdict(found, "ja")[-1] == "どのエンコーダーでも正しいスレッドが一つも見つからず、比べられません。"
    assert "nothing can be compared" in verdict(found, "en")[-1]


def test_a_model_that_cannot_be_loaded_is_told_before_the_communitys_is_trained() -> None:
    threads = [Document(str(number), f"証明書の質問{number}", f"回答{number}") for number in range(1, FEWEST + 1)]
    record = Record(threads, [], [Question(one.title, int(one.id), None) for one in threads])
    begun: list[str] = []
    with pytest.raises(EncoderUnavailableError) as failed:
        compare(record, [COMMUNITY, "/no/such/model"], begun.append)
    assert begun == ["/no/such/model"]
    assert "/no/such/model" in failed.value.text("ja")


def test_the_command_says_it_as_json(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KYOSO_DATA_DIR", str(tmp_path))
    done = CliRunner().invoke(app, ["evaluate", "history", "--json"])
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert (said["links"], said["pairs"], said["enough"], said["better"]) == (1, 3, False, None)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_a_community_of_some_size_is_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from indexer.config import SHIPPED

    monkeypatch.setenv("KYOSO_DATA_DIR", str(tmp_path))
    assert CliRunner().invoke(app, ["import", "slack", str(SHIPPED / "sample")]).exit_code == 0
    done = CliRunner().invoke(app, ["evaluate", "history", "--json"])
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout)
    assert said["links"] >= 20
    (one,) = said["encoders"]
    assert 0 < one["pairs_mrr_at_10"] < 1
    assert one["links_mrr_at_10"] > 0
    assert not (tmp_path / "models").exists()  # the community's own model and index are left alone
