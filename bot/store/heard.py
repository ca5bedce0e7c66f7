"""How far each channel was heard, on platforms that do not repeat what was missed: where catching up begins."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from bot.store.tables import heard
from indexer.corpus.database import upsert


class Heard:
    """Positions by channel, in milliseconds of the platform's own clock, seen through one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def upto(self, workspace_id: str, channel_id: str) -> int | None:
        """How far this channel was heard; None where it never was."""
        query = select(heard.c.upto).where(heard.c.workspace_id == workspace_id, heard.c.channel_id == channel_id)
        return self._db.execute(query).scalar_one_or_none()

    def furthest(self, workspace_id: str) -> int | None:
        """How far any channel was heard; None where the workspace never was."""
        furthest: int | None = self._db.execute(
            select(func.max(heard.c.upto)).where(heard.c.workspace_id == workspace_id)
        ).scalar_one()
        return furthest

    def note(self, workspace_id: str, channel_id: str, upto: int) -> None:
        """A channel was heard this far; what lies behind the known position changes nothing."""
        row = upsert(self._db, heard).values(workspace_id=workspace_id, channel_id=channel_id, upto=upto)
        self._db.execute(
            row.on_conflict_do_update(
                index_elements=["workspace_id", "channel_id"],
                set_={"upto": row.excluded.upto},
                where=heard.c.upto < row.excluded.upto,
            )
        )
