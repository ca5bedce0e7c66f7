"""What the outbox keeps: messages on their way to people, how they are to reach them and how far they are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row

from bot.replies import Reply


class Delivery(StrEnum):
    """How a message is to reach people."""

    POST = "post"
    WHISPER = "whisper"
    DIRECT = "direct"
    RESPOND = "respond"
    HOME = "home"
    UPDATE = "update"
    REMOVE = "remove"


class State(StrEnum):
    """How far a message is. SENDING outlives a crash: then the platform is asked whether it arrived."""

    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One thing to say. `key` names it for good; `target` is the key of the post that an update or removal concerns."""

    key: str
    workspace_id: str
    kind: Delivery
    reply: Reply
    channel_id: str = ""
    thread_id: str | None = None
    member_id: str | None = None
    handle: str = ""
    target: str | None = None


@dataclass(frozen=True, slots=True)
class Kept:
    """An outgoing message with how it fares."""

    id: int
    outgoing: Outgoing
    state: State
    attempts: int
    created_at: datetime
    sent_at: datetime | None
    sent_id: str | None
    error: str


@dataclass(frozen=True, slots=True)
class Due:
    """A message that is to be sent, by its number, in the state in which it was found."""

    id: int
    state: State


@dataclass(frozen=True, slots=True)
class Before:
    """What an update or removal follows: its post, where that stands, and whether anything of it is on its way yet."""

    post: int | None
    sent_id: str | None
    under_way: bool


@dataclass(frozen=True, slots=True)
class Posted:
    """A post as kept, and what was said about it since, oldest first."""

    post: Row[Any]
    following: tuple[Row[Any], ...]

    @property
    def updates(self) -> tuple[Row[Any], ...]:
        """What it was to read later."""
        return tuple(row for row in self.following if row.kind == Delivery.UPDATE.value)

    @property
    def latest(self) -> Row[Any]:
        """The row that tells how it reads by now."""
        return (self.post, *self.updates)[-1]
