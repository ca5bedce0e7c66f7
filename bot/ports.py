"""What the bot needs from outside: a chat platform and a clock; adapters, fakes and tests share these names."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from bot.events import Event
from bot.replies import Reply
from indexer.model import Channel, Member, Workspace


class Clock(Protocol):
    """Tells the time; tests and the demo move it."""

    def now(self) -> datetime:
        """The present moment, UTC."""
        ...


class ChatPlatform(Protocol):
    """A place where people talk.

    Every method may raise PlatformError (may pass: try again), PlatformBusyError (wait first) or PlatformRefusedError
    (never). `key` is the outbox's name of a message: it is stored invisibly with the message, so that `find` can tell
    after a crash whether it was sent. Ids are the platform's own.
    """

    workspace: Workspace
    """The one workspace this platform speaks in, with the base of its permalinks."""
    shows_outbox: bool
    """Whether members read what the bot says in the outbox itself, for want of any other place."""

    def translate(self, kind: str, payload: dict[str, Any]) -> list[Event]:
        """What an inbox entry means; an empty list where it is of no concern. Never raises on an odd payload."""
        ...

    def post(self, channel_id: str, thread_id: str | None, reply: Reply, key: str) -> str:
        """Say `reply` in a channel, in a thread where given, and return the new message's id."""
        ...

    def whisper(self, channel_id: str, thread_id: str | None, member_id: str, reply: Reply, key: str) -> None:
        """Say `reply` so that only one member of the channel sees it."""
        ...

    def direct(self, member_id: str, reply: Reply, key: str) -> str:
        """Say `reply` to one member in a direct message and return the new message's id."""
        ...

    def show_home(self, member_id: str, reply: Reply) -> None:
        """Let the member's home page read as `reply`, in place of what it showed."""
        ...

    def respond(self, handle: str, reply: Reply) -> None:
        """Answer one command or button press privately; `handle` came with it and expires.

        Where the reply is `instead`, and the pressed message is shown to its presser alone, it takes its place.
        """
        ...

    def update(self, channel_id: str, message_id: str, reply: Reply) -> str | None:
        """Replace a message of the bot's own. For a direct message `channel_id` is the member's id.

        The message's id where it has another one now, None where it kept its own.
        """
        ...

    def remove(self, channel_id: str, message_id: str) -> None:
        """Delete a message of the bot's own; done already is no error. For a direct message as `update`."""
        ...

    def channel(self, channel_id: str) -> Channel:
        """The channel as it now is, with its members where it is private."""
        ...

    def member(self, member_id: str) -> Member:
        """The member as they now are."""
        ...

    def find(self, channel_id: str, thread_id: str | None, key: str) -> str | None:
        """The id of the bot's own message that carries `key`, if it is there. For a direct message as `update`."""
        ...
