"""The help in each workspace's threads, kept in memory and up with the record: judging a year of threads takes seconds.

What is kept follows from the record alone and is judged anew where that changed: a thread itself, somebody's
municipality, a channel's name, or a thread to which another one links.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bot.community import Community
from bot.credit import Help, by_helper
from bot.help_on_record import HelpOnRecord
from bot.store import WorkInProgress
from indexer.links import MARKS
from indexer.model import Audience, Thread


@dataclass(frozen=True, slots=True)
class Helped:
    """The help in one thread, and when somebody last wrote in it."""

    helps: tuple[Help, ...]
    last: datetime


@dataclass(slots=True)
class Known:
    """What is kept of one workspace: threads written in at `since` or later, as of a position of the record."""

    since: datetime | None = None
    position: int = 0
    helped: dict[int, Helped] = field(default_factory=dict)
    linking: set[int] = field(default_factory=set)
    places: Mapping[str, str | None] = field(default_factory=dict)
    rooms: Mapping[str, str] = field(default_factory=dict)


class KnownHelp:
    """Tells who helped, reading only what is not known yet."""

    def __init__(self, community: Community) -> None:
        self._community = community
        self._known: dict[str, Known] = defaultdict(Known)
        self._looking = threading.Lock()

    def since(
        self, work: WorkInProgress, workspace_id: str, since: datetime, audience: Audience | None = None
    ) -> dict[str, list[Help]]:
        """Help in the threads written in since then (of those that an audience can open), by helper."""
        rooms = {room.id: room for room in work.corpus.channels(workspace_id)}
        with self._looking:
            known = self._known[workspace_id]
            self._refresh(work, workspace_id, since, {room.id: room.name for room in rooms.values()})
            helped = [one for one in known.helped.values() if one.last >= since]
        return by_helper(
            done
            for one in helped
            for done in one.helps
            if audience is None or audience.may_open(rooms[done.thread.channel_id])
        )

    def _refresh(self, work: WorkInProgress, workspace_id: str, since: datetime, rooms: Mapping[str, str]) -> None:
        known, position = self._known[workspace_id], work.corpus.position()
        record = HelpOnRecord.of(self._community, work, workspace_id)
        places = record.judge.places
        renamed = any(rooms.get(number, name) != name for number, name in known.rooms.items())
        if known.since is None or since < known.since or renamed:
            known.since = min(since, known.since or since)
            known.helped.clear()
            known.linking.clear()
            ids = set(work.corpus.active_since(workspace_id, known.since))
        else:
            ids = {change.thread_id for change in work.corpus.changed_since(known.position)}
            ids |= known.linking if ids else set()  # what they link to may have come or gone
            moved = [member_id for member_id, place in places.items() if known.places.get(member_id) != place]
            ids.update(work.corpus.touched_by(workspace_id, moved))
        for thread_id in ids:
            known.helped.pop(thread_id, None)
            known.linking.discard(thread_id)
        for thread in work.corpus.each(sorted(ids)):
            if thread.ref.workspace_id == workspace_id:
                self._judge(known, record, thread)
        known.position, known.places, known.rooms = position, places, rooms

    @staticmethod
    def _judge(known: Known, record: HelpOnRecord, thread: Thread) -> None:
        last = max(message.posted_at for message in (thread.root, *thread.replies))
        if known.since is None or last < known.since:
            return
        if any(mark in reply.text for reply in thread.replies for mark in MARKS):
            known.linking.add(thread.id)
        if helps := record.judge.helps(thread):
            known.helped[thread.id] = Helped(tuple(helps), last)
