"""How far each channel's history was read back: where an interrupted backfill goes on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, select

from bot.store.tables import histories
from indexer.corpus.database import upsert


@dataclass(frozen=True, slots=True)
class Position:
    """A channel was read back from its newest message to `reached`, and is to be read to `since`, or its beginning."""

    reached: str = ""
    since: datetime | None = None
    finished: bool = False


class Histories:
    """Positions by channel, seen through one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def position(self, workspace_id: str, channel_id: str) -> Position | None:
        """Where the reading of this channel stands; None where none is under way."""
        here = (histories.c.workspace_id == workspace_id, histories.c.channel_id == channel_id)
        row = self._db.execute(select(histories).where(*here)).one_or_none()
        return Position(row.reached, row.since, row.finished) if row else None

    def note(self, workspace_id: str, channel_id: str, position: Position) -> None:
        """A channel was read this far."""
        values = {"reached": position.reached, "since": position.since, "finished": position.finished}
        row = upsert(self._db, histories).values(workspace_id=workspace_id, channel_id=channel_id, **values)
        self._db.execute(row.on_conflict_do_update(index_elements=["workspace_id", "channel_id"], set_=values))

    def forget(self, workspace_id: str) -> None:
        """All channels were read: the next reading begins anew."""
        self._db.execute(delete(histories).where(histories.c.workspace_id == workspace_id))
