"""Speaks in the console: what the bot says stands in the outbox, and the pages show it from there.

There is no second store. A call that came without the outbox (a script, a test) keeps its own row first. `beats` counts
what was said, so that pages know when to look again.
"""

from __future__ import annotations

import threading
from typing import Any
from uuid import uuid4

from bot.errors import PlatformRefusedError
from bot.events import Event
from bot.platforms.console import sayings
from bot.platforms.console.events import Translator
from bot.ports import Clock
from bot.replies import Reply
from bot.store import UnitOfWork, WorkInProgress
from bot.store.outbox import Delivery, Kept, Outgoing
from bot.store.outgoing import Sent
from indexer.model import Channel, Member, Workspace

MICROSECONDS = 1_000_000  # in a second


class ConsolePlatform:
    """The console as a chat platform. The workspace's `url` is the console's own address, so that permalinks open."""

    shows_outbox = True

    def __init__(self, unit: UnitOfWork, clock: Clock, workspace: Workspace) -> None:
        self.workspace = workspace
        self._unit = unit
        self._clock = clock
        self._translator = Translator(workspace.id, unit)
        self._lock = threading.Lock()
        self._beats = 0
        self._latest_id = 0  # microseconds

    @property
    def beats(self) -> int:
        """How often something was said, changed or taken back."""
        return self._beats

    def new_id(self) -> str:
        """A message id like Slack's `ts`, later than all before."""
        with self._lock:
            self._latest_id = max(int(self._clock.now().timestamp() * MICROSECONDS), self._latest_id + 1)
            seconds, rest = divmod(self._latest_id, MICROSECONDS)
            return f"{seconds}.{rest:06}"

    def translate(self, kind: str, payload: dict[str, Any]) -> list[Event]:
        """What an inbox entry means."""
        return self._translator.translate(kind, payload)

    def post(self, channel_id: str, thread_id: str | None, reply: Reply, key: str) -> str:
        """Say `reply` in a channel or thread and return the message's id."""
        self.channel(channel_id)
        return self._say(Outgoing(key, self.workspace.id, Delivery.POST, reply, channel_id, thread_id))

    def whisper(self, channel_id: str, thread_id: str | None, member_id: str, reply: Reply, key: str) -> None:
        """Say `reply` so that only one member sees it."""
        room = self.channel(channel_id)
        self.member(member_id)
        with self._unit.read() as work:
            if not work.corpus.audience_of(self.workspace.id, member_id).may_open(room):
                raise PlatformRefusedError(platform=self.workspace.id, method="whisper", why="not in the channel")
        self._say(Outgoing(key, self.workspace.id, Delivery.WHISPER, reply, channel_id, thread_id, member_id))

    def direct(self, member_id: str, reply: Reply, key: str) -> str:
        """Say `reply` in a direct message and return its id."""
        self.member(member_id)
        return self._say(Outgoing(key, self.workspace.id, Delivery.DIRECT, reply, member_id=member_id))

    def show_home(self, member_id: str, reply: Reply) -> None:
        """Let the member's home page read as `reply`."""
        self.member(member_id)
        with self._unit.read() as work:
            shown = sayings.home(work, self.workspace.id, member_id)
        if shown is None or shown.reply != reply:
            self._say(Outgoing(f"home:{uuid4()}", self.workspace.id, Delivery.HOME, reply, member_id=member_id))
        self._beat()

    def respond(self, handle: str, reply: Reply) -> None:
        """Answer a command or a button privately."""
        if not handle:
            raise PlatformRefusedError(platform=self.workspace.id, method="respond", why="no handle")
        with self._unit.read() as work:
            kept = sayings.answers(work, self.workspace.id, [handle])
        if handle in kept:  # on its way from the outbox
            self._beat()
        else:
            self._say(Outgoing(f"respond:{uuid4()}", self.workspace.id, Delivery.RESPOND, reply, handle=handle))

    def update(self, channel_id: str, message_id: str, reply: Reply) -> None:
        """Replace a message of the bot's own."""
        with self._unit.read() as work:
            post, says = self._standing(work, channel_id, message_id)
        if post is None or says is None:
            raise PlatformRefusedError(platform=self.workspace.id, method="update", why="no such message")
        if says != reply:
            self._follow(post, Delivery.UPDATE, reply, f"update:{uuid4()}")
        self._beat()

    def remove(self, channel_id: str, message_id: str) -> None:
        """Delete a message of the bot's own."""
        with self._unit.read() as work:
            post, says = self._standing(work, channel_id, message_id)
        if post is not None and says is not None:
            self._follow(post, Delivery.REMOVE, Reply(""), f"remove:{uuid4()}")
        self._beat()

    def channel(self, channel_id: str) -> Channel:
        """The channel as it is on record."""
        with self._unit.read() as work:
            room = work.corpus.channel(self.workspace.id, channel_id)
        if room is None:
            raise PlatformRefusedError(platform=self.workspace.id, method="channel", why="no such channel")
        return room

    def member(self, member_id: str) -> Member:
        """The member as they are on record."""
        with self._unit.read() as work:
            person = work.corpus.member(self.workspace.id, member_id)
        if person is None:
            raise PlatformRefusedError(platform=self.workspace.id, method="member", why="no such member")
        return person

    def find(self, channel_id: str, thread_id: str | None, key: str) -> str | None:
        """The id of the message kept under `key`, once it was said and while it stands."""
        del thread_id  # a key names one message of the whole outbox
        with self._unit.read() as work:
            kept = work.outbox.get(key)
            if kept is None or kept.sent_id is None or kept.outgoing.kind is Delivery.DIRECT:
                return kept.sent_id if kept is not None else None
            _, says = self._standing(work, channel_id, kept.sent_id)
        return kept.sent_id if says is not None else None

    def _say(self, outgoing: Outgoing) -> str:
        """Keep the message if nobody has, and mark it said."""
        now = self._clock.now()
        fresh_id = self.new_id()
        with self._unit.begin() as work:
            work.outbox.put(outgoing, now)
            kept = work.outbox.get(outgoing.key)
            assert kept is not None
            message_id = kept.sent_id or fresh_id
            work.dispatch.sent([Sent(kept.id, now, message_id)])
        self._beat()
        return message_id

    def _follow(self, post: Kept, kind: Delivery, reply: Reply, key: str) -> None:
        said = post.outgoing
        self._say(
            Outgoing(key, self.workspace.id, kind, reply, said.channel_id, said.thread_id, target=said.key),
        )

    def _standing(self, work: WorkInProgress, channel_id: str, message_id: str) -> tuple[Kept | None, Reply | None]:
        """The post that has this id, and what it says by now, None where it was taken back."""
        post = work.outbox.sent_as(self.workspace.id, channel_id, message_id)
        if post is None:  # a direct message is kept in no channel
            post = work.outbox.sent_as(self.workspace.id, sayings.NO_CHANNEL, message_id)
            post = post if post is not None and post.outgoing.member_id == channel_id else None
        if post is None or post.outgoing.kind not in (Delivery.POST, Delivery.DIRECT):
            return None, None
        said = post.outgoing
        return post, sayings.reads(work.outbox.in_thread(self.workspace.id, said.channel_id, said.thread_id), post)

    def _beat(self) -> None:
        with self._lock:
            self._beats += 1
