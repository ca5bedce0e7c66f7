"""The console's events: what a page puts into the inbox, and what the bot makes of it.

A page is not trusted: who may open a channel, and whose message it is, is looked up again when an entry is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bot.events import (
    Asked,
    Commanded,
    Deleted,
    Edited,
    Event,
    HomeOpened,
    LookedUp,
    Posted,
    Pressed,
    Reacted,
    Unreacted,
)
from bot.store import UnitOfWork
from indexer.model import Message, MessageRef

POST = "post"
EDIT = "edit"
DELETE = "delete"
REACT = "react"
UNREACT = "unreact"
PRESS = "press"
COMMAND = "command"
LOOK_UP = "look_up"
DIRECT = "direct"
HOME = "home"
PRESS_HOME = "press_home"
IN_NO_CHANNEL = frozenset({DIRECT, HOME, PRESS_HOME})

MENTIONS = ("@kyoso", "@共創")
LONGEST_POST = 4_000  # characters; what Slack's clients accept in one message

Payload = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Translator:
    """Reads inbox entries of one console workspace."""

    workspace_id: str
    unit: UnitOfWork

    def translate(self, kind: str, payload: Payload) -> list[Event]:
        """What an entry means; nothing where it is odd or not permitted."""
        read = {
            POST: self._post,
            EDIT: self._edit,
            DELETE: self._delete,
            REACT: self._react,
            UNREACT: self._react,
            PRESS: self._press,
            COMMAND: self._command,
            LOOK_UP: self._look_up,
            DIRECT: self._direct,
            HOME: self._home,
            PRESS_HOME: self._press,
        }.get(kind)
        at = _time(payload.get("at"))
        if read is None or at is None or not _text(payload, "member"):
            return []
        if kind not in IN_NO_CHANNEL and not self._open_to(_text(payload, "member"), _text(payload, "channel")):
            return []
        return list(read(kind, payload, at))

    def _post(self, _kind: str, payload: Payload, at: datetime) -> Iterator[Event]:
        text = _text(payload, "text").strip()[:LONGEST_POST]
        ref = self._ref(payload)
        if not (text and ref.message_id):
            return
        root = replace(ref, message_id=_text(payload, "thread") or ref.message_id)
        message = Message(ref, root, _text(payload, "member"), text, at)
        yield Posted(message, mentions_bot=text.casefold().startswith(MENTIONS))

    def _edit(self, _kind: str, payload: Payload, at: datetime) -> Iterator[Event]:
        before = self._own_message(payload)
        text = _text(payload, "text").strip()[:LONGEST_POST]
        if before is not None and text and text != before.text:
            yield Edited(replace(before, text=text, edited_at=at))

    def _delete(self, _kind: str, payload: Payload, at: datetime) -> Iterator[Event]:
        ref = self._ref(payload)
        # The first reading of an entry may have been cut short after the words were gone: deleting again is harmless.
        if self._message(ref) is None or self._own_message(payload) is not None:
            yield Deleted(ref, at)

    def _react(self, kind: str, payload: Payload, at: datetime) -> Iterator[Event]:
        emoji = _text(payload, "emoji").strip(":")[:128]
        happened = Reacted if kind == REACT else Unreacted
        if emoji:
            yield happened(self._ref(payload), emoji, _text(payload, "member"), at)

    def _press(self, _kind: str, payload: Payload, _at: datetime) -> Iterator[Event]:
        ref = self._ref(payload)
        yield Pressed(
            workspace_id=self.workspace_id,
            channel_id=ref.channel_id,
            member_id=_text(payload, "member"),
            action=_text(payload, "action"),
            value=_text(payload, "value"),
            handle=_text(payload, "handle"),
            ref=ref if ref.message_id else None,
            chosen=_text(payload, "chosen"),
        )

    def _command(self, _kind: str, payload: Payload, _at: datetime) -> Iterator[Event]:
        yield Commanded(
            workspace_id=self.workspace_id,
            channel_id=_text(payload, "channel"),
            member_id=_text(payload, "member"),
            name=_text(payload, "name").lstrip("/"),
            text=_text(payload, "text"),
            handle=_text(payload, "handle"),
        )

    def _look_up(self, _kind: str, payload: Payload, _at: datetime) -> Iterator[Event]:
        message = self._message(self._ref(payload))
        if message is not None:
            yield LookedUp(message.ref, _text(payload, "member"), message.text, _text(payload, "handle"))

    def _direct(self, _kind: str, payload: Payload, _at: datetime) -> Iterator[Event]:
        member_id, text = _text(payload, "member"), _text(payload, "text").strip()[:LONGEST_POST]
        if text:
            yield Asked(MessageRef(self.workspace_id, "", _text(payload, "message")), member_id, text)

    def _home(self, _kind: str, payload: Payload, _at: datetime) -> Iterator[Event]:
        yield HomeOpened(self.workspace_id, _text(payload, "member"))

    # What is on record

    def _ref(self, payload: Payload) -> MessageRef:
        return MessageRef(self.workspace_id, _text(payload, "channel"), _text(payload, "message"))

    def _message(self, ref: MessageRef) -> Message | None:
        with self.unit.read() as work:
            return work.corpus.message(ref)

    def _own_message(self, payload: Payload) -> Message | None:
        message = self._message(self._ref(payload))
        return message if message is not None and message.author_id == _text(payload, "member") else None

    def _open_to(self, member_id: str, channel_id: str) -> bool:
        with self.unit.read() as work:
            room = work.corpus.channel(self.workspace_id, channel_id)
            return room is not None and work.corpus.audience_of(self.workspace_id, member_id).may_open(room)


def _text(payload: Payload, key: str) -> str:
    value = payload.get(key)
    return value if isinstance(value, str) else ""


def _time(value: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return at if at is not None and at.tzinfo is not None else None
