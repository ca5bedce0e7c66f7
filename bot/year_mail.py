"""What the simulated year's bot is connected to: a clock and a chat platform; its process may die at either."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bot.events import Event
from bot.replies import Reply
from indexer.model import Channel, Member, Workspace


class PowerCut(BaseException):
    """The process dies here."""


class NotPlayedError(Exception):
    """The bot asked the platform for what no use case of the simulated year needs."""


@dataclass
class Clock:
    """The year's clock; with `fuse` it is the process's last look at it when that has burnt down."""

    at: datetime
    fuse: int = 0

    def now(self) -> datetime:
        """The present moment; a process dies when its fuse has burnt down."""
        if self.fuse:
            self.fuse -= 1
            if not self.fuse:
                raise PowerCut
        return self.at


@dataclass
class Mail:
    """The chat platform: takes direct messages and lines in threads, and may die before it says so."""

    clock: Clock
    workspace: Workspace
    dies: bool = False
    shows_outbox: bool = False
    standing: dict[str, tuple[str, str]] = field(default_factory=dict)  # where, and under which key
    numbered: dict[tuple[str, str], str] = field(default_factory=dict)
    arrived: list[tuple[str, datetime, str]] = field(default_factory=list)
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    def direct(self, member_id: str, reply: Reply, key: str) -> str:
        """A letter arrives."""
        self.arrived.append((member_id, self.clock.at, key))
        del reply
        return self._keep(member_id, key)

    def post(self, channel_id: str, thread_id: str | None, reply: Reply, key: str) -> str:
        """A line in a thread arrives."""
        del thread_id, reply
        self.arrived.append((channel_id, self.clock.at, key))
        return self._keep(channel_id, key)

    def update(self, channel_id: str, message_id: str, reply: Reply) -> None:
        """A message reads anew."""
        del channel_id, reply
        assert message_id in self.standing

    def remove(self, channel_id: str, message_id: str) -> None:
        """A message is taken back."""
        del channel_id
        self.standing.pop(message_id, None)

    def find(self, channel_id: str, thread_id: str | None, key: str) -> str | None:
        """The message of this key, if it arrived."""
        del thread_id
        number = self.numbered.get((channel_id, key))
        return number if number in self.standing else None

    def translate(self, kind: str, payload: dict[str, Any]) -> list[Event]:
        """Members' doings do not come by the inbox."""
        raise NotPlayedError(kind, payload)

    def whisper(self, channel_id: str, thread_id: str | None, member_id: str, reply: Reply, key: str) -> None:
        """Nobody is whispered to."""
        raise NotPlayedError(channel_id, thread_id, member_id, reply, key)

    def show_home(self, member_id: str, reply: Reply) -> None:
        """Nobody opens a home page."""
        raise NotPlayedError(member_id, reply)

    def respond(self, handle: str, reply: Reply) -> None:
        """What a press is answered with is not sent."""
        raise NotPlayedError(handle, reply)

    def channel(self, channel_id: str) -> Channel:
        """All channels are on record."""
        raise NotPlayedError(channel_id)

    def member(self, member_id: str) -> Member:
        """All members are on record."""
        raise NotPlayedError(member_id)

    def _keep(self, place: str, key: str) -> str:
        number = str(next(self.numbers))
        self.standing[number] = (place, key)
        self.numbered[place, key] = number
        if self.dies:
            self.dies = False
            raise PowerCut
        return number
