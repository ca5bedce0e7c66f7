"""Which threads the bot's own posts tell of, so that what is deleted there vanishes here, and nothing is told twice."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, select

from bot.store.tables import quotations
from indexer.corpus.database import upsert


@dataclass(frozen=True, slots=True)
class Quotation:
    """One thread in one post. `key`: the post's in the outbox; `part`: where in it the thread is told of."""

    key: str
    part: str
    thread_id: int
    at: datetime


class Quotations:
    """Quotations, seen through one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def keep(self, quoted: Iterable[Quotation]) -> None:
        """Keep what a post tells of."""
        rows = [
            {"key": one.key, "part": one.part, "thread_id": one.thread_id, "at": one.at}
            for one in dict.fromkeys(quoted)
        ]
        if rows:
            self._db.execute(upsert(self._db, quotations).on_conflict_do_nothing(), rows)

    def of_thread(self, thread_id: int) -> list[Quotation]:
        """Where a thread is told of."""
        return self._found(select(quotations).where(quotations.c.thread_id == thread_id))

    def ending(self, end: str, since: datetime) -> list[Quotation]:
        """What posts tell of whose keys end so, from `since` on."""
        query = select(quotations).where(quotations.c.key.endswith(end, autoescape=True), quotations.c.at >= since)
        return self._found(query)

    def _found(self, query: Select[Any]) -> list[Quotation]:
        return [Quotation(row.key, row.part, row.thread_id, row.at) for row in self._db.execute(query)]
