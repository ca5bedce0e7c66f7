"""One Mattermost post, as the REST API and events carry it, read into a `Message` or skipped for a named reason.

Users and channels are read here too, so that imports, histories and the bot agree on them. Nothing here raises.

A channel's name here is its display name: the other one, in addresses, is ASCII alone (「何でも相談」 cannot be one).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from indexer.model import Channel, Member, Message, MessageKind, MessageRef, Reaction, Visibility
from indexer.sources.mattermost_markup import plain_text

# A post's `type`; what is neither kept nor named here is skipped under its own name.
KEPT = {
    "": MessageKind.POST,
    "me": MessageKind.ME,
    "slack_attachment": MessageKind.BOT,
}
SKIPPED = {
    "system_join_channel": "join",
    "system_join_team": "join",
    "system_add_to_channel": "join",
    "system_add_to_team": "join",
    "system_leave_channel": "leave",
    "system_leave_team": "leave",
    "system_remove_from_channel": "leave",
    "system_remove_from_team": "leave",
    "system_header_change": "topic",
    "system_purpose_change": "purpose",
    "system_displayname_change": "name",
    "system_channel_deleted": "archive",
    "system_channel_restored": "archive",
}
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SKIN_TONE = re.compile(r"_(?:light|medium_light|medium|medium_dark|dark)_skin_tone$")


@dataclass(frozen=True, slots=True)
class Skipped:
    """A post that is not part of the record, and why: one word, counted by importers."""

    reason: str


def read_post(payload: object, workspace_id: str) -> Message | Skipped:
    """The message in `payload`, which tells its channel itself."""
    if not isinstance(payload, Mapping):
        return Skipped("not_a_post")
    kind = payload.get("type") or ""
    if not isinstance(kind, str) or kind not in KEPT:
        return Skipped(SKIPPED.get(str(kind), str(kind)))
    post_id, channel_id = _string(payload.get("id")), _string(payload.get("channel_id"))
    posted_at = moment(payload.get("create_at"))
    if not post_id or not channel_id or posted_at is None:
        return Skipped("no_time" if post_id and channel_id else "no_id")
    if payload.get("original_id"):  # what an edited post said before
        return Skipped("former")
    if moment(payload.get("delete_at")):
        return Skipped("deleted")
    return Message(
        ref=MessageRef(workspace_id, channel_id, post_id),
        root=MessageRef(workspace_id, channel_id, _string(payload.get("root_id")) or post_id),
        author_id=_string(payload.get("user_id")),
        text=post_text(payload),
        posted_at=posted_at,
        kind=MessageKind.BOT if by_bot(payload) else KEPT[kind],
        edited_at=moment(payload.get("edit_at")),
        reactions=read_reactions(_mapping(payload.get("metadata")).get("reactions")),
    )


def moment(millis: object) -> datetime | None:
    """The time that milliseconds since 1970 stand for; None for 0, which means never."""
    if not isinstance(millis, int) or isinstance(millis, bool) or millis <= 0:
        return None
    try:
        return EPOCH + timedelta(milliseconds=millis)
    except OverflowError:
        return None


def millis_of(at: datetime) -> int:
    """A time in milliseconds since 1970."""
    return (at - EPOCH) // timedelta(milliseconds=1)


def post_text(payload: Mapping[str, Any]) -> str:
    """What a post says: its text; where that is empty its attachments, else its files' names."""
    if said := plain_text(_string(payload.get("message"))):
        return said
    for told in (_attachments, _files):
        if lines := [line for line in told(payload) if line.strip()]:
            return "\n".join(lines).strip()
    return ""


def by_bot(payload: Mapping[str, Any]) -> bool:
    """Whether a bot, a webhook or a plugin wrote a post."""
    props = _mapping(payload.get("props"))
    return any(str(props.get(name)).lower() == "true" for name in ("from_bot", "from_webhook", "from_plugin"))


def emoji_name(name: object) -> str:
    """A reaction's name without its skin tone: `+1_medium_skin_tone` is `+1`."""
    return _SKIN_TONE.sub("", name.strip(":")) if isinstance(name, str) else ""


def read_reactions(given: object) -> tuple[Reaction, ...]:
    """A post's reactions, one entry each in the API, put together by emoji."""
    members: dict[str, dict[str, None]] = {}
    for reaction in _mappings(given):
        name, member_id = emoji_name(reaction.get("emoji_name")), _string(reaction.get("user_id"))
        if name and member_id and not reaction.get("delete_at"):
            members.setdefault(name, {})[member_id] = None
    return tuple(Reaction(name, tuple(ids)) for name, ids in members.items())


def read_member(payload: object, workspace_id: str) -> Member | None:
    """A user as the API and events describe one; the municipality is not told here."""
    user_id = _string(_mapping(payload).get("id"))
    if not isinstance(payload, Mapping) or not user_id:
        return None
    return Member(
        workspace_id=workspace_id,
        id=user_id,
        display_name=display_name(payload) or user_id,
        title=_string(payload.get("position")),
        bot=bool(payload.get("is_bot")),
        guest="system_guest" in _string(payload.get("roles")).split(),
        deleted=moment(payload.get("delete_at")) is not None,
    )


def display_name(payload: Mapping[str, Any]) -> str:
    """How a user is called: nickname, else last and first name in Japanese order, else user name."""
    nickname = _string(payload.get("nickname")).strip()
    names = [_string(payload.get(key)).strip() for key in ("last_name", "first_name")]
    return nickname or " ".join(name for name in names if name) or _string(payload.get("username")).strip()


def read_channel(payload: object, workspace_id: str, members: Iterable[str] = ()) -> Channel | None:
    """A channel as the API and events describe one; None for direct and group messages."""
    told = _mapping(payload)
    channel_id, kind = _string(told.get("id")), _string(told.get("type"))
    if not channel_id or kind not in {"O", "P"}:
        return None
    return Channel(
        workspace_id=workspace_id,
        id=channel_id,
        name=_string(told.get("display_name")).strip() or _string(told.get("name")) or channel_id,
        visibility=Visibility.PUBLIC if kind == "O" else Visibility.PRIVATE,
        archived=moment(told.get("delete_at")) is not None,
        members=frozenset(members) if kind == "P" else frozenset(),
    )


def _attachments(payload: Mapping[str, Any]) -> Iterable[str]:
    for attachment in _mappings(_mapping(payload.get("props")).get("attachments")):
        lines = [plain_text(_string(attachment.get(key))) for key in ("pretext", "title", "text")]
        for field in _mappings(attachment.get("fields")):
            lines += [plain_text(_string(field.get(key))) for key in ("title", "value")]
        yield "\n".join(line for line in lines if line) or plain_text(_string(attachment.get("fallback")))


def _files(payload: Mapping[str, Any]) -> Iterable[str]:
    for file in _mappings(_mapping(payload.get("metadata")).get("files")):
        yield _string(file.get("name"))


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _mappings(value: object) -> Iterable[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list | tuple) else ()


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""
