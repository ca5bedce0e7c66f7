"""What the outbox keeps: messages on their way to people, how they are to reach them and how far they are."""

from __future__ import annotations

from collections.abc import Sequence
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


MOST_TOGETHER = 10  # messages taken in one transaction: after a crash each of them may have to be looked for
NOT_FOUND_AGAIN = frozenset({Delivery.WHISPER, Delivery.RESPOND})  # what one member sees is in no history


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
    kind: Delivery
    key: str
    target: str | None


@dataclass(frozen=True, slots=True)
class Sent:
    """A message that reached its platform, and its id there, where others can follow it."""

    kept_id: int
    at: datetime
    sent_id: str | None


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


def in_batches(due: Sequence[Due]) -> list[list[Due]]:
    """What is due, in its order, parted into what may be taken and noted together."""
    made: list[list[Due]] = []
    for one in due:
        if made and _joins(one, made[-1]):
            made[-1].append(one)
        else:
            made.append([one])
    return made


def _joins(one: Due, batch: Sequence[Due]) -> bool:
    """Whether a message may be taken before it is noted what became of those before it in the batch.

    Not where it follows one of them. And what cannot be looked for after a crash goes alone: of a batch all that was
    sent and not yet noted would be sent again.
    """
    return (
        len(batch) < MOST_TOGETHER
        and one.state is batch[0].state
        and not {one.kind, batch[0].kind} & NOT_FOUND_AGAIN
        and (one.target is None or all(one.target not in (other.key, other.target) for other in batch))
    )


def kept_of(row: Row[Any], state: State | None = None) -> Kept:
    """A row of the outbox as it is meant; `state` in place of the one it is in."""
    said = outgoing_of(row, Reply.from_json(row.reply))
    return Kept(
        row.id, said, state or State(row.state), row.attempts, row.created_at, row.sent_at, row.sent_id, row.error
    )


def outgoing_of(row: Row[Any], reply: Reply) -> Outgoing:
    """The message of a row, with these words."""
    return Outgoing(
        key=row.key,
        workspace_id=row.workspace_id,
        kind=Delivery(row.kind),
        reply=reply,
        channel_id=row.channel_id,
        thread_id=row.thread_id,
        member_id=row.member_id,
        handle=row.handle,
        target=row.target,
    )
