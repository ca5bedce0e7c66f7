"""How far the record and the stores have come: whoever remembers what they read sees what may read otherwise now."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection

from indexer.corpus.positions import MEMBERS, THREADS, come_to

# The bot's own subjects, beside the corpus's.
PREFERENCES, NOTICES, NOTICES_GONE = 10, 11, 12


class ComeTo(NamedTuple):
    """The position of each subject; it moves on whenever something of it is written, `notices_gone` when forgotten."""

    threads: int
    members: int
    preferences: int
    notices: int
    notices_gone: int


class Positions:
    """Positions, seen through one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def now(self) -> ComeTo:
        """All of them."""
        found = come_to(self._db)
        return ComeTo(*(found[subject] for subject in (THREADS, MEMBERS, PREFERENCES, NOTICES, NOTICES_GONE)))
