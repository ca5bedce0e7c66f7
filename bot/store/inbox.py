"""The inbox: what platforms reported, persisted before it is acknowledged, each event once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, func, select, update

from bot.store.tables import inbox
from indexer.corpus.database import inserted, upsert
from indexer.sources.storable import storable

NEW, DONE, FAILED = "new", "done", "failed"
ASIDE = "aside:"  # begins the kind of an entry that takes long and is worked on apart from the others


@dataclass(frozen=True, slots=True)
class Entry:
    """One event as its platform reported it."""

    id: int
    workspace_id: str
    event_id: str
    kind: str
    payload: dict[str, Any]
    attempts: int


class Inbox:
    """Events not yet understood, seen through one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def put(self, workspace_id: str, event_id: str, kind: str, payload: Mapping[str, Any], at: datetime) -> bool:
        """Keep an event, less what a database cannot keep in text; False where it came before."""
        row = upsert(self._db, inbox).values(
            workspace_id=workspace_id,
            event_id=storable(event_id),
            kind=kind,
            payload=json.dumps(storable(payload), ensure_ascii=False, default=str),
            state=NEW,
            received_at=at,
            not_before=at,
        )
        return inserted(self._db, row.on_conflict_do_nothing())

    def due(self, at: datetime, limit: int = 20, *, aside: bool = False) -> list[Entry]:
        """Events to work on, in the order in which they came: those set `aside`, or the others."""
        was_set_aside = inbox.c.kind.startswith(ASIDE)
        query = (
            select(inbox)
            .where(inbox.c.state == NEW, inbox.c.not_before <= at, was_set_aside if aside else ~was_set_aside)
            .order_by(inbox.c.id)
            .limit(limit)
        )
        return [
            Entry(
                row.id,
                row.workspace_id,
                row.event_id,
                row.kind.removeprefix(ASIDE),
                json.loads(row.payload),
                row.attempts,
            )
            for row in self._db.execute(query)
        ]

    def set_aside(self, entry: Entry, at: datetime) -> None:
        """Let the event be worked on apart from the others, from then on."""
        waiting = update(inbox).where(inbox.c.id == entry.id, inbox.c.state == NEW)
        self._db.execute(waiting.values(kind=f"{ASIDE}{entry.kind}", not_before=at))

    def take(self, entry: Entry, at: datetime, until: datetime) -> bool:
        """Hold an event that is due, until then, to work on it; False where another process has it."""
        due = update(inbox).where(inbox.c.id == entry.id, inbox.c.state == NEW, inbox.c.not_before <= at)
        return self._db.execute(due.values(not_before=until)).rowcount > 0

    def hold(self, entry_id: int, until: datetime) -> None:
        """Go on holding an event that is being worked on."""
        held = update(inbox).where(inbox.c.id == entry_id, inbox.c.state == NEW)
        self._db.execute(held.values(not_before=until))

    def done(self, entry_id: int) -> None:
        """The event is dealt with; its payload is forgotten."""
        self._db.execute(update(inbox).where(inbox.c.id == entry_id).values(state=DONE, payload="{}", error=""))

    def failed(self, entry: Entry, error: str, again: datetime, *, attempts: int) -> None:
        """The event could not be dealt with: again then, after `attempts` no more."""
        tries = entry.attempts + 1
        final = tries >= attempts
        values: dict[str, Any] = {"attempts": tries, "error": error, "not_before": again}
        if final:
            values |= {"state": FAILED, "payload": "{}"}
        self._db.execute(update(inbox).where(inbox.c.id == entry.id).values(values))

    def counts(self) -> dict[str, int]:
        """How many events are in each state."""
        query = select(inbox.c.state, func.count()).group_by(inbox.c.state)
        return dict(self._db.execute(query).all())

    def prune(self, before: datetime) -> int:
        """Forget events dealt with that came before `before`."""
        gone = delete(inbox).where(inbox.c.state.in_((DONE, FAILED)), inbox.c.received_at < before)
        return self._db.execute(gone).rowcount
