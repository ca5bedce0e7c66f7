"""What the bot gets to know of a workspace while it listens: its channels and people, and who belongs where.

A channel or member that was new while the bot was away is asked of the platform when it is first heard of.
"""

from __future__ import annotations

from bot import events
from bot.community import Community
from bot.errors import PlatformRefusedError
from bot.ports import ChatPlatform
from indexer.model import Channel, MessageRef, Visibility


class Acquaintances:
    """Keeps up with one platform's channels and people."""

    def __init__(self, community: Community, platform: ChatPlatform) -> None:
        self._community = community
        self._platform = platform

    def keep(self, event: events.Event) -> None:
        """Keep a fact that calls for no answer."""
        with self._community.unit.begin() as work:
            match event:
                case events.Reacted(ref=ref, emoji=emoji, member_id=member_id):
                    work.corpus.react(ref, emoji, member_id)
                case events.Unreacted(ref=ref, emoji=emoji, member_id=member_id):
                    work.corpus.unreact(ref, emoji, member_id)
                case events.ChannelSeen(channel=channel, at=at):
                    work.corpus.record_channels([channel], at)
                case events.MemberSeen(member=member, at=at):
                    work.corpus.record_members([self._community.placed(member)], at)
                case events.Joined(workspace_id=workspace_id, channel_id=channel_id, member_id=member_id):
                    work.corpus.join(workspace_id, channel_id, member_id)
                case events.Left(workspace_id=workspace_id, channel_id=channel_id, member_id=member_id):
                    work.corpus.leave(workspace_id, channel_id, member_id)
                case events.WorkspaceSeen(workspace=workspace):
                    work.corpus.record_workspace(workspace)

    def recorded(self, ref: MessageRef) -> bool:
        """Whether messages of this channel are kept: public ones, and private ones that the channel map names."""
        with self._community.unit.read() as work:
            channel = work.corpus.channel(ref.workspace_id, ref.channel_id)
        channel = channel or self._discover(ref.channel_id)
        if channel is None:
            return False
        return channel.visibility is Visibility.PUBLIC or channel.name in self._community.channel_map.private_names

    def meet(self, member_id: str) -> None:
        """Get to know somebody who joined while the bot was away."""
        with self._community.unit.read() as work:
            if work.corpus.member(self._platform.workspace.id, member_id) is not None:
                return
        try:
            member = self._platform.member(member_id)
        except PlatformRefusedError:
            return
        with self._community.unit.begin() as work:
            work.corpus.record_members([self._community.placed(member)], self._community.clock.now())

    def _discover(self, channel_id: str) -> Channel | None:
        """Get to know a channel that was made while the bot was away."""
        try:
            channel = self._platform.channel(channel_id)
        except PlatformRefusedError:
            return None
        with self._community.unit.begin() as work:
            work.corpus.record_channels([channel], self._community.clock.now())
        return channel
