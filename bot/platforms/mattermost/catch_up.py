"""What happened while nobody listened: each channel of the bot's is asked for what changed since it was last heard.

Edits, deletions and reactions change a post's `update_at`, so the server tells of them too. The socket is open
already, and its events wait until this is done: what the list tells is older than they are.
"""

from __future__ import annotations

from datetime import timedelta

import structlog

from bot.platforms.mattermost.events import DIRECT, GROUP
from bot.platforms.mattermost.identity import Identity
from bot.platforms.mattermost.listeners import Listeners
from bot.platforms.mattermost.web_api import SINCE_AT_MOST, WebApi
from bot.platforms.payloads import Payload, number_in, string_in
from bot.ports import Clock
from bot.store import UnitOfWork
from indexer.sources.mattermost_post import millis_of

# Milliseconds read twice: events need not come in the order of their posts' times. What is known already is passed.
OVERLAP = 60_000
# How old a position may be for that: what the inbox has forgotten (`bot.schedule.KEEP_INBOX`) would be heard again.
OVERLAP_WITHIN = timedelta(days=6)
MOST_PAGES = 500  # of 200 posts; who posts more in one absence is a machine

log = structlog.get_logger(__name__)


class CatchUp:
    """Reads on from the kept positions."""

    def __init__(self, api: WebApi, me: Identity, unit: UnitOfWork, listeners: Listeners, clock: Clock) -> None:
        self._api = api
        self._me = me
        self._unit = unit
        self._listeners = listeners
        self._clock = clock

    def run(self) -> int:
        """Keep what was missed in every channel the bot is in; how much was new. Raises PlatformError."""
        with self._unit.read() as work:
            furthest = work.heard.furthest(self._me.workspace_id)
        return sum(self._channel(channel, furthest) for channel in self._api.my_channels(self._me.team_id))

    def _channel(self, channel: Payload, furthest: int | None) -> int:
        channel_id, kind = string_in(channel.get("id")), string_in(channel.get("type"))
        newest = number_in(channel.get("last_post_at"))
        if not channel_id or kind == GROUP or string_in(channel.get("team_id")) not in ("", self._me.team_id):
            return 0
        with self._unit.read() as work:
            upto = work.heard.upto(self._me.workspace_id, channel_id)
        if upto is None and furthest is None:  # the bot is new here: what was said before is history
            return self._listeners.found(channel_id, kind, (), newest, max(newest, 1))
        # A channel that the bot was let into while it was away is heard from where the bot left off elsewhere.
        since = self._since(upto if upto is not None else furthest or 0)
        posts = self._changed(channel_id, since)
        last = max((number_in(post.get("update_at")) for post in posts), default=0)
        found = self._listeners.found(channel_id, kind, posts, since, max(last, upto or furthest or 1))
        if found and kind != DIRECT:
            log.info("caught up", channel=channel_id, changes=found)
        return found

    def _since(self, upto: int) -> int:
        recent = upto > millis_of(self._clock.now() - OVERLAP_WITHIN)
        return max(1, upto - OVERLAP if recent else upto)

    def _changed(self, channel_id: str, since: int) -> list[Payload]:
        """All that changed after `since`, oldest first."""
        posts = self._api.posts_since(channel_id, since)
        if len(posts) < SINCE_AT_MOST:
            return posts
        # The server told of any thousand of them. New posts are all found page by page; of older ones that changed,
        # some may be missing.
        log.warning("more changed than the server tells; reading on by pages", channel=channel_id)
        known = {string_in(post.get("id")): post for post in posts}
        for page in range(MOST_PAGES):
            told = self._api.posts(channel_id, page)
            known |= {string_in(post.get("id")): post for post in told}
            if not told or number_in(told[-1].get("create_at")) <= since:
                break
        return sorted(known.values(), key=lambda post: number_in(post.get("create_at")))
