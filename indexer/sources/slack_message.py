"""One Slack message, as exports, histories and events carry it, read into a `Message` or skipped for a named reason.

Members and channels are read here too, so that exports and the bot agree on them. Nothing here raises.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from indexer.model import Channel, Member, Message, MessageKind, MessageRef, Reaction, Visibility
from indexer.sources.names import NAMELESS, Names
from indexer.sources.slack_markup import emoji_name, message_text

SLACKBOT = "USLACKBOT"
LONGEST_BOT_NAME = 80  # characters, as Slack allows

KEPT = {
    "": MessageKind.POST,
    "file_share": MessageKind.POST,
    "thread_broadcast": MessageKind.BROADCAST,
    "me_message": MessageKind.ME,
    "bot_message": MessageKind.BOT,
}
# Why the other subtypes are left out; one not named here is skipped under its own name.
SKIPPED = {
    "channel_join": "join",
    "group_join": "join",
    "channel_leave": "leave",
    "group_leave": "leave",
    "channel_topic": "topic",
    "group_topic": "topic",
    "channel_purpose": "purpose",
    "group_purpose": "purpose",
    "channel_name": "name",
    "group_name": "name",
    "channel_archive": "archive",
    "group_archive": "archive",
    "channel_unarchive": "archive",
    "group_unarchive": "archive",
    "pinned_item": "pin",
    "unpinned_item": "pin",
    "tombstone": "tombstone",
    "bot_add": "integration",
    "bot_remove": "integration",
    "bot_enable": "integration",
    "bot_disable": "integration",
    "file_comment": "file_comment",
}


@dataclass(frozen=True, slots=True)
class Skipped:
    """A message that is not part of the record, and why: one word, counted by importers."""

    reason: str


def read_message(payload: object, workspace_id: str, channel_id: str, names: Names = NAMELESS) -> Message | Skipped:
    """The message in `payload`, which stands in channel `channel_id`."""
    if not isinstance(payload, Mapping):
        return Skipped("not_a_message")
    if (kind := str(payload.get("type") or "message")) not in {"message", "app_mention"}:
        return Skipped(kind)
    subtype = str(payload.get("subtype") or "")
    if subtype not in KEPT:
        return Skipped(SKIPPED.get(subtype, subtype))
    message_id = message_id_of(payload.get("ts"))
    posted_at = moment(message_id)
    if posted_at is None:
        return Skipped("no_time")
    ref = MessageRef(workspace_id, channel_id, message_id)
    return Message(
        ref=ref,
        root=MessageRef(workspace_id, channel_id, _root_id(payload, message_id)),
        author_id=author_of(payload),
        text=message_text(payload, names),
        posted_at=posted_at,
        kind=MessageKind.BOT if by_bot(payload) else KEPT[subtype],
        edited_at=_edited_at(payload.get("edited")),
        reactions=read_reactions(payload.get("reactions")),
    )


def moment(ts: object) -> datetime | None:
    """The time that a `ts` (`1700000000.000100`, with or without its fraction, a number too) stands for."""
    seconds, _, fraction = str(ts).partition(".")
    if not (seconds.isascii() and seconds.isdigit() and (not fraction or (fraction.isascii() and fraction.isdigit()))):
        return None
    if not fraction and len(seconds) == 16:  # a ts without its dot
        seconds, fraction = seconds[:10], seconds[10:]
    try:
        return datetime.fromtimestamp(int(seconds), UTC).replace(microsecond=int(fraction[:6].ljust(6, "0")))
    except (ValueError, OverflowError, OSError):
        return None


def message_id_of(ts: object) -> str:
    """A `ts` as a message id; empty where it is none."""
    return str(ts) if isinstance(ts, str | int | float) and not isinstance(ts, bool) else ""


def author_of(payload: Mapping[str, Any]) -> str:
    """Who wrote a message: a member id, else a bot id, else empty."""
    bot_profile = payload.get("bot_profile")
    profile_id = bot_profile.get("id") if isinstance(bot_profile, Mapping) else None
    return _first(payload.get("user"), payload.get("bot_id"), profile_id)


def read_bot(payload: Mapping[str, Any], workspace_id: str) -> Member | None:
    """The integration that wrote a message, where it is no user of its own, as the message names it."""
    profile = payload.get("bot_profile")
    told = profile.get("name") if isinstance(profile, Mapping) else None
    name, bot_id = _first(told, payload.get("username")).strip(), author_of(payload)
    if _said(payload.get("user")) or not name or not bot_id or len(name) > LONGEST_BOT_NAME:
        return None
    return Member(workspace_id, bot_id, name, bot=True)


def by_bot(payload: Mapping[str, Any]) -> bool:
    """Whether an app, a workflow or Slackbot wrote a message; apps' posts need not have the subtype `bot_message`."""
    return payload.get("subtype") == "bot_message" or _said(payload.get("bot_id")) or payload.get("user") == SLACKBOT


def read_reactions(given: object) -> tuple[Reaction, ...]:
    """A message's reactions, the skin tones of one emoji put together."""
    members: dict[str, dict[str, None]] = {}
    for reaction in given if isinstance(given, list | tuple) else ():
        if not isinstance(reaction, Mapping) or not (name := emoji_name(reaction.get("name"))):
            continue
        users = reaction.get("users")
        members.setdefault(name, {}).update(dict.fromkeys(strings(users)))
    return tuple(Reaction(name, tuple(ids)) for name, ids in members.items() if ids)


def read_member(payload: object, workspace_id: str) -> Member | None:
    """A user as `users.json`, `users.list` and `user_change` describe one; the municipality is not told here."""
    if not isinstance(payload, Mapping) or not _said(payload.get("id")):
        return None
    profile = payload.get("profile")
    shown: Mapping[str, Any] = profile if isinstance(profile, Mapping) else {}
    called = _first(shown.get("display_name"), shown.get("real_name"), payload.get("real_name"), payload.get("name"))
    return Member(
        workspace_id=workspace_id,
        id=payload["id"],
        display_name=called.strip() or payload["id"],
        title=title if isinstance(title := shown.get("title"), str) else "",
        bot=bool(payload.get("is_bot")) or payload["id"] == SLACKBOT,
        # Members of other organisations (shared channels) see no more than guests do.
        guest=any(bool(payload.get(key)) for key in ("is_restricted", "is_ultra_restricted", "is_stranger")),
        deleted=bool(payload.get("deleted")),
    )


def read_channel(payload: object, workspace_id: str, *, private: bool = False) -> Channel | None:
    """A channel as `channels.json`, `conversations.list` and events describe one; None for direct messages.

    `private` says so where the payload does not, as for `groups.json`.
    """
    if not isinstance(payload, Mapping) or not _said(payload.get("id")):
        return None
    if payload.get("is_im") or payload.get("is_mpim"):
        return None
    # `is_group` is asked only where the newer `is_private` is missing.
    hidden = private or bool(payload.get("is_private", payload.get("is_group")))
    return Channel(
        workspace_id=workspace_id,
        id=payload["id"],
        name=_first(payload.get("name"), payload.get("name_normalized"), payload["id"]),
        visibility=Visibility.PRIVATE if hidden else Visibility.PUBLIC,
        archived=bool(payload.get("is_archived")),
        members=frozenset(strings(payload.get("members"))) if hidden else frozenset(),
    )


def strings(value: object) -> Iterable[str]:
    """The non-empty strings of a list, nothing where it is none."""
    return [item for item in value if _said(item)] if isinstance(value, list | tuple) else ()


def _root_id(payload: Mapping[str, Any], message_id: str) -> str:
    root = payload.get("root")
    told = (payload.get("thread_ts"), root.get("ts") if isinstance(root, Mapping) else None)
    return next((id_ for ts in told if (id_ := message_id_of(ts)) and moment(id_) is not None), message_id)


def _edited_at(edited: object) -> datetime | None:
    return moment(edited.get("ts")) if isinstance(edited, Mapping) else None


def _first(*values: object) -> str:
    return next((value for value in values if isinstance(value, str) and value.strip()), "")


def _said(value: object) -> bool:
    return isinstance(value, str) and bool(value)
