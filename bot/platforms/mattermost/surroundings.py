"""What the server tells of a team's channels and members, as they now are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import structlog

from bot.errors import PlatformRefusedError
from bot.platforms.mattermost.identity import Identity
from bot.platforms.mattermost.transport import PLATFORM
from bot.platforms.mattermost.web_api import WebApi
from indexer.model import Channel, Member, Visibility
from indexer.sources.mattermost_post import read_channel, read_member

log = structlog.get_logger(__name__)


class Surroundings:
    """One team as its bot sees it."""

    def __init__(self, api: WebApi, me: Identity) -> None:
        self._api = api
        self._me = me

    def channel(self, channel_id: str) -> Channel:
        """The channel, with its members where it is private."""
        told = self._api.channel(channel_id)
        channel = read_channel(told, self._me.workspace_id)
        if channel is None or told.get("team_id") != self._me.team_id:
            raise PlatformRefusedError(platform=PLATFORM, method="channel", why="not a channel of the team")
        return self._with_members(channel)

    def member(self, member_id: str) -> Member:
        """The member; who is on the server but not in the team counts as having left."""
        member = read_member(self._api.user(member_id), self._me.workspace_id)
        if member is None:
            raise PlatformRefusedError(platform=PLATFORM, method="member", why="no such user")
        return replace(member, deleted=member.deleted or not self.in_team(member_id))

    def in_team(self, member_id: str) -> bool:
        """Whether somebody on the server is in the team."""
        return self._api.in_team(self._me.team_id, member_id)

    def channel_now(self, channel_id: str) -> Channel | None:
        """The channel; None where the server does not tell."""
        try:
            return self.channel(channel_id)
        except PlatformRefusedError:
            return None

    def member_now(self, member_id: str) -> Member | None:
        """The member; None where the server does not tell."""
        try:
            return self.member(member_id) if member_id else None
        except PlatformRefusedError:
            return None

    def channels(self) -> Iterator[Channel]:
        """All public channels, the private ones the bot is in, and archived ones. Waits where the server asks to."""
        seen: set[str] = set()
        for told in self._told_channels():
            channel = read_channel(told, self._me.workspace_id)
            if channel is not None and channel.id not in seen:
                seen.add(channel.id)
                yield self._with_members(channel)

    def members(self) -> Iterator[Member]:
        """Everybody in the team. Waits where the server asks to."""
        for told in self._api.users(self._me.team_id):
            if member := read_member(told, self._me.workspace_id):
                yield member

    def _told_channels(self) -> Iterator[Mapping[str, Any]]:
        yield from self._api.my_channels(self._me.team_id)
        yield from self._api.public_channels(self._me.team_id)
        try:
            yield from self._api.archived_channels(self._me.team_id)
        except PlatformRefusedError as refused:  # archived channels are then learnt of as they are archived
            log.info("archived channels are not told", why=str(refused))

    def _with_members(self, channel: Channel) -> Channel:
        if channel.visibility is Visibility.PUBLIC:
            return channel
        try:
            ids = frozenset(self._api.channel_members(channel.id))
        except PlatformRefusedError as refused:  # then nobody is known to be in it, and nobody is shown it
            log.warning("members of a private channel are not told", channel=channel.id, why=str(refused))
            ids = frozenset()
        return replace(channel, members=ids)
