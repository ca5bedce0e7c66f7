"""Mattermost's posts, users and channels, as the API and events carry them, read into the record's nouns.

Exports are read with the same rules (`mattermost_export`). Nothing here raises: what is odd is skipped for a named
reason, or means None.

A channel's name here is its display name: the other one, in addresses, is ASCII alone (「何でも相談」 cannot be one).
That other one is the channel's `handle`, as the username is the member's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from indexer.corpus.exported import LONGEST_ID, fitting
from indexer.model import Channel, Member, Message, MessageKind, MessageRef, Reaction, Visibility
from indexer.sources.mattermost_markup import message_text
from indexer.sources.names import NAMELESS, Names
from indexer.sources.slack_message import Skipped

LONGEST_NAME = 255  # what the corpus keeps; Mattermost's nicknames have 64, first and last names 64 each
LONGEST_EMOJI = 128  # likewise; Mattermost's have 64

# A post's `type`: `slack_attachment` is what webhooks post.
KEPT = {"": MessageKind.POST, "me": MessageKind.ME, "slack_attachment": MessageKind.BOT}
# Plugins give their posts types of their own (`custom_matterpoll`).
PLUGIN = "custom_"
# Why posts of other types are left out; one not named here is skipped under its own name.
SKIPPED = {
    "system_join_channel": "join",
    "system_add_to_channel": "join",
    "system_guest_join_channel": "join",
    "system_add_guest_to_chan": "join",
    "system_join_team": "join",
    "system_add_to_team": "join",
    "system_join_leave": "join",
    "system_add_remove": "join",
    "system_leave_channel": "leave",
    "system_remove_from_channel": "leave",
    "system_leave_team": "leave",
    "system_remove_from_team": "leave",
    "system_header_change": "topic",
    "system_purpose_change": "purpose",
    "system_displayname_change": "name",
    "system_channel_deleted": "archive",
    "system_channel_restored": "archive",
}
# A post's props that say that no person wrote it.
AUTOMATED = ("from_bot", "from_webhook", "from_plugin")
_SKIN_TONE = re.compile(r"_(?:light|medium_light|medium|medium_dark|dark)_skin_tone$")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def workspace_id(team_name: str) -> str:
    """The workspace that a team is: its unique name tells, since exports know no other, and it never changes."""
    return fitting(f"mattermost:{team_name}")


def read_post(payload: object, workspace_id: str, names: Names = NAMELESS) -> Message | Skipped:
    """The message in a post of the API, which tells its channel itself; reactions where it carries its metadata."""
    if not isinstance(payload, Mapping):
        return Skipped("not_a_message")
    if reason := left_out(payload):
        return Skipped(reason)
    post_id, channel_id = string(payload.get("id")), string(payload.get("channel_id"))
    posted_at = moment(payload.get("create_at"))
    if not post_id or not channel_id or posted_at is None:
        return Skipped("no_time" if post_id and channel_id else "no_id")
    return Message(
        ref=MessageRef(workspace_id, channel_id, post_id),
        root=MessageRef(workspace_id, channel_id, string(payload.get("root_id")) or post_id),
        author_id=string(payload.get("user_id")),
        text=message_text(payload, names),
        posted_at=posted_at,
        kind=kind_of(payload),
        edited_at=moment(payload.get("edit_at")),
        reactions=read_reactions(mapping(payload.get("metadata")).get("reactions")),
    )


def left_out(payload: Mapping[str, Any]) -> str:
    """Why a post is no part of the record: deleted, former, or written by the server; empty where it is part."""
    if moment(payload.get("delete_at")) is not None:
        return "former" if payload.get("original_id") else "deleted"  # an edit keeps what stood there as deleted
    kind = string(payload.get("type"))
    if kind in KEPT or kind.startswith(PLUGIN):
        return ""
    return SKIPPED.get(kind, kind)[:LONGEST_ID]


def kind_of(payload: Mapping[str, Any]) -> MessageKind:
    """How a post came to be: from a person, or a bot, webhook or plugin."""
    return MessageKind.BOT if by_bot(payload) else KEPT[string(payload.get("type"))]


def by_bot(payload: Mapping[str, Any]) -> bool:
    """Whether a bot, a webhook or a plugin wrote a post."""
    props = mapping(payload.get("props"))
    kind = string(payload.get("type"))
    told = any(str(props.get(name)).lower() == "true" for name in AUTOMATED) if props else False
    return told or kind.startswith(PLUGIN)


def moment(millis: object) -> datetime | None:
    """The time that milliseconds since 1970 stand for; None for 0, which means never."""
    if isinstance(millis, bool) or not isinstance(millis, int) or millis <= 0:
        return None
    try:
        return EPOCH + timedelta(milliseconds=millis)
    except OverflowError:
        return None


def millis_of(at: datetime) -> int:
    """A time in milliseconds since 1970."""
    return (at - EPOCH) // timedelta(milliseconds=1)


def emoji_name(name: object) -> str:
    """A reaction's name without colons and skin tone: `+1_medium_skin_tone` is `+1`."""
    return _SKIN_TONE.sub("", name.strip(":")) if isinstance(name, str) else ""


def read_reactions(given: object, who: str = "user_id") -> tuple[Reaction, ...]:
    """A post's reactions, one entry each in the API, put together by emoji; `who` is the key of the member."""
    members: dict[str, dict[str, None]] = {}
    for reaction in given if isinstance(given, list | tuple) else ():
        if not isinstance(reaction, dict) or reaction.get("delete_at"):
            continue
        name, member_id = emoji_name(reaction.get("emoji_name")), string(reaction.get(who))
        if name and member_id:
            members.setdefault(name, {})[member_id] = None
    return tuple(Reaction(name, tuple(ids)) for name, ids in members.items())


def read_member(payload: object, workspace_id: str) -> Member | None:
    """A user as the API and `user_updated` describe one; the municipality is not told here."""
    user_id = string(mapping(payload).get("id"))
    return member_of(mapping(payload), workspace_id, user_id) if user_id else None


def member_of(user: Mapping[str, Any], workspace_id: str, member_id: str) -> Member:
    """A user, or a bot of an export, as a member."""
    username = string(user.get("username"))
    return Member(
        workspace_id=workspace_id,
        id=member_id,
        display_name=(display_name(user) or member_id)[:LONGEST_NAME],
        title=string(user.get("position"))[:LONGEST_NAME],
        bot=bool(user.get("is_bot")),
        guest="system_guest" in string(user.get("roles")).split(),
        deleted=moment(user.get("delete_at")) is not None,
        handle=fitting(username),
    )


def display_name(user: Mapping[str, Any]) -> str:
    """How a user is called: nickname, else last and first name in Japanese order, else username."""
    names = [string(user.get(key)).strip() for key in ("last_name", "first_name")]
    called = string(user.get("nickname")).strip() or " ".join(name for name in names if name)
    return called or string(user.get("display_name")).strip() or string(user.get("username")).strip()


def read_channel(payload: object, workspace_id: str, members: Iterable[str] = ()) -> Channel | None:
    """A channel as the API and events describe one; None for direct and group messages. `members`: of a private one."""
    told = mapping(payload)
    channel_id, kind = string(told.get("id")), string(told.get("type"))
    if not channel_id or kind not in {"O", "P"}:
        return None
    return Channel(
        workspace_id=workspace_id,
        id=channel_id,
        name=channel_name(told),
        visibility=Visibility.PUBLIC if kind == "O" else Visibility.PRIVATE,
        archived=moment(told.get("delete_at")) is not None,
        members=frozenset(members) if kind == "P" else frozenset(),
        handle=fitting(string(told.get("name"))),
    )


def channel_name(channel: Mapping[str, Any]) -> str:
    """What people call a channel: its display name."""
    called = string(channel.get("display_name")).strip() or string(channel.get("name")) or string(channel.get("id"))
    return called[:LONGEST_NAME]


def mapping(value: object) -> Mapping[str, Any]:
    """The value where it is an object of JSON, else an empty one."""
    # A dict, as all parsers give: asking for any Mapping takes ten times as long, a hundred times a thread.
    return value if isinstance(value, dict) else {}


def string(value: object) -> str:
    """The value where it is a string, else an empty one."""
    return value if isinstance(value, str) else ""
