"""Links between threads, read from what people wrote."""

from __future__ import annotations

import pytest
from builders import NOON, WORKSPACE, channel, message

from indexer.corpus import Corpus, Database
from indexer.links import addresses, drawn
from indexer.model import MessageKind, Workspace

SLACK_ID = "1759884652.553428"
POST_ID = "abcdefghijklmnopqrstuvwxyz"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("こちら → https://x.slack.com/archives/C0F21298FA/p1759884652553428 です", [("C0F21298FA", SLACK_ID)]),
        (
            "返信 https://x.slack.com/archives/C1AB/p1759884699000001?thread_ts=1759884652.553428&cid=C1AB",
            [("C1AB", SLACK_ID)],
        ),
        (f"https://app.slack.com/client/T1/C1AB/thread/C1AB-{SLACK_ID}", [("C1AB", SLACK_ID)]),
        (f"(https://chat.example/kyoso/pl/{POST_ID})", [("", POST_ID)]),
        ("http://127.0.0.1:8765/c/C0HELP/12。", [("C0HELP", "12")]),
        ("https://example.lg.jp/archives/p1 /pl/short /c/ https://x/c/", []),
        (f"二度 https://x/archives/C1AB/p1759884652553428 https://x/archives/C1AB/p1759884652553428 {SLACK_ID}", None),
    ],
)
def test_addresses_of_messages_are_recognised(text: str, found: list[tuple[str, str]] | None) -> None:
    assert addresses(text) == (found if found is not None else [("C1AB", SLACK_ID)])


@pytest.fixture
def corpus_of(database: Database) -> Database:
    with database.begin() as connection:
        corpus = Corpus(connection)
        corpus.record_workspace(Workspace(WORKSPACE))
        corpus.record_channels([channel(), channel("CTAX", "税")], NOON)
        corpus.record(
            [
                message("1", "課税証明書の様式を探しています", channel_id="CTAX"),
                message("2", "別の相談です"),
                message("3", "こちらです http://h/c/CTAX/1", root="2", author="U2"),
                message("4", "もう一度 http://h/c/CTAX/1 と http://h/c/C0HELP/2 と http://h/c/CTAX/99", root="2"),
                message("5", "http://h/c/CTAX/1 の続きです"),
                message("6", "http://h/c/CTAX/1", root="5", author="UBOT", kind=MessageKind.BOT),
            ],
            NOON,
        )
    return database


def test_only_what_people_reply_with_counts_and_once(corpus_of: Database) -> None:
    with corpus_of.read() as connection:
        links = [
            (link.thread.ref.message_id, link.reply.ref.message_id, link.target.ref.message_id)
            for link in drawn(Corpus(connection))
        ]
    assert links == [("2", "3", "1")]


def test_a_deleted_reply_or_target_takes_its_link_with_it(corpus_of: Database) -> None:
    with corpus_of.begin() as connection:
        corpus = Corpus(connection)
        corpus.delete(message("3", "").ref, NOON)
        assert [link.reply.ref.message_id for link in drawn(corpus)] == ["4"]
        corpus.delete(message("1", "", channel_id="CTAX").ref, NOON)
        assert not list(drawn(corpus))


def test_an_address_without_a_channel_is_looked_up(corpus_of: Database) -> None:
    with corpus_of.begin() as connection:
        corpus = Corpus(connection)
        target = message(POST_ID, "別の件", channel_id="CTAX", minutes=1)
        corpus.record([target, message("8", f"https://m.example/t/pl/{POST_ID}", root="2", author="U2")], NOON)
        assert POST_ID in [link.target.ref.message_id for link in drawn(corpus)]
