"""The corpus: what is recorded is read back, later sights win, and every change moves the position."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from builders import NOON, WORKSPACE, channel, member, message, ref

from indexer.corpus import Corpus, Database, Recorded
from indexer.model import Mark, MarkKind, MessageKind, ResolvedBy


@pytest.fixture
def database(any_database: Database) -> Database:
    return any_database


def test_a_thread_is_read_back_as_recorded(database: Database) -> None:
    root = message("1", "コンビニ交付の証明書が出ません", reactions={"eyes": ("U2", "U3")})
    reply = message("2", "証明書発行サーバの再起動で直りました", root="1", author="U2")
    with database.begin() as connection:
        corpus = Corpus(connection)
        corpus.record_channels([channel()], NOON)
        assert corpus.record([reply, root], NOON) == Recorded(new=2)
    with database.read() as connection:
        thread = Corpus(connection).thread(ref("2"))
    assert thread is not None
    assert (thread.root, thread.replies) == (root, (reply,))
    assert not thread.resolved


def test_threads_that_nobody_else_replied_to(database: Database) -> None:
    with database.begin() as connection:
        corpus = Corpus(connection)
        corpus.record_channels([channel()], NOON)
        corpus.record(
            [
                message("1", "誰も返信していない質問です"),
                message("11", "自分で補足します", root="1"),
                message("12", "新着です", root="1", author="B1", kind=MessageKind.BOT),
                message("2", "返信のある質問です", author="U3"),
                message("21", "こうしています", root="2", author="U2"),
                message("3", "返信が消された質問です", author="U3"),
                message("31", "消します", root="3", author="U2"),
                message("4", "消した質問です"),
            ],
            NOON,
        )
        for gone in ("31", "4"):
            corpus.delete(ref(gone), NOON)
        unreplied = corpus.unreplied_threads(WORKSPACE, NOON)
        assert [thread.ref.message_id for thread in unreplied] == ["1", "3"]
        assert corpus.unreplied_threads(WORKSPACE, NOON + timedelta(minutes=4)) == []
        own = corpus.recent_threads(WORKSPACE, NOON, author_id="U3")
        assert [thread.ref.message_id for thread in own] == ["2", "3"]


def test_recording_again_changes_nothing_and_moves_nothing(database: Database) -> None:
    with database.begin() as connection:
        corpus = Corpus(connection)
        corpus.record_channels([channel()], NOON)
        corpus.record([message("1", "質問です")], NOON)
        position = corpus.position()
        assert corpus.record([message("1", "質問です")], NOON) == Recorded(known=1)
        assert corpus.position() == position


def test_the_later_sight_of_a_message_wins_in_any_order(database: Database) -> None:
    with database.begin() as connection:
        corpus = Corpus(connection)
        corpus.record_channels([channel()], NOON)
        corpus.record([message("1", "あとの版")], NOON + timedelta(hours=2))
        corpus.record([message("1", "まえの版")], NOON + timedelta(hours=1))
        found = corpus.message(ref("1"))
    assert found is not None
    assert found.text == "あとの版"


def test_a_deleted_message_loses_its_words_and_never_returns(database: Database) -> None:
    with database.begin() as connection:
        corpus = Corpus(connection)
        corpus.record_channels([channel()], NOON)
        corpus.record([message("1", "消したい"), message("2", "返信", root="1", author="U2")], NOON)
        position = corpus.position()
        assert corpus.delete(ref("1"), NOON)
        assert corpus.record([message("1", "消したい")], NOON + timedelta(days=1)) == Recorded(known=1)
        assert corpus.thread(ref("2")) is None
        assert [change.position > position for change in corpus.changed_since(position)] == [True]
    with database.read() as connection:
        rows = connection.exec_driver_sql("SELECT text FROM messages WHERE message_id = '1'").all()
    assert rows == [("",)]


def test_reactions_resolve_and_their_removal_undoes_it(database: Database) -> None:
    with database.begin() as connection:
        corpus = Corpus(connection)
        corpus.record_channels([channel()], NOON)
        corpus.record([message("1", "質問です"), message("2", "こうしてみてください。", root="1", author="U2")], NOON)
        assert corpus.react(ref("2"), "white_check_mark", "U1")
        assert not corpus.react(ref("2"), "white_check_mark", "U1")
        thread = corpus.thread(ref("1"))
        assert thread is not None
        assert thread.resolution is not None
        assert (thread.resolution.by, thread.accepted) == (ResolvedBy.REACTION, thread.replies[0])
        assert corpus.unreact(ref("2"), "white_check_mark", "U1")
        thread = corpus.thread(ref("1"))
        assert thread is not None
        assert not thread.resolved


def test_marks_resolve_and_reopen(database: Database) -> None:
    with database.begin() as connection:
        corpus = Corpus(connection)
        corpus.record_channels([channel()], NOON)
        corpus.record(
            [message("1", "質問です"), message("2", "このように設定します。長めの説明。", root="1", author="U2")], NOON
        )
        assert corpus.mark(ref("1"), Mark(MarkKind.RESOLVED, "U1", NOON + timedelta(hours=1), "2"))
        resolved = corpus.thread(ref("1"))
        assert corpus.mark(ref("1"), Mark(MarkKind.REOPENED, "U1", NOON + timedelta(hours=2)))
        reopened = corpus.thread(ref("1"))
        assert not corpus.mark(ref("99"), Mark(MarkKind.RESOLVED, "U1", NOON))
    assert resolved is not None
    assert reopened is not None
    assert resolved.accepted is not None
    assert resolved.accepted.ref == ref("2")
    assert not reopened.resolved


def test_to_who_left_nothing_is_open(database: Database) -> None:
    rooms = [channel(), channel("G1", "県内担当", private=True, members=("U1",))]
    with database.begin() as connection:
        corpus = Corpus(connection)
        corpus.record_channels(rooms, NOON)
        corpus.record_members([member("U1")], NOON)
        assert [corpus.audience_of(WORKSPACE, "U1").may_open(room) for room in rooms] == [True, True]
        corpus.record_members([replace(member("U1"), deleted=True)], NOON + timedelta(hours=1))
        assert [corpus.audience_of(WORKSPACE, "U1").may_open(room) for room in rooms] == [False, False]


def test_a_private_channel_is_open_to_its_members_alone(database: Database) -> None:
    room = channel("G1", "県内担当", private=True, members=("U1",))
    with database.begin() as connection:
        corpus = Corpus(connection)
        corpus.record_channels([room], NOON)
        corpus.record_members([member("U1"), member("U2")], NOON)
        assert corpus.audience_of(WORKSPACE, "U1").may_open(room)
        assert not corpus.audience_of(WORKSPACE, "U2").may_open(room)
        corpus.leave(WORKSPACE, "G1", "U1")
        assert not corpus.audience_of(WORKSPACE, "U1").may_open(room)


def test_a_renamed_channel_keeps_its_threads_and_an_older_name_does_not_return(database: Database) -> None:
    with database.begin() as connection:
        corpus = Corpus(connection)
        corpus.record_channels([channel(name="ガバクラ")], NOON)
        corpus.record([message("1", "質問です")], NOON)
        corpus.record_channels([channel(name="標準化・ガバクラ")], NOON + timedelta(days=1))
        corpus.record_channels([channel(name="ガバクラ")], NOON)
        thread = corpus.thread(ref("1"))
    assert thread is not None
    assert thread.channel.name == "標準化・ガバクラ"


def test_a_member_whose_municipality_changed_changes_the_threads_they_asked(database: Database) -> None:
    with database.begin() as connection:
        corpus = Corpus(connection)
        corpus.record_channels([channel()], NOON)
        corpus.record_members([member("U1", municipality="383562")], NOON)
        corpus.record([message("1", "質問です"), message("3", "別の質問", author="U2")], NOON)
        position = corpus.position()
        corpus.record_members([member("U1", municipality="382019")], NOON + timedelta(days=1))
        assert len(corpus.changed_since(position)) == 1


def test_an_event_that_tells_of_words_alone_leaves_the_reactions(database: Database) -> None:
    with database.begin() as connection:
        corpus = Corpus(connection)
        corpus.record_channels([channel()], NOON)
        corpus.record([message("1", "質問です")], NOON)
        corpus.react(ref("1"), "eyes", "U2")
        corpus.record([message("1", "質問です(追記)")], NOON + timedelta(hours=1), with_reactions=False)
        found = corpus.message(ref("1"))
    assert found is not None
    assert (found.text, [reaction.emoji for reaction in found.reactions]) == ("質問です(追記)", ["eyes"])


def test_a_deletion_that_arrives_before_its_post_counts(database: Database) -> None:
    with database.begin() as connection:
        corpus = Corpus(connection)
        corpus.record_channels([channel()], NOON)
        assert not corpus.delete(ref("1"), NOON)
        assert corpus.record([message("1", "消したはず")], NOON) == Recorded(known=1)
        assert corpus.thread(ref("1")) is None
