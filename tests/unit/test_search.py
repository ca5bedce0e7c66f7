"""Search: finds threads, follows the corpus, shows nobody what they may not open, and survives any text."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from builders import NOON, channel, member, message, ref
from hostile import HOSTILE
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from threadpoolctl import threadpool_info, threadpool_limits

from indexer.bootstrap import build, open_search
from indexer.config import Settings
from indexer.corpus import Corpus, Database
from indexer.errors import IndexMissingError, SnapshotMismatchError
from indexer.model import Audience, MessageKind, Query, Visibility
from indexer.search import Search

CHECKED = {"white_check_mark": ("U1",)}
THREADS = {
    "10": ("コンビニ交付で証明書が出ません。原因が分かる方いますか", "証明書発行サーバを再起動したら直りました"),
    "20": ("RPAで自動化できない事務はどうしていますか", "参照する書類を先に減らしてから自動化しました"),
    "30": ("避難所の受付をタブレットで行いたいです", "二次元コードで受け付ける仕組みを作りました"),
    "40": ("学校端末の更新周期と財政への説明について", "近隣市のアンケートを材料にして説明しました"),
}
SECRET = Audience(channels=frozenset({(channel("C0SECRET").workspace_id, "C0SECRET")}))


def fill(database: Database) -> None:
    with database.begin() as connection:
        corpus = Corpus(connection)
        corpus.record_channels(
            [channel(), channel("C0RPA", "RPA・BPR"), channel("C0SECRET", "運営", private=True, members=("U9",))], NOON
        )
        corpus.record_members(
            [member("U1", "福岡市", "401307"), member("U2", "上島町", "383562"), member("U3", "札幌市", "011002")], NOON
        )
        for number, (question, answer) in THREADS.items():
            root = message(number, question, author="U1" if number != "30" else "U2")
            reply = message(str(int(number) + 1), answer, root=number, author="U3", reactions={})
            corpus.record([root, reply], NOON)
            corpus.react(reply.ref, "white_check_mark", "U9")
        corpus.record([message("50", "電子決裁の決裁区分を下げたいです", author="U3")], NOON)


@pytest.fixture
def options(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)


@pytest.fixture
def search(database: Database, options: Settings) -> Search:
    fill(database)
    return open_search(options, database)


def found(search: Search, text: str, **bounds: object) -> list[str]:
    return [hit.thread.root.ref.message_id for hit in search.similar(Query(text, **bounds))]  # type: ignore[arg-type]


def test_the_thread_on_the_same_matter_comes_first(search: Search) -> None:
    hits = search.similar(Query("コンビニで証明書の交付ができない"))
    assert hits[0].thread.root.ref.message_id == "10"
    assert 0 <= hits[-1].confidence <= hits[0].confidence <= 1
    assert hits[0].evidence["cover_question"] > 0.5
    assert found(search, "アンケートで財政に説明")[0] == "40"


LONG = (
    "電子決裁の文書を施行日ごとに一覧で出したいのですが、検索条件を保存できる団体があれば手順と注意点、"
    "それから委託先への依頼方法と費用のめやすを教えてください"
)


@pytest.mark.parametrize(
    ("second", "shown"),
    [
        (LONG, 1),
        ("こんにちは。" + LONG + "。よろしくお願いします", 1),
        (LONG.replace("電子決裁", "文書管理").replace("委託先", "指定管理者").replace("費用", "期間"), 2),
    ],
)
def test_of_near_duplicates_the_best_is_shown(search: Search, database: Database, second: str, shown: int) -> None:
    with database.begin() as connection:
        corpus = Corpus(connection)
        for number, text in (("60", LONG), ("70", second)):
            reply = message(str(int(number) + 1), "検索条件は雛形として保存できます。", root=number, author="U3")
            corpus.record([message(number, text), reply], NOON)
            corpus.react(reply.ref, "white_check_mark", "U9")
    assert len([number for number in found(search, LONG) if number in ("60", "70")]) == shown


def test_an_open_thread_is_no_duplicate_of_a_resolved_one(search: Search, database: Database) -> None:
    with database.begin() as connection:
        corpus = Corpus(connection)
        reply = message("61", "検索条件は雛形として保存できます。", root="60", author="U3")
        corpus.record([message("60", LONG), reply, message("70", LONG), message("80", LONG)], NOON)
        corpus.react(reply.ref, "white_check_mark", "U9")
    shown = found(search, LONG, resolved_only=False)
    assert "60" in shown
    assert len({"70", "80"} & set(shown)) == 1


def test_short_questions_that_differ_by_a_word_both_show(search: Search, database: Database) -> None:
    with database.begin() as connection:
        corpus = Corpus(connection)
        for number, what in (("60", "住民票"), ("70", "戸籍")):
            reply = message(str(int(number) + 1), "条例の別表にあります。", root=number, author="U3")
            corpus.record([message(number, f"{what}の写しの手数料の改定の根拠"), reply], NOON)
            corpus.react(reply.ref, "white_check_mark", "U9")
    assert {"60", "70"} <= set(found(search, "写しの手数料の改定の根拠"))


def test_at_most_k_threads_are_returned(search: Search) -> None:
    assert len(search.similar(Query("どうしていますか 証明書 端末 受付", k=2))) <= 2
    assert search.similar(Query("証明書", k=0)) == []


def test_a_question_on_record_does_not_shade_the_threads_like_it(search: Search) -> None:
    own, text = message("50", "").ref, "電子決裁の決裁区分を下げたいです"
    among_open = search.similar(Query(text, resolved_only=False, exclude=own))
    assert "50" not in [hit.thread.ref.message_id for hit in among_open]
    by_place = {hit.thread.id: hit.confidence for hit in search.similar(Query(text))}
    assert among_open[0].confidence == pytest.approx(by_place[among_open[0].thread.id])


def test_open_threads_show_only_when_asked_for(search: Search) -> None:
    assert "50" not in found(search, "電子決裁の決裁区分")
    assert found(search, "電子決裁の決裁区分", resolved_only=False)[0] == "50"


def test_a_new_thread_is_found_by_the_next_search(search: Search, database: Database) -> None:
    with database.begin() as connection:
        Corpus(connection).record([message("60", "窓口の混雑状況を公開している市はありますか")], NOON)
    assert found(search, "窓口の混雑", resolved_only=False)[0] == "60"


def test_an_edit_shows_in_the_next_search(search: Search, database: Database) -> None:
    edited = message("50", "庁内Wi-Fiの更改について教えてください", author="U3")
    with database.begin() as connection:
        Corpus(connection).record([edited], NOON + timedelta(hours=1))
    assert found(search, "Wi-Fiの更改", resolved_only=False)[0] == "50"
    assert "50" not in found(search, "電子決裁", resolved_only=False)[:1]
    hits = search.similar(Query("Wi-Fiの更改", resolved_only=False))
    assert hits[0].thread.root.text == edited.text


def test_a_deleted_question_never_shows_again(search: Search, database: Database) -> None:
    assert found(search, "証明書")[0] == "10"
    with database.begin() as connection:
        Corpus(connection).delete(ref("10"), NOON)
    assert "10" not in found(search, "証明書", resolved_only=False)


def test_a_reopened_thread_does_not_show_as_resolved(search: Search, database: Database) -> None:
    assert found(search, "証明書")[0] == "10"
    with database.begin() as connection:
        Corpus(connection).unreact(ref("11"), "white_check_mark", "U9")
    assert "10" not in found(search, "証明書")


def test_what_an_index_has_missed_is_checked_against_the_corpus(
    search: Search, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.begin() as connection:
        corpus = Corpus(connection)
        corpus.delete(ref("10"), NOON)
        corpus.unreact(ref("21"), "white_check_mark", "U9")
    monkeypatch.setattr("indexer.search.search.PATIENCE_SECONDS", 0.0)
    with search._follower.busy:  # as if another thread were busy bringing the index up to date
        assert not {"10", "20"} & set(found(search, "証明書 RPA 自動化 事務"))


def test_the_hits_are_as_the_corpus_has_them_when_read_twice(search: Search, database: Database) -> None:
    assert search.similar(Query("証明書"))[0].thread.channel.name == "何でも相談"
    with database.begin() as connection:
        Corpus(connection).record_channels([channel(name="よろず相談")], NOON + timedelta(hours=1))
    assert search.similar(Query("証明書"))[0].thread.channel.name == "よろず相談"


def test_private_channels_show_only_to_those_who_can_open_them(search: Search, database: Database) -> None:
    secret = message("70", "委嘱の候補者について証明書を確認", channel_id="C0SECRET")
    with database.begin() as connection:
        Corpus(connection).record([secret], NOON)
    assert "70" not in found(search, "委嘱の候補者", resolved_only=False)
    assert found(search, "委嘱の候補者", resolved_only=False, audience=SECRET)[0] == "70"


def test_a_channel_made_private_hides_its_threads_at_once(search: Search, database: Database) -> None:
    assert found(search, "証明書")[0] == "10"
    closed = channel(private=True, members=("U9",))
    assert closed.visibility is Visibility.PRIVATE
    with database.begin() as connection:
        Corpus(connection).record_channels([closed], NOON + timedelta(hours=1))
    assert found(search, "証明書") == []


def test_filters(search: Search) -> None:
    text = "証明書 自動化 受付 端末"
    assert found(search, text, prefecture="38") == ["30"]
    assert found(search, text, population=(1, 10_000)) == ["30"]
    assert "30" not in found(search, text, population=(1_000_000, 10_000_000))
    assert found(search, text, channel="RPA・BPR") == []
    assert "10" not in found(search, text, since=NOON + timedelta(minutes=15))
    assert "10" not in found(search, text, exclude=ref("10"))


def test_posts_of_bots_are_left_out(search: Search, database: Database) -> None:
    with database.begin() as connection:
        corpus = Corpus(connection)
        corpus.record([message("80", "障害情報のお知らせ配信です", kind=MessageKind.BOT)], NOON)
        corpus.record([message("51", "障害情報の自動要約", root="50", kind=MessageKind.BOT)], NOON)
    assert found(search, "障害情報", resolved_only=False)[:1] not in (["80"], ["50"])


def test_searching_while_the_corpus_grows(search: Search, database: Database) -> None:
    def write(number: int) -> None:
        with database.begin() as connection:
            Corpus(connection).record([message(str(1000 + number), f"検証 {number} 回線の帯域")], NOON)

    def ask(number: int) -> bool:
        if number % 4 == 0:
            write(number)
            return found(search, f"検証 {number} 回線の帯域", resolved_only=False) != []
        return found(search, "証明書")[:1] == ["10"]

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(ask, range(40)))
    assert len(search) == len(THREADS) + 1 + 10


def test_a_saved_index_opens_where_it_was(search: Search, database: Database, options: Settings) -> None:
    with database.begin() as connection:
        Corpus(connection).record([message("60", "窓口の混雑状況を公開している市はありますか")], NOON)
    assert search.catch_up() == 1
    assert search.save()
    assert not search.save()
    again = open_search(options, database)
    assert again.position == search.position
    assert found(again, "窓口の混雑", resolved_only=False)[0] == "60"


def test_indexing_again_takes_in_what_changed(database: Database, options: Settings) -> None:
    builder = build(options, database).builder
    with pytest.raises(IndexMissingError):
        builder.open()
    assert builder.index().threads == 0
    fill(database)
    second = builder.index()
    assert (second.threads, second.changed, second.rebuilt) == (5, 5, False)
    assert builder.index().changed == 0
    assert builder.index(rebuild=True).rebuilt


def test_an_index_of_another_encoder_is_refused_and_rebuilt(
    database: Database, options: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(database)
    builder = build(options, database).builder
    builder.index()
    monkeypatch.setattr("indexer.build.text_version", lambda: "0/none")
    with pytest.raises(SnapshotMismatchError, match="text_version"):
        builder.open()
    monkeypatch.undo()
    assert builder.open()


def test_searches_compute_on_one_thread(options: Settings, database: Database) -> None:
    fill(database)
    builder = build(options, database).builder
    builder.index()
    with threadpool_limits(2, user_api="blas"):
        builder.open()
        assert {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"} == {1}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Search]:
    folder = tmp_path_factory.mktemp("shared")
    database = Database(f"sqlite:///{folder / 'kyoso.sqlite3'}")
    database.migrate()
    fill(database)
    yield open_search(Settings(data_dir=folder), database)
    database.close()


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_queries_are_answered(shared: Search, text: str) -> None:
    assert len(shared.similar(Query(text, resolved_only=False))) <= 5


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(codec=None), max_size=200))
def test_any_query_is_answered(shared: Search, text: str) -> None:
    assert len(shared.similar(Query(text))) <= 5


def test_half_width_kana_find_what_full_width_wrote(shared: Search) -> None:
    assert found(shared, "ｺﾝﾋﾞﾆ交付")[0] == "10"


def test_importing_search_loads_no_torch() -> None:
    code = "import sys, indexer.search, indexer.bootstrap; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
