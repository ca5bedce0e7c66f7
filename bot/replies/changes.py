"""Whether an answer may be out of date: older than an age, or from before a change of law or system on its topic."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from functools import cache
from pathlib import Path

import yaml

from indexer.config import SHIPPED
from indexer.model import Thread

FILE = SHIPPED / "changes.yaml"


@dataclass(frozen=True, slots=True)
class Change:
    """A change of law or system: what, since which day, which words speak of it, and where it is laid down."""

    what: str
    since: date
    keywords: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True)
class Aging:
    """Tells old answers. `after`: the age from which on every answer is one, whatever it is about."""

    changes: Sequence[Change]
    after: timedelta
    zone: tzinfo
    now: Callable[[], datetime]

    def change(self, thread: Thread) -> Change | None:
        """The latest change that the thread's answer does not know of."""
        answered = self._answered(thread)
        day, today = answered.astimezone(self.zone).date(), self.now().astimezone(self.zone).date()
        text = _folded(f"{thread.root.text}\n{thread.accepted.text if thread.accepted else ''}")
        unknown = [
            change
            for change in self.changes
            if day < change.since <= today and any(_folded(word) in text for word in change.keywords)
        ]
        return max(unknown, key=lambda change: change.since, default=None)

    def old(self, thread: Thread) -> bool:
        """Whether the answer is old by its age alone."""
        return self.now() - self._answered(thread) >= self.after

    @staticmethod
    def _answered(thread: Thread) -> datetime:
        return (thread.accepted or thread.root).posted_at


@cache
def shipped() -> tuple[Change, ...]:
    """The changes that ship with the code."""
    return load(FILE)


def load(path: Path) -> tuple[Change, ...]:
    """Read a file of changes."""
    entries = yaml.safe_load(path.read_text(encoding="utf-8"))
    return tuple(
        Change(str(entry["what"]), entry["since"], tuple(map(str, entry["keywords"])), str(entry["source"]))
        for entry in entries
    )


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()
