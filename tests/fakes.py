"""Hand-written fakes of the ports: they keep what happened in memory, so that tests can assert on it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from builders import NOON, WORKSPACE

from bot.errors import PlatformError, PlatformRefusedError
from bot.events import Event
from bot.replies import Reply
from indexer.model import Channel, Member, MessageRef, Thread, Workspace


class FakeClock:
    """A clock that stands still until it is moved."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def forward(self, seconds: float) -> None:
        self.at += timedelta(seconds=seconds)


@dataclass(frozen=True)
class Said:
    """One message of the bot's. `id` is empty for what only one member sees and nobody can change."""

    channel_id: str
    reply: Reply
    key: str = ""
    id: str = ""
    thread_id: str | None = None
    member_id: str | None = None


@dataclass
class FakeDirectory:
    """Members and channels on record."""

    members: dict[str, Member] = field(default_factory=dict)
    channels: dict[str, Channel] = field(default_factory=dict)
    threads: dict[MessageRef, Thread] = field(default_factory=dict)

    def thread(self, ref: MessageRef) -> Thread | None:
        return self.threads.get(ref)

    def member_called(self, _workspace_id: str, handle: str) -> Member | None:
        return next((member for member in self.members.values() if member.handle == handle), None)

    def channel_called(self, _workspace_id: str, handle: str) -> Channel | None:
        return next((channel for channel in self.channels.values() if channel.handle == handle), None)

    def member(self, _workspace_id: str, member_id: str) -> Member | None:
        return self.members.get(member_id)

    def channel(self, _workspace_id: str, channel_id: str) -> Channel | None:
        return self.channels.get(channel_id)


class FakeChatPlatform:
    """A chat platform in memory.

    `rooms` and `people` are what it knows; `pressed`: whispers by the handle of a press on them. The next calls raise
    what stands in `failing`; with `loses_answer` the next message is sent all the same and only its answer is lost.
    `events` is what `translate` makes of a payload's "is".
    """

    shows_outbox = False

    def __init__(self, rooms: tuple[Channel, ...] = (), people: tuple[Member, ...] = ()) -> None:
        self.workspace = Workspace(WORKSPACE, "テスト共創", "https://test.example/")
        self.rooms = {room.id: room for room in rooms}
        self.people = {member.id: member for member in people}
        self.posts: list[Said] = []
        self.whispers: list[Said] = []
        self.answers: dict[str, list[Reply]] = {}
        self.homes: dict[str, Reply] = {}
        self.pressed: dict[str, Said] = {}
        self.removed: list[Said] = []
        self.failing: list[Exception] = []
        self.loses_answer = False
        self.events: dict[str, list[Event]] = {}
        self._number = 0

    def translate(self, kind: str, payload: dict[str, Any]) -> list[Event]:
        return self.events.get(str(payload.get("is")), [])

    def post(self, channel_id: str, thread_id: str | None, reply: Reply, key: str) -> str:
        self._fail()
        if channel_id not in self.rooms:
            raise _refused("post", "channel_not_found")
        if self.rooms[channel_id].archived:
            raise _refused("post", "is_archived")
        return self._keep(Said(channel_id, reply, key, thread_id=thread_id))

    def whisper(self, channel_id: str, thread_id: str | None, member_id: str, reply: Reply, key: str) -> None:
        self._fail()
        if channel_id not in self.rooms or member_id not in self.people:
            raise _refused("whisper", "user_not_in_channel")
        self.whispers.append(Said(channel_id, reply, key, thread_id=thread_id, member_id=member_id))

    def direct(self, member_id: str, reply: Reply, key: str) -> str:
        self._fail()
        if member_id not in self.people:
            raise _refused("direct", "user_not_found")
        return self._keep(Said("D" + member_id[1:], reply, key, member_id=member_id))

    def show_home(self, member_id: str, reply: Reply) -> None:
        self._fail()
        if member_id not in self.people:
            raise _refused("show_home", "user_not_found")
        self.homes[member_id] = reply

    def respond(self, handle: str, reply: Reply) -> None:
        self._fail()
        if not handle:
            raise _refused("respond", "no such address")
        whisper = self.pressed.get(handle)
        if reply.instead and whisper is not None:
            self.whispers[self.whispers.index(whisper)] = replace(whisper, reply=reply)
        else:
            self.answers.setdefault(handle, []).append(reply)

    def update(self, channel_id: str, message_id: str, reply: Reply) -> None:
        self._fail()
        said = self._said(channel_id, message_id)
        if said is None:
            raise _refused("update", "message_not_found")
        self.posts[self.posts.index(said)] = replace(said, reply=reply)

    def remove(self, channel_id: str, message_id: str) -> None:
        self._fail()
        said = self._said(channel_id, message_id)
        if said is not None:
            self.posts.remove(said)
            self.removed.append(said)

    def find(self, channel_id: str, thread_id: str | None, key: str) -> str | None:
        self._fail()
        found = (said for said in self.posts if channel_id in (said.channel_id, said.member_id) and said.key == key)
        return next((said.id for said in found if said.thread_id == thread_id), None)

    def channel(self, channel_id: str) -> Channel:
        self._fail()
        if channel_id not in self.rooms:
            raise _refused("channel", "channel_not_found")
        return self.rooms[channel_id]

    def member(self, member_id: str) -> Member:
        self._fail()
        if member_id not in self.people:
            raise _refused("member", "user_not_found")
        return self.people[member_id]

    def _keep(self, said: Said) -> str:
        self._number += 1
        kept = replace(said, id=f"sent-{self._number}")
        self.posts.append(kept)
        if self.loses_answer:
            self.loses_answer = False
            raise PlatformError(platform="fake", method="post", why="the answer was lost")
        return kept.id

    def _said(self, channel_id: str, message_id: str) -> Said | None:
        here = (said for said in self.posts if channel_id in (said.channel_id, said.member_id))
        return next((said for said in here if said.id == message_id), None)

    def _fail(self) -> None:
        if self.failing:
            raise self.failing.pop(0)


def _refused(method: str, why: str) -> PlatformRefusedError:
    return PlatformRefusedError(platform="fake", method=method, why=why)
