"""Mattermost's posts, users and channels become the record's nouns; what is odd is skipped for a reason."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.corpus.exported import fitting
from indexer.model import Message, MessageKind, MessageRef, Reaction, Visibility
from indexer.sources.mattermost_post import (
    millis_of,
    moment,
    read_channel,
    read_member,
    read_post,
    workspace_id,
)
from indexer.sources.names import Names
from indexer.sources.slack_message import Skipped

TEAM = "mattermost:gyosei"
AT = 1_603_398_068_740


def post(**more: Any) -> dict[str, Any]:
    return {"id": "p1", "channel_id": "c1", "user_id": "u1", "create_at": AT, "message": "質問です", **more}


def test_a_post_is_read_whole() -> None:
    reactions = [
        {"user_id": "u2", "emoji_name": "+1"},
        {"user_id": "u3", "emoji_name": "+1_dark_skin_tone"},
        {"user_id": "u4", "emoji_name": "eyes", "delete_at": AT},
        {"user_id": "u5"},
    ]
    read = read_post(
        post(root_id="p0", message="@taro どう？", edit_at=AT + 1000, metadata={"reactions": reactions}),
        TEAM,
        Names({"taro": "山田＠福岡市"}.get),
    )
    assert read == Message(
        ref=MessageRef(TEAM, "c1", "p1"),
        root=MessageRef(TEAM, "c1", "p0"),
        author_id="u1",
        text="@山田＠福岡市 どう？",
        posted_at=datetime(2020, 10, 22, 20, 21, 8, 740_000, UTC),
        edited_at=datetime(2020, 10, 22, 20, 21, 9, 740_000, UTC),
        reactions=(Reaction("+1", ("u2", "u3")),),
    )


@pytest.mark.parametrize(
    ("more", "kind"),
    [
        ({}, MessageKind.POST),
        ({"type": "me"}, MessageKind.ME),
        ({"type": "slack_attachment"}, MessageKind.BOT),
        ({"type": "custom_matterpoll"}, MessageKind.BOT),
        ({"props": {"from_bot": "true"}}, MessageKind.BOT),
        ({"props": {"from_webhook": "true"}}, MessageKind.BOT),
        ({"props": {"from_bot": "false"}}, MessageKind.POST),
        ({"props": None}, MessageKind.POST),
    ],
)
def test_who_speaks(more: dict[str, Any], kind: MessageKind) -> None:
    read = read_post(post(**more), TEAM)
    assert isinstance(read, Message)
    assert read.kind is kind


@pytest.mark.parametrize(
    ("payload", "reason"),
    [
        (post(type="system_join_channel"), "join"),
        (post(type="system_add_to_team"), "join"),
        (post(type="system_header_change"), "topic"),
        (post(type="system_something_new"), "system_something_new"),
        (post(type="burn_on_read"), "burn_on_read"),
        (post(delete_at=AT + 5), "deleted"),
        (post(delete_at=AT + 5, original_id="p2"), "former"),
        (post(create_at=0), "no_time"),
        (post(create_at="1"), "no_time"),
        (post(id=""), "no_id"),
        (post(channel_id=None), "no_id"),
        ([], "not_a_message"),
    ],
)
def test_what_is_no_part_of_the_record_is_skipped_for_a_reason(payload: object, reason: str) -> None:
    assert read_post(payload, TEAM) == Skipped(reason)


def test_users_are_called_as_people_know_them() -> None:
    user = {"id": "u1", "username": "taro", "first_name": "太郎", "last_name": "山田", "position": "福岡市 情報係"}
    read = read_member(user | {"roles": "system_user system_guest", "delete_at": AT}, TEAM)
    assert read is not None
    assert (read.display_name, read.title, read.handle) == ("山田 太郎", "福岡市 情報係", "taro")
    assert (read.guest, read.deleted, read.bot) == (True, True, False)
    named = [read_member({"id": "u1", **more}, TEAM) for more in ({"nickname": "情シス"}, {"username": "x"}, {})]
    assert [member.display_name for member in named if member] == ["情シス", "x", "u1"]
    assert read_member({"username": "x"}, TEAM) is None


def test_channels_bear_their_display_names_and_direct_messages_are_none() -> None:
    room = {"id": "c1", "name": "nandemo", "display_name": "何でも相談", "type": "O", "delete_at": 0}
    read = read_channel(room, TEAM, ["u1"])
    assert read is not None
    assert (read.name, read.handle, read.visibility) == ("何でも相談", "nandemo", Visibility.PUBLIC)
    assert (read.members, read.archived) == (frozenset(), False)
    private = read_channel(room | {"type": "P", "delete_at": AT}, TEAM, ["u1"])
    assert private is not None
    assert (private.visibility, private.members, private.archived) == (Visibility.PRIVATE, frozenset({"u1"}), True)
    assert [read_channel(room | {"type": kind}, TEAM) for kind in ("D", "G", None, [])] == [None] * 4


def test_times_are_milliseconds_and_come_back_as_they_were() -> None:
    at = moment(AT)
    assert at is not None
    assert millis_of(at) == AT
    assert [moment(odd) for odd in (0, -1, True, None, "1", 10**30, 1.5)] == [None] * 7


def test_long_names_fit_and_stay_apart() -> None:
    long = [workspace_id("x" * 64), workspace_id("x" * 63 + "y")]
    assert all(len(name) <= 64 for name in long)
    assert long[0] != long[1]
    assert fitting("taro") == "taro"


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=5,
)
KEYS = st.sampled_from(["id", "channel_id", "user_id", "create_at", "delete_at", "type", "props", "metadata", "name"])


@given(ODD | st.dictionaries(KEYS, ODD, max_size=9))
def test_no_payload_raises(payload: object) -> None:
    assert isinstance(read_post(payload, TEAM), Message | Skipped)
    read_member(payload, TEAM)
    read_channel(payload, TEAM)
