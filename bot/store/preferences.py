"""What members chose for themselves: named values, each use case's own."""

from __future__ import annotations

from sqlalchemy import Connection, delete, select

from bot.store.tables import preferences
from indexer.corpus.database import upsert


class Preferences:
    """Named values of members, seen through one open transaction. What a name means is its use case's own matter."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def get(self, workspace_id: str, member_id: str, name: str, default: str = "") -> str:
        """What a member chose under a name."""
        return self.of(workspace_id, member_id).get(name, default)

    def of(self, workspace_id: str, member_id: str) -> dict[str, str]:
        """All that a member chose, by name."""
        query = select(preferences.c.name, preferences.c.value).where(
            preferences.c.workspace_id == workspace_id, preferences.c.member_id == member_id
        )
        return dict(self._db.execute(query).all())

    def set(self, workspace_id: str, member_id: str, name: str, value: str) -> None:
        """Keep what a member chose."""
        row = upsert(self._db, preferences).values(
            workspace_id=workspace_id, member_id=member_id, name=name, value=value
        )
        keys = ["workspace_id", "member_id", "name"]
        self._db.execute(row.on_conflict_do_update(index_elements=keys, set_={"value": value}))

    def forget(self, workspace_id: str, member_id: str, name: str) -> None:
        """Back to the default."""
        gone = delete(preferences).where(
            preferences.c.workspace_id == workspace_id,
            preferences.c.member_id == member_id,
            preferences.c.name == name,
        )
        self._db.execute(gone)

    def holding(self, workspace_id: str, name: str) -> dict[str, str]:
        """Who has a value under a name, and which."""
        query = select(preferences.c.member_id, preferences.c.value).where(
            preferences.c.workspace_id == workspace_id, preferences.c.name == name
        )
        return dict(self._db.execute(query).all())
