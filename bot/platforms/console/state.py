"""What one open page remembers: who acts, what is open, what is on its way. Frozen: a step makes the next state."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from bot.platforms.console.rooms import PAGE
from bot.platforms.console.sayings import Saying, stands_in

MOST_NOTES = 12  # private answers kept on a page


class Surface(StrEnum):
    """Where on the page something belongs."""

    CHANNEL = "channel"
    THREAD = "thread"
    DIRECT = "direct"


@dataclass(frozen=True, slots=True)
class Pending:
    """A post that the page has sent and not seen yet."""

    message_id: str
    channel_id: str
    root_id: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Note:
    """A command or button press, and its private answer once it has come."""

    handle: str
    surface: Surface
    channel_id: str
    root_id: str
    asked: str
    saying: Saying | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """What the member wrote to the bot directly; it is kept nowhere but on the page."""

    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class State:
    """One page's own memory, gone when the page is closed.

    `asked`: the roots that were posted from it; `heard`: how many direct messages were looked at.
    """

    member_id: str
    channel_id: str
    root_id: str = ""
    direct: bool = False
    home: bool = False
    limit: int = PAGE
    pending: tuple[Pending, ...] = ()
    asked: frozenset[str] = frozenset()
    notes: tuple[Note, ...] = ()
    lines: tuple[Line, ...] = ()
    heard: int = 0

    def acting_as(self, member_id: str) -> State:
        """Somebody else's page: nothing private is carried over."""
        return State(member_id, self.channel_id, self.root_id)

    def opened(self, channel_id: str, root_id: str = "") -> State:
        """A channel, or a thread in it, opened."""
        limit = self.limit if channel_id == self.channel_id else PAGE
        return replace(self, channel_id=channel_id, root_id=root_id, direct=False, home=False, limit=limit)

    def sent(self, pending: Pending) -> State:
        """A post on its way; a root post opens as a thread."""
        state = replace(self, pending=(*self.pending, pending))
        if pending.root_id != pending.message_id:
            return state
        return replace(state, root_id=pending.root_id, direct=False, home=False, asked=self.asked | {pending.root_id})

    def expecting(self, handle: str, surface: Surface, asked: str) -> State:
        """A private answer is to come."""
        root_id = self.root_id if surface is Surface.THREAD else ""
        note = Note(handle, surface, self.channel_id, root_id, asked)
        return replace(self, notes=(*self.notes, note)[-MOST_NOTES:])

    def listening(self, told: int) -> State:
        """Where the direct talk is open, all that was told is heard."""
        return replace(self, heard=told) if self.direct else self

    def settled(self, seen: AbstractSet[str], answers: Mapping[str, Saying]) -> State:
        """Posts that were seen are no longer pending, and answers that came are at hand.

        An answer that took the place of what was pressed is shown there.
        """
        notes = (replace(note, saying=answers.get(note.handle, note.saying)) for note in self.notes)
        return replace(
            self,
            pending=tuple(pending for pending in self.pending if pending.message_id not in seen),
            notes=tuple(note for note in notes if note.saying is None or not stands_in(note.handle, note.saying.reply)),
        )

    def dismissed(self, handle: str) -> State:
        """A private answer put away."""
        return replace(self, notes=tuple(note for note in self.notes if note.handle != handle))

    def notes_on(self, surface: Surface) -> tuple[Note, ...]:
        """The private answers that belong to what is open."""
        root_id = self.root_id if surface is Surface.THREAD else ""
        if surface is Surface.DIRECT:
            return tuple(note for note in self.notes if note.surface is surface)
        here = (surface, self.channel_id, root_id)
        return tuple(note for note in self.notes if (note.surface, note.channel_id, note.root_id) == here)
