"""What a Mattermost export told of and what the API tells become one: no message twice, no thread renumbered."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from builders import NOON
from importing import corpus_of

from indexer.corpus import Corpus, Database
from indexer.corpus.exported import exported_channel_id, exported_member_id, exported_message_id
from indexer.model import Channel, Mark, MarkKind, Member, Message, MessageRef, Reaction, Thread, Workspace

TEAM = "mattermost:gyosei"
LIVE, EXPORTED = "c" * 26, exported_channel_id("nandemo")
TARO, HANAKO = "t" * 26, "h" * 26
LATER = NOON + timedelta(days=3)
ROOM = Channel(TEAM, EXPORTED, "何でも相談", handle="nandemo")


@pytest.fixture
def database(any_database: Database) -> Database:
    return any_database


def exported(minute: int, text: str, author: str = "taro", root: Message | None = None, nth: int = 0) -> Message:
    """A message as an export tells it; authors and channel by their unique names."""
    at = NOON + timedelta(minutes=minute)
    message_id = exported_message_id("nandemo", author, round(at.timestamp() * 1000), nth)
    ref = MessageRef(TEAM, EXPORTED, message_id)
    return Message(ref, root.ref if root else ref, exported_member_id(author), text, at)


def live(minute: int, text: str, author: str = TARO, post_id: str = "", root: str = "") -> Message:
    """The same as the API tells it."""
    ref = MessageRef(TEAM, LIVE, post_id or f"post{minute}")
    return Message(ref, replace(ref, message_id=root) if root else ref, author, text, NOON + timedelta(minutes=minute))


QUESTION = exported(1, "コンビニ交付が止まりました")
ANSWER = replace(exported(2, "再起動で直りました", "hanako", QUESTION), reactions=(Reaction("+1", ("@taro",)),))


def from_export(corpus: Corpus, *messages: Message) -> None:
    corpus.record_workspace(Workspace(TEAM, url="https://chat.example.jp/gyosei"))
    corpus.record_channels([ROOM], NOON)
    members = [Member(TEAM, exported_member_id(name), name, handle=name) for name in ("taro", "hanako")]
    corpus.record_members(members, NOON)
    corpus.join(TEAM, EXPORTED, "@taro")
    corpus.record(corpus.recognised(messages), LATER)


def from_api(corpus: Corpus, *messages: Message) -> None:
    corpus.record_channels([replace(ROOM, id=LIVE)], LATER)
    corpus.record_members(
        [Member(TEAM, TARO, "山田", handle="taro"), Member(TEAM, HANAKO, "林", handle="hanako")], LATER
    )
    corpus.record(messages, LATER)


def threads_of(corpus: Corpus) -> list[Thread]:
    return corpus.threads(change.thread_id for change in corpus.changed_since(0))


def test_an_exported_thread_takes_over_the_ids_that_the_api_tells(database: Database) -> None:
    with corpus_of(database) as corpus:
        from_export(corpus, QUESTION, ANSWER)
        (before,) = threads_of(corpus)
        corpus.mark(before.ref, Mark(MarkKind.RESOLVED, TARO, NOON, answer_id=ANSWER.ref.message_id))
        position = corpus.position()
        from_api(
            corpus,
            live(1, QUESTION.text),
            replace(live(2, ANSWER.text, HANAKO, root="post1"), reactions=(Reaction("+1", (TARO,)),)),
        )
        (after,) = threads_of(corpus)
        assert after.id == before.id
        assert [m.ref.message_id for m in (after.root, *after.replies)] == ["post1", "post2"]
        assert [m.author_id for m in (after.root, *after.replies)] == [TARO, HANAKO]
        assert after.replies[0].reactions == (Reaction("+1", (TARO,)),)
        assert (after.channel.id, after.resolved) == (LIVE, True)
        assert after.marks[0].answer_id == "post2"
        assert [change.thread_id for change in corpus.changed_since(position)] == [after.id]
        assert corpus.counts() == {"channels": 1, "members": 2, "threads": 1, "messages": 2}
        assert (LIVE in {channel for _, channel in corpus.audience_of(TEAM, TARO).channels}) is True


def test_the_link_leads_to_the_channel_until_the_post_is_known(database: Database) -> None:
    with corpus_of(database) as corpus:
        from_export(corpus, QUESTION)
        workspace = corpus.workspace(TEAM)
        assert workspace is not None
        (thread,) = threads_of(corpus)
        assert workspace.permalink(thread.ref) == "https://chat.example.jp/gyosei/channels/nandemo"
        from_api(corpus)
        (thread,) = threads_of(corpus)
        assert workspace.permalink(thread.ref) == f"https://chat.example.jp/gyosei/channels/{LIVE}"
        corpus.record([live(1, QUESTION.text)], LATER)
        (thread,) = threads_of(corpus)
        assert workspace.permalink(thread.ref) == "https://chat.example.jp/gyosei/pl/post1"
        assert Workspace(TEAM).permalink(thread.ref) == ""


def test_a_known_reply_tells_the_id_of_the_message_that_opened_its_thread(database: Database) -> None:
    with corpus_of(database) as corpus:
        from_export(corpus, QUESTION, ANSWER)
        from_api(corpus, live(2, "再起動で直りました(追記)", HANAKO, root="post1"))
        (thread,) = threads_of(corpus)
    assert thread.root.ref.message_id == "post1"
    assert [reply.text for reply in thread.replies] == ["再起動で直りました(追記)"]


def test_a_thread_that_went_on_before_its_beginning_was_known_is_one(database: Database) -> None:
    with corpus_of(database) as corpus:
        from_export(corpus, QUESTION, ANSWER)
        (before,) = threads_of(corpus)
        from_api(corpus, live(9, "その後いかがですか", HANAKO, root="post1"))
        corpus.mark(MessageRef(TEAM, LIVE, "post1"), Mark(MarkKind.RESOLVED, HANAKO, LATER))
        corpus.record([live(1, QUESTION.text)], LATER)
        (after,) = threads_of(corpus)
    assert (after.id, after.root.ref.message_id) == (before.id, "post1")
    assert [reply.text for reply in after.replies] == ["再起動で直りました", "その後いかがですか"]
    assert len(after.marks) == 1


def test_an_export_read_after_the_api_adds_what_is_missing_and_doubles_nothing(database: Database) -> None:
    with corpus_of(database) as corpus:
        from_api(corpus, live(1, QUESTION.text))
        by_live_ids = [
            replace(m, author_id={"@taro": TARO, "@hanako": HANAKO}[m.author_id], reactions=())
            for m in (QUESTION, ANSWER)
        ]
        moved = [
            replace(m, ref=replace(m.ref, channel_id=LIVE), root=replace(m.root, channel_id=LIVE)) for m in by_live_ids
        ]
        recognised = corpus.recognised(moved)
        assert [m.ref.message_id for m in recognised] == ["post1", ANSWER.ref.message_id]
        assert {m.root.message_id for m in recognised} == {"post1"}
        assert (corpus.record(recognised, LATER).new, len(threads_of(corpus))) == (1, 1)
        again = corpus.record(corpus.recognised(moved), LATER)
        assert (again.new, again.changed) == (0, 0)


def test_a_live_reply_tells_the_thread_that_an_export_has_whole(database: Database) -> None:
    with corpus_of(database) as corpus:
        from_api(corpus, live(2, ANSWER.text, HANAKO, root="post1"))
        here = [
            replace(m, ref=replace(m.ref, channel_id=LIVE), root=replace(m.root, channel_id=LIVE))
            for m in (QUESTION, ANSWER)
        ]
        told = [replace(here[0], author_id=TARO), replace(here[1], author_id=HANAKO, reactions=())]
        corpus.record(corpus.recognised(told), LATER)
        (thread,) = threads_of(corpus)
    assert thread.root.ref.message_id == "post1"
    assert len(thread.replies) == 1


def test_messages_of_one_moment_are_told_apart_by_their_words(database: Database) -> None:
    first, second = exported(1, "一つ目"), exported(1, "二つ目", nth=1)
    with corpus_of(database) as corpus:
        from_export(corpus, first, second)
        from_api(corpus, live(1, "二つ目", post_id="second"), live(1, "一つ目", post_id="first"))
        assert sorted((t.root.text, t.ref.message_id) for t in threads_of(corpus)) == [
            ("一つ目", "first"),
            ("二つ目", "second"),
        ]


def test_what_was_kept_twice_is_united_once_it_is_known_who_is_who(database: Database) -> None:
    with corpus_of(database) as corpus:
        from_export(corpus, QUESTION, ANSWER)
        corpus.record_channels([replace(ROOM, id=LIVE)], LATER)
        corpus.record([live(1, QUESTION.text), live(2, ANSWER.text, HANAKO, root="post1")], LATER)
        assert corpus.counts()["messages"] == 4
        from_api(corpus)
        (thread,) = threads_of(corpus)
        assert corpus.counts()["messages"] == 2
    assert [m.ref.message_id for m in (thread.root, *thread.replies)] == ["post1", "post2"]
    assert thread.replies[0].reactions == (Reaction("+1", (TARO,)),)


def test_a_channel_that_was_known_without_its_unique_name_is_joined_when_it_tells_it(database: Database) -> None:
    with corpus_of(database) as corpus:
        from_export(corpus, QUESTION, ANSWER)
        corpus.record_channels([Channel(TEAM, LIVE, "何でも相談")], LATER)
        corpus.record_members([Member(TEAM, TARO, "山田", handle="taro")], LATER)
        corpus.record([live(1, QUESTION.text)], LATER)
        from_api(corpus)
        assert [channel.id for channel in corpus.channels()] == [LIVE]
        (thread,) = threads_of(corpus)
    assert thread.ref.message_id == "post1"
    assert len(thread.replies) == 1


def test_a_post_deleted_on_the_server_vanishes_from_what_an_export_told(database: Database) -> None:
    with corpus_of(database) as corpus:
        from_export(corpus, QUESTION)
        from_api(corpus)
        gone = live(1, "")
        corpus.identify(gone.ref, (TARO, gone.posted_at))
        assert corpus.delete(gone.ref, LATER)
        assert threads_of(corpus) == []


def test_a_reply_deleted_on_the_server_leaves_its_thread_as_it_was(database: Database) -> None:
    with corpus_of(database) as corpus:
        from_export(corpus, QUESTION, ANSWER)
        from_api(corpus)
        gone = live(2, "", HANAKO)
        corpus.identify(gone.ref, (HANAKO, gone.posted_at))
        assert corpus.delete(gone.ref, LATER)
        (thread,) = threads_of(corpus)
    assert (thread.root.text, thread.ref.exported, thread.replies) == (QUESTION.text, True, ())


def test_a_post_deleted_before_any_export_told_of_it_does_not_come_back(database: Database) -> None:
    with corpus_of(database) as corpus:
        from_api(corpus)
        gone = live(1, "")
        assert not corpus.delete(gone.ref, LATER, (TARO, gone.posted_at))
        here = replace(QUESTION.ref, channel_id=LIVE)
        corpus.record(corpus.recognised([replace(QUESTION, ref=here, root=here, author_id=TARO)]), LATER)
        assert threads_of(corpus) == []


def test_unique_names_of_other_teams_and_other_platforms_join_nothing(database: Database) -> None:
    with corpus_of(database) as corpus:
        from_export(corpus, QUESTION)
        corpus.record_channels([replace(ROOM, id=LIVE, workspace_id="mattermost:betsu")], LATER)
        corpus.record_channels([replace(ROOM, id=LIVE, workspace_id="slack:T1")], LATER)
        corpus.record_members([Member("mattermost:betsu", TARO, "山田", handle="taro")], LATER)
        (thread,) = threads_of(corpus)
    assert thread.root == QUESTION
    assert thread.channel.id == EXPORTED
