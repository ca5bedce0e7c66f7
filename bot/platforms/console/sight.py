"""All that a page shows, read at one moment from what the page remembers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.platforms.console.rooms import Listing, OpenThread, Person, Room, Rooms
from bot.platforms.console.sayings import Saying
from bot.platforms.console.state import Line, Note, Pending, State, Surface


@dataclass(frozen=True, slots=True)
class ChannelSight:
    """What is to be seen in the middle."""

    room: Room | None
    listing: Listing
    pending: tuple[Pending, ...]
    notes: tuple[Note, ...]
    me: Person
    open_id: str


@dataclass(frozen=True, slots=True)
class ThreadSight:
    """What is to be seen on the right. `asked`: posted from this page, so that the bot's silence is explained."""

    me: Person
    root_id: str
    thread: OpenThread | None
    asked: bool
    pending: tuple[Pending, ...]
    notes: tuple[Note, ...]
    direct: bool
    lines: tuple[Line, ...]
    directs: tuple[Saying, ...]
    home: bool = False
    page: Saying | None = None


@dataclass(frozen=True, slots=True)
class Sight:
    """The whole page. `seen` and `answers`: what of the page's own doing has arrived; `told`: how many
    direct messages the member has been sent.
    """

    rooms: tuple[Room, ...]
    channel: ChannelSight
    thread: ThreadSight
    seen: frozenset[str]
    answers: Mapping[str, Saying]
    told: int = 0


def look(rooms: Rooms, state: State, me: Person) -> Sight:
    """Read what the page shows."""
    found = rooms.open_to(me.id)
    listing = rooms.listing(me.id, state.channel_id, state.limit)
    thread = rooms.thread(me.id, state.channel_id, state.root_id) if state.root_id else None
    posts = [row.post for row in listing.rows] + ([thread.root, *thread.replies] if thread else [])
    seen = frozenset(post.message.ref.message_id for post in posts)
    waiting = [note.handle for note in state.notes]  # one may be answered twice: that it is worked on, and the answer
    known = {note.handle: note.saying for note in state.notes if note.saying is not None}
    answers = rooms.answers(waiting, known) if state.notes else {}
    now = state.settled(seen, answers)
    here = [pending for pending in now.pending if pending.channel_id == state.channel_id]
    return Sight(
        rooms=found,
        channel=ChannelSight(
            room=next((room for room in found if room.id == state.channel_id), None),
            listing=listing,
            pending=tuple(pending for pending in here if pending.root_id == pending.message_id),
            notes=now.notes_on(Surface.CHANNEL),
            me=me,
            open_id=state.root_id,
        ),
        thread=ThreadSight(
            me=me,
            root_id=state.root_id,
            thread=thread,
            asked=state.root_id in state.asked,
            pending=tuple(pending for pending in here if pending.root_id == state.root_id),
            notes=now.notes_on(Surface.DIRECT if state.direct else Surface.THREAD),
            direct=state.direct,
            lines=state.lines if state.direct else (),
            directs=rooms.directs(me.id) if state.direct else (),
            home=state.home,
            page=rooms.home(me.id) if state.home else None,
        ),
        seen=seen,
        answers=answers,
        told=rooms.told(me.id),
    )


def ahead(sight: Sight, state: State) -> Sight:
    """What the page shows at once when its member has done something in the open channel, before anything is read."""
    here = [pending for pending in state.pending if pending.channel_id == state.channel_id]
    same = sight.thread.root_id == state.root_id and not state.direct
    return replace(
        sight,
        channel=replace(
            sight.channel,
            pending=tuple(pending for pending in here if pending.root_id == pending.message_id),
            notes=state.notes_on(Surface.CHANNEL),
            open_id=state.root_id,
        ),
        thread=replace(
            sight.thread,
            root_id=state.root_id,
            thread=sight.thread.thread if same else None,
            asked=state.root_id in state.asked,
            pending=tuple(pending for pending in here if pending.root_id == state.root_id),
            notes=state.notes_on(Surface.DIRECT if state.direct else Surface.THREAD),
            direct=state.direct,
            lines=state.lines if state.direct else (),
            home=state.home,
        ),
    )
