"""What can happen in a community, free of any platform's payloads; platforms translate, use cases listen."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from indexer.model import Channel, Member, Message, MessageRef, Workspace

MOST_DIGITS = 9  # what databases take for a number


@dataclass(frozen=True, slots=True)
class Posted:
    """A message was posted. `own`: this bot wrote it. `mentions_bot`: it calls the bot by name."""

    message: Message
    own: bool = False
    mentions_bot: bool = False


@dataclass(frozen=True, slots=True)
class Edited:
    """A message now reads as `message` says."""

    message: Message
    own: bool = False


@dataclass(frozen=True, slots=True)
class Deleted:
    """A message was deleted. `written`: by whom and when, where an export may have told of it without its id."""

    ref: MessageRef
    at: datetime
    written: tuple[str, datetime] | None = None


@dataclass(frozen=True, slots=True)
class Reacted:
    """Somebody reacted to a message."""

    ref: MessageRef
    emoji: str
    member_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Unreacted:
    """Somebody took a reaction back."""

    ref: MessageRef
    emoji: str
    member_id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ChannelSeen:
    """A channel was created, renamed, archived or converted, and now is as `channel` says."""

    channel: Channel
    at: datetime


@dataclass(frozen=True, slots=True)
class MemberSeen:
    """A member joined the workspace or changed, and now is as `member` says."""

    member: Member
    at: datetime


@dataclass(frozen=True, slots=True)
class Joined:
    """A member joined a channel."""

    workspace_id: str
    channel_id: str
    member_id: str


@dataclass(frozen=True, slots=True)
class Left:
    """A member left a channel."""

    workspace_id: str
    channel_id: str
    member_id: str


@dataclass(frozen=True, slots=True)
class WorkspaceSeen:
    """The workspace was renamed or moved to another address."""

    workspace: Workspace


@dataclass(frozen=True, slots=True)
class Asked:
    """A member asked the bot itself, outside any thread of the community: by a direct message.

    `ref` is the direct message, which is never recorded.
    """

    ref: MessageRef
    member_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Commanded:
    """A slash command. `name` without the slash; `handle` lets the bot answer this one call privately."""

    workspace_id: str
    channel_id: str
    member_id: str
    name: str
    text: str
    handle: str


@dataclass(frozen=True, slots=True)
class Pressed:
    """A button was pressed or something chosen from a menu. `value` is what the bot put there.

    `ref` is the message it stands on, if it is one; `chosen` what was chosen, for a menu of people their id. On the
    home page there is neither `channel_id` nor `handle`: the page itself is renewed.
    """

    workspace_id: str
    channel_id: str
    member_id: str
    action: str
    value: str
    handle: str
    ref: MessageRef | None = None
    chosen: str = ""


@dataclass(frozen=True, slots=True)
class LookedUp:
    """The message shortcut 「似たスレッドを探す」 was used on a message."""

    ref: MessageRef
    member_id: str
    text: str
    handle: str


@dataclass(frozen=True, slots=True)
class HomeOpened:
    """A member opened the bot's home page."""

    workspace_id: str
    member_id: str


Event = (
    Posted
    | Edited
    | Deleted
    | Reacted
    | Unreacted
    | ChannelSeen
    | MemberSeen
    | Joined
    | Left
    | WorkspaceSeen
    | Asked
    | Commanded
    | Pressed
    | LookedUp
    | HomeOpened
)


def whole_number(text: str) -> int | None:
    """The number that a button carries or somebody wrote; None for what is none that is meant here."""
    return int(text) if text.isdecimal() and len(text) <= MOST_DIGITS else None
