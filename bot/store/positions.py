"""How far the record and the stores have come: whoever remembers what they read sees what may read otherwise now."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import Connection, select

from indexer.corpus.positions import CHANNELS, MEMBERS, THREADS, come_to
from indexer.corpus.tables import positions

# The bot's own subjects, beside the corpus's.
PREFERENCES, NOTICES, NOTICES_GONE = 10, 11, 12

_HELD = select(positions).where(positions.c.id.in_((THREADS, NOTICES))).order_by(positions.c.id).with_for_update()


class ComeTo(NamedTuple):
    """The position of each subject; it moves on whenever something of it is written, `notices_gone` when forgotten."""

    threads: int
    members: int
    channels: int
    preferences: int
    notices: int
    notices_gone: int


class Positions:
    """Positions, seen through one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def hold(self) -> None:
        """Nobody else changes threads or notices until this transaction ends.

        On SQLite nobody else writes while one does; elsewhere what is committed meanwhile would be seen half-way.
        """
        if self._db.dialect.name != "sqlite":
            self._db.execute(_HELD)

    def now(self) -> ComeTo:
        """All of them."""
        found = come_to(self._db)
        return ComeTo(*(found[subject] for subject in (THREADS, MEMBERS, CHANNELS, PREFERENCES, NOTICES, NOTICES_GONE)))
