"""Private answers to commands and buttons, shown where they were given."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.platforms.console import parts
from bot.platforms.console.cards import Cards, Press
from bot.platforms.console.parts import Act
from bot.platforms.console.state import Note
from bot.platforms.console.wording import ConsoleWording


@dataclass(frozen=True, slots=True)
class NoteActs:
    """What can be done with a private answer."""

    press: Press
    dismiss: Callable[[str], Act]


def draw_note(note: Note, words: ConsoleWording, cards: Cards, when: Callable[[datetime], str], acts: NoteActs) -> None:
    """A private answer under what was asked, or that it is on its way."""
    if note.asked:
        parts.text(note.asked, "asked", "p")
    if note.saying is None:
        parts.text(words.looking, "state", "p")
    else:
        cards.saying(note.saying, when(note.saying.at), acts.press, acts.dismiss(note.handle))
