"""A Slack workspace's history, within the limits of the Web API: 50 calls a minute and method for an internal app.

`conversations.history` tells of threads' first messages alone. A late reply moves none of them; but each tells how many
replies it has and when the last was written, so a thread is read again where the record has not the same.
"""

from __future__ import annotations

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from bot.backfill import Newest, Page
from bot.errors import PlatformRefusedError
from bot.platforms.patience import patiently
from bot.platforms.payloads import dict_in, dicts_in, number_in, string_in
from bot.platforms.slack.client import SlackPlatform
from bot.platforms.slack.web_api import PAGE
from bot.ports import Clock
from bot.store.histories import Position
from indexer.channel_map import ChannelMap
from indexer.model import Channel, Member, Message, MessageRef, Workspace
from indexer.sources.names import Names
from indexer.sources.slack_message import Skipped, message_id_of, moment, read_bot, read_message

CALLS, SECONDS = 50, 60.0  # what Slack's tier 3 permits: https://docs.slack.dev/apis/web-api/rate-limits


@dataclass
class Pace:
    """Lets CALLS pass in any SECONDS, and the next wait. Slack's own word, Retry-After, is heard besides."""

    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    _made: deque[float] = field(default_factory=deque)

    def wait(self) -> None:
        """Wait until one more call may be made, and count it."""
        now = self.clock()
        if len(self._made) == CALLS:
            free = self._made.popleft() + SECONDS
            if free > now:
                self.sleep(free - now)
                now = free
        self._made.append(now)


class SlackHistory:
    """What was said in the channels that the bot is in; those of the channel map it joins first."""

    def __init__(self, slack: SlackPlatform, channel_map: ChannelMap, clock: Clock) -> None:
        self.workspace: Workspace = slack.workspace
        self._slack = slack
        self._api = slack.api
        self._map = channel_map
        self._clock = clock
        self._pace = Pace()

    def channels(self) -> Iterator[Channel]:
        """All channels that the bot can see."""
        return self._slack.channels()

    def members(self) -> Iterator[Member]:
        """Everybody."""
        return self._slack.members()

    def pages(self, channel: Channel, position: Position, newest: Newest, names: Names) -> Iterator[Page]:
        """A page of first messages with the replies that the record lacks, newest first."""
        where: dict[str, Any] = {"channel": channel.id}
        if position.reached:
            where["latest"] = position.reached
        if position.since is not None:
            where["oldest"] = f"{position.since.timestamp():.6f}"
        told = self._told("conversations.history", **where)
        while True:
            at = self._clock.now()
            try:
                page = next(told, None)
            except PlatformRefusedError as refused:
                if refused.facts.get("why") != "not_in_channel" or self._map.named(channel.name) is None:
                    raise
                self._slack.join(channel.id)
                told = self._told("conversations.history", **where)
                continue
            if page is None:
                return
            firsts = list(dicts_in(page.get("messages")))
            entries = [entry for first in firsts for entry in self._thread(first, channel, newest)]
            stamps = [ts for first in firsts if (ts := message_id_of(first.get("ts")))]
            read = _Reading(channel, names)
            read.take(entry for entry in entries if not self._slack.me.wrote(entry))
            reached = min(stamps, key=lambda ts: moment(ts) or at, default=position.reached)
            yield Page(
                reached, at, tuple(read.messages.values()), tuple(read.gone), read.skipped, tuple(read.bots.values())
            )

    def _thread(self, first: Mapping[str, Any], channel: Channel, newest: Newest) -> Iterator[Mapping[str, Any]]:
        """A first message, with all replies where the record has not the same."""
        yield first
        count, last = number_in(first.get("reply_count")), moment(first.get("latest_reply"))
        ts = message_id_of(first.get("ts"))
        if not count or newest(MessageRef(channel.workspace_id, channel.id, ts)) == (last, count):
            return
        for page in self._told("conversations.replies", channel=channel.id, ts=ts):
            yield from (reply for reply in dicts_in(page.get("messages")) if message_id_of(reply.get("ts")) != ts)

    def _told(self, method: str, **arguments: Any) -> Iterator[Mapping[str, Any]]:
        """The pages of a list, at Slack's pace."""
        cursor = ""
        while True:
            self._pace.wait()
            more = {"cursor": cursor} if cursor else {}
            page = patiently(partial(self._api.call, method, limit=PAGE, **arguments, **more), self._api.sleep)
            yield page
            following = string_in(dict_in(page.get("response_metadata")).get("next_cursor"))
            if not following or following == cursor:
                return
            cursor = following


class _Reading:
    """The messages in what Slack tells, and what is none."""

    def __init__(self, channel: Channel, names: Names) -> None:
        self._channel = channel
        self._names = names
        self.messages: dict[str, Message] = {}
        self.gone: list[MessageRef] = []
        self.skipped: Counter[str] = Counter()
        self.bots: dict[str, Member] = {}

    def take(self, entries: Iterator[Mapping[str, Any]]) -> None:
        """Read entries of a history."""
        for entry in entries:
            read = read_message(entry, self._channel.workspace_id, self._channel.id, self._names)
            if isinstance(read, Message):
                self.messages[read.ref.message_id] = read
                if not read.by_person and (bot := read_bot(entry, self._channel.workspace_id)):
                    self.bots[bot.id] = bot
                continue
            self.skipped[read.reason] += 1
            if read == Skipped("tombstone") and (ts := message_id_of(entry.get("ts"))):
                self.gone.append(MessageRef(self._channel.workspace_id, self._channel.id, ts))
