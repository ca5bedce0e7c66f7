"""A Slack message is read or skipped for a reason, whatever its shape."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.model import Member, Message, MessageKind, MessageRef, Reaction, Visibility
from indexer.sources.slack_message import Skipped, moment, read_channel, read_member, read_message

TS = "1700000000.000100"
AT = datetime(2023, 11, 14, 22, 13, 20, 100, tzinfo=UTC)


def read(**payload: Any) -> Message | Skipped:
    return read_message({"type": "message", "ts": TS, "user": "U1", "text": "本文"} | payload, "slack:T1", "C1")


def kept(**payload: Any) -> Message:
    message = read(**payload)
    assert isinstance(message, Message)
    return message


def test_a_plain_message() -> None:
    here = MessageRef("slack:T1", "C1", TS)
    assert read() == Message(here, here, "U1", "本文", AT)


@pytest.mark.parametrize(
    ("payload", "kind"),
    [
        ({"subtype": "file_share"}, MessageKind.POST),
        ({"subtype": None}, MessageKind.POST),
        ({"subtype": "thread_broadcast"}, MessageKind.BROADCAST),
        ({"subtype": "me_message"}, MessageKind.ME),
        ({"subtype": "bot_message", "user": None, "username": "RSS"}, MessageKind.BOT),
        ({"bot_id": "B1"}, MessageKind.BOT),
        ({"user": "USLACKBOT"}, MessageKind.BOT),
    ],
)
def test_what_is_kept_and_as_what(payload: dict[str, Any], kind: MessageKind) -> None:
    assert kept(**payload).kind is kind


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        ({"subtype": "channel_join"}, "join"),
        ({"subtype": "group_leave"}, "leave"),
        ({"subtype": "channel_topic"}, "topic"),
        ({"subtype": "channel_purpose"}, "purpose"),
        ({"subtype": "group_name"}, "name"),
        ({"subtype": "tombstone"}, "tombstone"),
        ({"subtype": "pinned_item"}, "pin"),
        ({"subtype": "reminder_add"}, "reminder_add"),
        ({"type": "reaction_added"}, "reaction_added"),
        ({"ts": None}, "no_time"),
        ({"ts": "abc"}, "no_time"),
    ],
)
def test_what_is_skipped_and_why(payload: dict[str, Any], reason: str) -> None:
    assert read(**payload) == Skipped(reason)


def test_a_reply_and_a_broadcast_belong_to_their_root() -> None:
    root = MessageRef("slack:T1", "C1", "1690000000.000000")
    assert kept(thread_ts=root.message_id).root == root
    assert kept(subtype="thread_broadcast", root={"ts": root.message_id}).root == root
    assert kept(thread_ts=TS).is_root


def test_reactions_lose_skin_tones_and_edits_are_dated() -> None:
    given_reactions = [
        {"name": "+1::skin-tone-2", "users": ["U2"], "count": 1},
        {"name": "+1", "users": ["U3", "U2"], "count": 2},
        {"name": "eyes", "users": [], "count": 1},
        {"name": None},
        "odd",
    ]
    message = kept(reactions=given_reactions, edited={"user": "U1", "ts": "1700000060.000000"})
    assert message.reactions == (Reaction("+1", ("U2", "U3")),)
    assert message.edited_at == datetime(2023, 11, 14, 22, 14, 20, tzinfo=UTC)


@pytest.mark.parametrize("ts", [TS, "1700000000000100"])
def test_a_ts_is_a_moment(ts: str) -> None:
    assert moment(ts) == AT


@pytest.mark.parametrize("ts", [1700000000, "1700000000", 1700000000.0])
def test_a_ts_may_lack_its_fraction(ts: object) -> None:
    assert moment(ts) == AT.replace(microsecond=0)


@pytest.mark.parametrize("ts", [None, "", "x", "9" * 30, True, "-1", "1.x", {}, "１２"])
def test_what_is_no_ts_is_no_moment(ts: object) -> None:
    assert moment(ts) is None


def test_a_member_is_called_by_the_name_they_show() -> None:
    user = {
        "id": "U1",
        "name": "taro",
        "real_name": "本名",
        "profile": {"display_name": " 上島町 情報係 ", "title": "係長"},
    }
    assert read_member(user, "slack:T1") == Member("slack:T1", "U1", "上島町 情報係", "係長")
    blank = user | {"profile": {"display_name": " "}, "is_ultra_restricted": True, "deleted": True, "is_bot": True}
    assert read_member(blank, "slack:T1") == Member("slack:T1", "U1", "本名", bot=True, guest=True, deleted=True)
    assert read_member({"id": "U1", "profile": None}, "slack:T1") == Member("slack:T1", "U1", "U1")
    assert read_member({"name": "x"}, "slack:T1") is None


def test_a_channel_is_public_unless_it_says_otherwise() -> None:
    public = read_channel({"id": "C1", "name": "雑談", "is_private": False, "members": ["U1"]}, "slack:T1")
    private = read_channel(
        {"id": "G1", "name": "県内", "members": ["U1"], "is_archived": True}, "slack:T1", private=True
    )
    assert public is not None
    assert private is not None
    assert (public.visibility, public.members) == (Visibility.PUBLIC, frozenset())
    assert (private.visibility, private.members, private.archived) == (Visibility.PRIVATE, frozenset({"U1"}), True)
    assert read_channel({"id": "D1", "is_im": True}, "slack:T1") is None
    assert read_channel({"id": "G1", "is_mpim": True}, "slack:T1") is None
    assert read_channel("C1", "slack:T1") is None


odd: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.just(TS),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "users", "ts", "id"]), inner),
    max_leaves=6,
)
fields = st.sampled_from(
    [
        "type",
        "subtype",
        "ts",
        "thread_ts",
        "user",
        "bot_id",
        "bot_profile",
        "reactions",
        "edited",
        "root",
        "text",
        "profile",
        "id",
        "members",
    ]
)


@given(st.dictionaries(fields, odd) | odd)
@settings(max_examples=300)
def test_no_shape_raises(payload: Any) -> None:
    message = read_message(payload, "slack:T1", "C1")
    assert isinstance(message, Message | Skipped)
    if isinstance(payload, dict):
        assert isinstance(read_message(payload | {"type": "message", "ts": TS, "subtype": None}, "w", "C1"), Message)
    read_member(payload, "slack:T1")
    read_channel(payload, "slack:T1")
