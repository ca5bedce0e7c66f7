"""What members chose for themselves: named values, each use case's own."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, bindparam, delete, select

from bot.store.positions import PREFERENCES
from bot.store.tables import preferences
from indexer.corpus.database import upsert
from indexer.corpus.positions import move
from indexer.corpus.prepared import Prepared

_OF = Prepared(
    select(preferences.c.name, preferences.c.value).where(
        preferences.c.workspace_id == bindparam("workspace_id"), preferences.c.member_id == bindparam("member_id")
    )
)
_HOLDING = Prepared(
    select(preferences.c.name, preferences.c.member_id, preferences.c.value).where(
        preferences.c.workspace_id == bindparam("workspace_id"),
        preferences.c.name.in_(bindparam("names", expanding=True)),
    )
)


class Preferences:
    """Named values of members, seen through one open transaction. What a name means is its use case's own matter."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        self._moved = False

    def get(self, workspace_id: str, member_id: str, name: str, default: str = "") -> str:
        """What a member chose under a name."""
        return self.of(workspace_id, member_id).get(name, default)

    def of(self, workspace_id: str, member_id: str) -> dict[str, str]:
        """All that a member chose, by name."""
        return {
            row.name: row.value for row in _OF.rows(self._db, {"workspace_id": workspace_id, "member_id": member_id})
        }

    def set(self, workspace_id: str, member_id: str, name: str, value: str) -> None:
        """Keep what a member chose."""
        self._move()
        row = upsert(self._db, preferences).values(
            workspace_id=workspace_id, member_id=member_id, name=name, value=value
        )
        keys = ["workspace_id", "member_id", "name"]
        self._db.execute(row.on_conflict_do_update(index_elements=keys, set_={"value": value}))

    def forget(self, workspace_id: str, member_id: str, name: str) -> None:
        """Back to the default."""
        self._move()
        gone = delete(preferences).where(
            preferences.c.workspace_id == workspace_id,
            preferences.c.member_id == member_id,
            preferences.c.name == name,
        )
        self._db.execute(gone)

    def holding(self, workspace_id: str, name: str) -> dict[str, str]:
        """Who has a value under a name, and which."""
        return self.holding_any(workspace_id, [name])[name]

    def holding_any(self, workspace_id: str, names: Iterable[str]) -> Mapping[str, dict[str, str]]:
        """Likewise for several names at once, by name."""
        found: dict[str, dict[str, str]] = defaultdict(dict)
        for name, member_id, value in _HOLDING.rows(self._db, {"workspace_id": workspace_id, "names": list(names)}):
            found[name][member_id] = value
        return found

    def _move(self) -> None:
        if not self._moved:
            move(self._db, PREFERENCES)
            self._moved = True
