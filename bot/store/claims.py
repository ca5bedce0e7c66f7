"""Claims: who is first to do a thing that must be done once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, select

from bot.store.tables import claims
from indexer.corpus.database import added


class Claims:
    """Claims by key, seen through one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def take(self, key: str, at: datetime) -> bool:
        """Claim `key`; False where it was claimed before."""
        return added(self._db, claims, {"key": key, "at": at})

    def taken(self, key: str) -> bool:
        """Whether `key` is claimed."""
        return self._db.execute(select(claims.c.key).where(claims.c.key == key)).first() is not None

    def prune(self, before: datetime) -> int:
        """Forget claims older than `before`."""
        return self._db.execute(delete(claims).where(claims.c.at < before)).rowcount
