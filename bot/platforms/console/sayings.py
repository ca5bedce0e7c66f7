"""What the bot said in the console, read from the outbox: posts as they read by now, whispers, private answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from bot.replies import Reply
from bot.store import WorkInProgress
from bot.store.outbox import Delivery, Kept, State

# A message counts as said from the moment it is being sent: the console is the database itself.
SAID = (State.SENDING, State.SENT)
# The outbox keeps direct messages and private answers in no channel, and channel posts in no thread.
NO_CHANNEL = ""
NO_THREAD = None
ON = "@"  # in the handle of a press: before the number of the private message that was pressed


@dataclass(frozen=True, slots=True)
class Saying:
    """One message of the bot. `private`: only the member it is shown to sees it."""

    number: int
    message_id: str
    channel_id: str
    reply: Reply
    at: datetime
    private: bool = False


def in_thread(work: WorkInProgress, workspace_id: str, channel_id: str, thread_id: str, member_id: str) -> list[Saying]:
    """What a member sees of the bot in a thread, oldest first."""
    return _seen(work, workspace_id, work.outbox.in_thread(workspace_id, channel_id, thread_id), member_id)


def in_channel(work: WorkInProgress, workspace_id: str, channel_id: str, member_id: str) -> list[Saying]:
    """What a member sees of the bot in a channel, outside its threads."""
    return _seen(work, workspace_id, work.outbox.in_thread(workspace_id, channel_id, NO_THREAD), member_id)


def silent(work: WorkInProgress, workspace_id: str, channel_id: str, thread_id: str) -> bool:
    """Whether the bot has nothing to say in a thread, not even on its way."""
    return not work.outbox.in_thread(workspace_id, channel_id, thread_id)


def directs(work: WorkInProgress, workspace_id: str, member_id: str) -> list[Saying]:
    """The bot's direct messages to a member, oldest first."""
    rows = work.outbox.in_thread(workspace_id, NO_CHANNEL, NO_THREAD)
    mine = [row for row in rows if row.outgoing.kind is Delivery.DIRECT and row.outgoing.member_id == member_id]
    said = ((row, _by_now(rows, row)) for row in mine if row.state in SAID)
    return [_saying(row, reply) for row, reply in said if reply is not None]


def home(work: WorkInProgress, workspace_id: str, member_id: str) -> Saying | None:
    """What a member's home page shows."""
    rows = work.outbox.in_thread(workspace_id, NO_CHANNEL, NO_THREAD)
    mine = [row for row in rows if row.outgoing.kind is Delivery.HOME and row.outgoing.member_id == member_id]
    shown = [row for row in mine if row.state in SAID]
    return _saying(shown[-1], shown[-1].outgoing.reply) if shown else None


def answers(work: WorkInProgress, workspace_id: str, handles: Iterable[str]) -> dict[str, Saying]:
    """The private answers given to these handles so far."""
    wanted = frozenset(handles)
    rows = work.outbox.in_thread(workspace_id, NO_CHANNEL, NO_THREAD) if wanted else []
    return {
        row.outgoing.handle: _saying(row, _by_now(rows, row) or row.outgoing.reply)
        for row in rows
        if row.outgoing.handle in wanted and row.state in SAID
    }


def pressing(handle: str, number: int) -> str:
    """The handle of a press on a private message, which its answer may take the place of."""
    return f"{handle}{ON}{number}"


def stands_in(handle: str, reply: Reply) -> bool:
    """Whether an answer took the place of what was pressed, rather than come after it."""
    return reply.instead and ON in handle


def reads(rows: Iterable[Kept], post: Kept) -> Reply | None:
    """What a post says by now: its last update's words, its own, or None where it was taken back."""
    followed = [row for row in rows if row.outgoing.target == post.outgoing.key and row.state in SAID]
    if any(row.outgoing.kind is Delivery.REMOVE for row in followed):
        return None
    updates = [row.outgoing.reply for row in followed if row.outgoing.kind is Delivery.UPDATE]
    return updates[-1] if updates else post.outgoing.reply


def _by_now(rows: Iterable[Kept], said: Kept) -> Reply | None:
    """What a private message says by now: what last took its place, else as any message."""
    stood_in = [
        row.outgoing.reply
        for row in rows
        if row.outgoing.handle.endswith(f"{ON}{said.id}") and row.outgoing.reply.instead and row.state in SAID
    ]
    return stood_in[-1] if stood_in else reads(rows, said)


def _seen(work: WorkInProgress, workspace_id: str, rows: list[Kept], member_id: str) -> list[Saying]:
    whispered = any(row.outgoing.kind is Delivery.WHISPER and row.outgoing.member_id == member_id for row in rows)
    answered = work.outbox.in_thread(workspace_id, NO_CHANNEL, NO_THREAD) if whispered else []
    found = []
    for row in rows:
        if row.state not in SAID:
            continue
        if row.outgoing.kind is Delivery.POST and (reply := reads(rows, row)) is not None:
            found.append(_saying(row, reply))
        elif row.outgoing.kind is Delivery.WHISPER and row.outgoing.member_id == member_id:
            found.append(_saying(row, _by_now(answered, row) or row.outgoing.reply))
    return found


def _saying(row: Kept, reply: Reply) -> Saying:
    return Saying(
        number=row.id,
        message_id=row.sent_id or "",
        channel_id=row.outgoing.channel_id,
        reply=reply,
        at=row.sent_at or row.created_at,
        private=row.outgoing.kind is not Delivery.POST,
    )
