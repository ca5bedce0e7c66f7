"""The help that the record of a workspace tells of: the judge of `bot.credit` with the facts it needs, read once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from bot.community import Community
from bot.credit import Help, Judge, by_helper
from bot.store import WorkInProgress
from bot.thread_facts import topic_teller
from indexer.channel_map import ChannelMap, Kind
from indexer.links import MARKS, addresses
from indexer.model import Message, MessageRef, Thread
from indexer.resolution import ResolutionRules

IDLE_KINDS = (Kind.SOCIAL, Kind.INTRODUCTIONS, Kind.ANNOUNCEMENTS, Kind.PRACTICE)  # where nobody asks for help


def help_topics(channel_map: ChannelMap) -> Callable[[Thread], str]:
    """What tells what a thread helps with: its topic, else its channel; empty where nobody asks for help."""
    idle = {entry.name for kind in IDLE_KINDS for entry in channel_map.of_kind(kind)}
    topic_of = topic_teller(channel_map)

    def told(thread: Thread) -> str:
        name = thread.channel.name
        return "" if name in idle else topic_of(thread) or name

    return told


def telling_topics(topics: Iterable[str], channel_map: ChannelMap) -> list[str]:
    """Those of these topics that tell something: general channels tell nothing, unless there is nothing else."""
    told = sorted(topics)
    general = {entry.name for entry in channel_map.of_kind(Kind.GENERAL)}
    return [topic for topic in told if topic not in general] or told


@dataclass(frozen=True, slots=True)
class HelpOnRecord:
    """Help within one workspace, as one open transaction sees it."""

    work: WorkInProgress
    workspace_id: str
    judge: Judge

    @classmethod
    def of(cls, community: Community, work: WorkInProgress, workspace_id: str) -> HelpOnRecord:
        """The help on record."""
        judge = Judge(
            places={member.id: member.municipality for member in work.corpus.members(workspace_id)},
            rules=ResolutionRules(community.channel_map.resolved_reactions),
            topic_of=help_topics(community.channel_map),
            points=lambda reply: _points(work, reply),
        )
        return cls(work, workspace_id, judge)

    def of_member(self, member_id: str) -> list[Help]:
        """All help of one member's, in order of time."""
        threads = self.work.corpus.each(self.work.corpus.touched_by(self.workspace_id, [member_id], reacted=False))
        return by_helper(done for thread in threads for done in self.judge.helps(thread)).get(member_id, [])


def _points(work: WorkInProgress, reply: Message) -> bool:
    """Whether a reply links to another thread on record; what has no mark of a link is not searched for one."""
    if not any(mark in reply.text for mark in MARKS):
        return False
    workspace_id = reply.ref.workspace_id
    for channel_id, message_id in addresses(reply.text):
        place = channel_id or work.corpus.channel_of(workspace_id, message_id)
        target = work.corpus.thread(MessageRef(workspace_id, place, message_id)) if place else None
        if target is not None and target.ref != reply.root:
            return True
    return False
