"""Reading what was said before the bot came, from the platform's own API: channel by channel, newest first.

Every page of a history is kept together with how far it reaches, so that a reading that was cut off goes on there. Once
all channels are read, the next reading begins anew and passes quickly over what is known. The bot's own words, and
channels that the channel map does not let it read, are left out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from bot.errors import PlatformRefusedError
from bot.ports import Clock
from bot.store import UnitOfWork, WorkInProgress
from bot.store.histories import Position
from indexer.channel_map import ChannelMap
from indexer.corpus import Recorded
from indexer.model import Channel, Member, Message, MessageRef, Visibility, Workspace
from indexer.municipalities import Municipalities
from indexer.sources.names import Names

MEMBERS_AT_ONCE = 1_000  # in one transaction, so that a bot that is serving need not wait

Progress = Callable[[int, int], None]  # channels done, channels in all


@dataclass(frozen=True, slots=True)
class Standing:
    """All that stands in a channel of what was written after one moment and before another: the rest is gone."""

    after: datetime
    before: datetime
    message_ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Page:
    """Some messages of a channel, read at `at`, the oldest of whose own line of talk is `reached`.

    `gone`: messages that were deleted; `skipped`: what is no part of the record, by reason; `bots`: integrations that
    wrote here and are no members; `standing`: where the platform tells all there is of some time.
    """

    reached: str
    at: datetime
    messages: tuple[Message, ...] = ()
    gone: tuple[MessageRef, ...] = ()
    skipped: Mapping[str, int] = field(default_factory=dict)
    bots: tuple[Member, ...] = ()
    standing: Standing | None = None


class History(Protocol):
    """A platform as far as it tells what was said. Waits where the platform asks to; may raise a PlatformError."""

    workspace: Workspace

    def channels(self) -> Iterator[Channel]:
        """All channels that the bot can see."""
        ...

    def members(self) -> Iterator[Member]:
        """Everybody."""
        ...

    def pages(self, channel: Channel, position: Position, newest: Newest, names: Names) -> Iterator[Page]:
        """What was said in a channel before `position.reached`, newest first; `newest` tells what need not be read."""
        ...


# Of a thread on record, when its newest reply was written and how many there are.
Newest = Callable[[MessageRef], tuple[datetime, int] | None]


@dataclass(frozen=True, slots=True)
class BackfillReport:
    """What was read. `skipped`: messages that are no part of the record, and channels that could not be read."""

    workspace_id: str
    channels: int = 0
    members: int = 0
    messages: int = 0
    new: int = 0
    changed: int = 0
    deleted: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    unread_channels: Mapping[str, int] = field(default_factory=dict)


class Backfill:
    """Reads one platform's history into the record."""

    def __init__(self, unit: UnitOfWork, channel_map: ChannelMap, municipalities: Municipalities, clock: Clock) -> None:
        self._unit = unit
        self._map = channel_map
        self._places = municipalities
        self._clock = clock
        self._recorded = Recorded()
        self._deleted = 0
        self._skipped: Counter[str] = Counter()
        self._unread: Counter[str] = Counter()

    def read(self, history: History, since: datetime | None, progress: Progress | None = None) -> BackfillReport:
        """Read all channels, back to `since` where given. Raises PlatformError; what was read until then is kept."""
        workspace = history.workspace
        rooms, members = self._get_to_know(history)
        names = Names(
            {name: member.display_name for member in members for name in (member.id, member.handle) if name}.get,
            {name: room.name for room in rooms for name in (room.id, room.handle) if name}.get,
        )
        for done, room in enumerate(rooms, start=1):
            try:
                self._channel(history, room, since, names)
            except PlatformRefusedError as refused:
                self._unread[str(refused.facts.get("why"))] += 1
            if progress is not None:
                progress(done, len(rooms))
        with self._unit.begin() as work:
            work.histories.forget(workspace.id)
        told = self._recorded
        return BackfillReport(
            workspace_id=workspace.id,
            channels=len(rooms),
            members=len(members),
            messages=told.new + told.changed + told.known,
            new=told.new,
            changed=told.changed,
            deleted=self._deleted,
            skipped=dict(sorted(self._skipped.items())),
            unread_channels=dict(sorted(self._unread.items())),
        )

    def _get_to_know(self, history: History) -> tuple[list[Channel], list[Member]]:
        """Record channels and members; which channels are to be read."""
        at = self._clock.now()
        found = list(history.channels())
        with self._unit.begin() as work:
            work.corpus.record_workspace(history.workspace)
            work.corpus.record_channels(found, at)
        members = [self._placed(member) for member in history.members()]
        for start in range(0, len(members), MEMBERS_AT_ONCE):
            with self._unit.begin() as work:
                work.corpus.record_members(members[start : start + MEMBERS_AT_ONCE], at)
        rooms = [room for room in found if self._may_be_read(room)]
        if len(found) > len(rooms):
            self._unread["private_channel"] = len(found) - len(rooms)
        return sorted(rooms, key=lambda room: room.id), members

    def _may_be_read(self, room: Channel) -> bool:
        return room.visibility is Visibility.PUBLIC or room.name in self._map.private_names

    def _channel(self, history: History, room: Channel, since: datetime | None, names: Names) -> None:
        workspace_id = history.workspace.id
        with self._unit.read() as work:
            kept = work.histories.position(workspace_id, room.id)
        position = kept if kept is not None and kept.since == since else Position(since=since)
        if position.finished:
            return
        for page in history.pages(room, position, self._newest, names):
            position = replace(position, reached=page.reached)
            with self._unit.begin() as work:
                work.corpus.record_members(page.bots, page.at)
                self._recorded += work.corpus.record(page.messages, page.at)
                gone = [*page.gone, *_absent(work, room, page.standing)]
                self._deleted += sum(work.corpus.delete(ref, page.at) for ref in gone)
                work.histories.note(workspace_id, room.id, position)
            self._skipped.update(page.skipped)
        with self._unit.begin() as work:
            work.histories.note(workspace_id, room.id, replace(position, finished=True))

    def _newest(self, ref: MessageRef) -> tuple[datetime, int] | None:
        with self._unit.read() as work:
            thread = work.corpus.thread(ref)
        if thread is None:
            return None
        return max((reply.posted_at for reply in thread.replies), default=thread.root.posted_at), len(thread.replies)

    def _placed(self, member: Member) -> Member:
        place = None if member.bot else self._places.of(member.display_name, member.title)
        return replace(member, municipality=place.code if place else None)


def _absent(work: WorkInProgress, room: Channel, standing: Standing | None) -> Iterable[MessageRef]:
    """The messages on record that stand no longer: deleted since an export told of them, or while nobody listened."""
    if standing is None:
        return ()
    known = work.corpus.written(room, standing.after, standing.before)
    return (ref for ref in known if ref.message_id not in standing.message_ids)
