"""What a member does on a page, put into the inbox: from there it walks the same line as on every platform."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import uuid4

from bot.platforms.console import events, sayings
from bot.platforms.console.client import ConsolePlatform
from bot.ports import Clock
from bot.store import UnitOfWork
from indexer.model import MessageRef

COMMANDS = ("similar", "kyoso")


@dataclass(frozen=True, slots=True)
class Desk:
    """Takes members' actions; `wake` lets the receiver know. Returns ids that the page recognises them by."""

    unit: UnitOfWork
    clock: Clock
    platform: ConsolePlatform
    wake: Callable[[], None]

    def post(self, member_id: str, channel_id: str, text: str, thread_id: str = "") -> str:
        """Post a question, or a reply where `thread_id` names its thread; returns the message's id."""
        message_id = self.platform.new_id()
        self._put(events.POST, member_id, channel=channel_id, message=message_id, thread=thread_id, text=text)
        return message_id

    def edit(self, member_id: str, ref: MessageRef, text: str) -> None:
        """Change the words of one's own post."""
        self._put(events.EDIT, member_id, channel=ref.channel_id, message=ref.message_id, text=text)

    def delete(self, member_id: str, ref: MessageRef) -> None:
        """Delete one's own post."""
        self._put(events.DELETE, member_id, channel=ref.channel_id, message=ref.message_id)

    def react(self, member_id: str, ref: MessageRef, emoji: str, *, take_back: bool = False) -> None:
        """React to a post, or take the reaction back."""
        kind = events.UNREACT if take_back else events.REACT
        self._put(kind, member_id, channel=ref.channel_id, message=ref.message_id, emoji=emoji)

    def press(  # noqa: PLR0913 - all that a press tells
        self, member_id: str, place: MessageRef, action: str, value: str, chosen: str = "", *, on: int = 0
    ) -> str:
        """Press a button of the bot's, or choose from a menu; returns the handle of its private answer.

        `on`: the number of the message, where nobody else sees it.
        """
        handle = sayings.pressing(_handle(member_id), on) if on else _handle(member_id)
        where = {"channel": place.channel_id, "message": place.message_id}
        self._put(events.PRESS, member_id, action=action, value=value, chosen=chosen, handle=handle, **where)
        return handle

    def open_home(self, member_id: str) -> None:
        """Open one's home page."""
        self._put(events.HOME, member_id)

    def press_home(self, member_id: str, action: str, value: str, chosen: str = "") -> None:
        """Press a button on one's home page."""
        self._put(events.PRESS_HOME, member_id, action=action, value=value, chosen=chosen)

    def command(self, member_id: str, channel_id: str, line: str) -> str:
        """Give a slash command; returns the handle of its private answer, empty where there is no such command."""
        name, _, text = line.strip().lstrip("/").partition(" ")
        if name not in COMMANDS:
            return ""
        handle = _handle(member_id)
        self._put(events.COMMAND, member_id, channel=channel_id, name=name, text=text.strip(), handle=handle)
        return handle

    def look_up(self, member_id: str, ref: MessageRef) -> str:
        """Look for threads like a post; returns the handle of the private answer."""
        handle = _handle(member_id)
        self._put(events.LOOK_UP, member_id, channel=ref.channel_id, message=ref.message_id, handle=handle)
        return handle

    def direct(self, member_id: str, text: str) -> None:
        """Write to the bot in a direct message."""
        self._put(events.DIRECT, member_id, message=self.platform.new_id(), text=text)

    def _put(self, kind: str, member_id: str, **facts: str) -> None:
        now = self.clock.now()
        payload = {"member": member_id, "at": now.isoformat(), **facts}
        with self.unit.begin() as work:
            work.inbox.put(self.platform.workspace.id, str(uuid4()), kind, payload, now)
        self.wake()


def _handle(member_id: str) -> str:
    return f"{member_id}/{uuid4()}"
