"""A Mattermost team's history, by REST: pages of a channel's posts, newest first, replies and reactions among them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from bot.backfill import Newest, Page, Standing
from bot.platforms.mattermost.client import MattermostPlatform
from bot.platforms.payloads import Payload, number_in, string_in
from bot.ports import Clock
from bot.store.histories import Position
from indexer.model import Channel, Member, Message, Workspace
from indexer.sources.mattermost_post import millis_of, moment, read_post
from indexer.sources.names import Names

# What was written within so long of the newest post may still be on its way from another node of the server.
JUST_NOW = timedelta(minutes=1)


class MattermostHistory:
    """What was said in the channels of the team that the bot may read."""

    def __init__(self, mattermost: MattermostPlatform, clock: Clock) -> None:
        self.workspace: Workspace = mattermost.workspace
        self._mattermost = mattermost
        self._clock = clock

    def channels(self) -> Iterator[Channel]:
        """All channels that the bot can see."""
        return self._mattermost.channels()

    def members(self) -> Iterator[Member]:
        """Everybody."""
        return self._mattermost.members()

    def pages(self, channel: Channel, position: Position, _newest: Newest, names: Names) -> Iterator[Page]:
        """A page of posts, newest first. Late replies are posts of their own here, so no thread is read besides."""
        before = position.reached
        since = millis_of(position.since) if position.since is not None else 0
        until: datetime | None = None
        while True:
            at = self._clock.now()
            posts, opening = self._mattermost.api.posts_before(channel.id, before)
            if not posts:
                return
            # What opened their threads comes with later pages, unless it was said before those.
            older = [post for post in opening if number_in(post.get("create_at")) < since]
            messages: dict[str, Message] = {}
            skipped: Counter[str] = Counter()
            for post in (*older, *posts):
                read = read_post(post, channel.workspace_id, names)
                if self._mattermost.me.wrote(post):
                    continue
                if isinstance(read, Message):
                    messages[read.ref.message_id] = read
                else:
                    skipped[read.reason] += 1
            before, after = string_in(posts[-1].get("id")), moment(posts[-1].get("create_at"))
            newest = moment(posts[0].get("create_at"))
            told = _standing(after, until or (newest - JUST_NOW if newest else None), posts)
            yield Page(before, at, tuple(messages.values()), (), skipped, standing=told)
            until = after
            if number_in(posts[-1].get("create_at")) < since:
                return


def _standing(after: datetime | None, until: datetime | None, posts: Iterable[Payload]) -> Standing | None:
    """What a page tells of the time from its oldest post on: posts of all threads stand in one line."""
    if after is None or until is None or until <= after:
        return None
    return Standing(after, until, frozenset(string_in(post.get("id")) for post in posts))
