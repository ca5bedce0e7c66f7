"""Whatever is typed gets an answer or a clear message: search, `/similar`, routing and both commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from builders import NOON, WORKSPACE, channel, message
from hostile import HOSTILE
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from town import Town
from typer.testing import CliRunner

from bot.cli import app
from bot.routing import Router
from bot.similar import Place, Similar
from indexer import bootstrap
from indexer.config import Settings
from indexer.corpus import Corpus, Database
from indexer.errors import KyosoError
from indexer.model import Query, Workspace
from indexer.search import Search

# Pieces that mean something to a tokenizer, a query language, a command line or a platform, in every script.
PIECES = st.sampled_from(
    (
        *("住民票", "ｺﾝﾋﾞﾆ", "ｶﾞ", "ﾞ", "ゝ", "〜", "㈱", "①", "𠮷", "葛\U000e0100", "が", "か\u3099", "ー" * 9),
        *("😀", "👨‍👩‍👧‍👦", "🏳️‍🌈", "🇯🇵", "\u200b", "\u202e", "\ufeff", "\x00", "\ud800", "\r\n", "\t", "\u2028"),
        *('"', "'", "\\", "*", "?", "~2", "^3", "AND", "OR", "NOT", "title:", "[a TO b]", "{", "}", "/.*/", "-", "--k"),
        *("<@U123>", "<!channel>", "@here", "#防災", "https://a.example/?q=%E3", "channel:", "県:", "規模:1-", "期間:"),
        *(
            "' OR 1=1 --",
            "%s%n",
            "${HOME}",
            "$(id)",
            "../../etc",
            "<script>",
            "NaN",
            "1e999",
            "-0",
            "Ωмега",
            "عربى",
            "हि",
        ),
    )
)
TEXTS = st.one_of(
    st.text(st.characters(codec=None), max_size=300),
    st.lists(PIECES, max_size=60).map("".join),
    st.tuples(PIECES, st.integers(1, 40_000)).map(lambda drawn: (drawn[0] * drawn[1])[:40_000]),
)
SLOWLY = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
FEW = settings(SLOWLY, max_examples=8)


def fill(corpus: Corpus) -> None:
    corpus.record_workspace(Workspace(WORKSPACE, "test"))
    corpus.record_channels([channel()], NOON)
    for number, text in enumerate(
        ("住民票の写しをコンビニで出せません", "避難所の受付を電子化したい", "'; DROP TABLE threads; --")
    ):
        root, checked = str(10 * number + 10), {"white_check_mark": ("U1",)}
        corpus.record([message(root, text)], NOON)
        corpus.record([message(f"{root}1", "設定を直したら出ました", root=root, author="U2", reactions=checked)], NOON)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: Path = tmp_path_factory.mktemp("hostile")
    with bootstrap.database(Settings(data_dir=made)) as database:
        with database.begin() as connection:
            fill(Corpus(connection))
        bootstrap.build(Settings(data_dir=made), database).builder.index()
    return made


@pytest.fixture(scope="module")
def search(folder: Path) -> Search:
    return bootstrap.open_search(Settings(data_dir=folder), Database(Settings(data_dir=folder).url))


@given(text=TEXTS, k=st.integers(-1, 200), everything=st.booleans())
@SLOWLY
def test_search_answers_anything(search: Search, text: str, k: int, *, everything: bool) -> None:
    hits = search.similar(Query(text, k=k, resolved_only=not everything))
    assert len(hits) <= max(k, 0)
    assert all(0 <= hit.confidence <= 1 for hit in hits)


@given(text=TEXTS)
@SLOWLY
def test_similar_and_route_reply_to_anything(database: Database, text: str) -> None:
    town = Town(database)
    assert Similar(town.community).look_up(Place(WORKSPACE, "U1", "C0HELP"), text).text is not None
    assert isinstance(Router(town.community).route(text), list)


@pytest.mark.slow
@pytest.mark.parametrize("command", ["similar", "route"])
def test_the_commands_answer_the_hostile(command: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KYOSO_DATA_DIR", str(folder))
    for text in HOSTILE:
        answered(command, text)


@pytest.mark.slow
@given(text=TEXTS)
@FEW
def test_similar_answers_anything_on_the_command_line(folder: Path, text: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("KYOSO_DATA_DIR", str(folder))
        answered("similar", text)


def answered(command: str, text: str) -> None:
    done = CliRunner().invoke(app, [command, "--json", "--", text])
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        assert isinstance(done.exception, KyosoError), f"{command} {text[:40]!r}: {done.exception!r}"
        return
    assert done.exit_code == 0
    assert isinstance(json.loads(done.stdout.strip().rsplit("\n", 1)[-1]), dict)
