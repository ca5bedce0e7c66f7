"""Accepted answers and waiting questions as they were found in the record, so that a process that starts need not read
all of it again.

They follow from the record and may be forgotten at any time: whoever finds none, or some that were found by other
rules, reads the record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import BindParameter, Connection, bindparam, delete, insert, select

from bot.store.tables import accepted, findings_upto, waiting
from indexer.corpus.database import inserting
from indexer.corpus.prepared import Prepared

_ANSWERED = tuple(accepted.c[name] for name in ("member_id", "at", "topic", "prefecture"))
_OF = Prepared(select(accepted.c.thread_id, *_ANSWERED).where(accepted.c.workspace_id == bindparam("workspace")))
_FORGET = Prepared(delete(accepted).where(accepted.c.thread_id.in_(bindparam("ids", expanding=True))))
_COLUMNS = ("thread_id", "workspace_id", "member_id", "at", "topic", "prefecture")
_KEEP = Prepared(insert(accepted), _COLUMNS)
_WAITING = Prepared(select(waiting.c.thread_id).where(waiting.c.workspace_id == bindparam("workspace")))
_WAITS = Prepared(insert(waiting), ("thread_id", "workspace_id"))
_WAITS_NO_MORE = Prepared(delete(waiting).where(waiting.c.thread_id.in_(bindparam("ids", expanding=True))))


@cache
def _keeping(dialect: str) -> Prepared:
    """What keeps how far accepted answers were read."""
    upto: dict[str, BindParameter[Any]] = {name: bindparam(name) for name in ("position", "channels", "rules")}
    row = inserting(dialect, findings_upto).values(workspace_id=bindparam("workspace"), **upto)
    return Prepared(row.on_conflict_do_update(index_elements=["workspace_id"], set_=upto))


class Answered(NamedTuple):
    """An accepted answer: whose, when, on which topic, to somebody of which prefecture."""

    member_id: str
    at: datetime
    topic: str
    prefecture: str


@dataclass(frozen=True, slots=True)
class Upto:
    """How far the record was read: to which positions of its threads and channels, and by which rules."""

    position: int
    channels: int
    rules: str


class Findings:
    """Accepted answers and waiting questions by the ids of their threads, seen through one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def upto(self, workspace_id: str) -> Upto | None:
        """How far a workspace was read; None where nothing is kept of it."""
        query = select(findings_upto).where(findings_upto.c.workspace_id == workspace_id)
        row = self._db.execute(query).one_or_none()
        return Upto(row.position, row.channels, row.rules) if row else None

    def answered(self, workspace_id: str) -> dict[int, Answered]:
        """The accepted answers of a workspace."""
        rows = _OF.rows(self._db, {"workspace": workspace_id})
        return {thread_id: Answered(*told) for thread_id, *told in rows}

    def waiting(self, workspace_id: str) -> set[int]:
        """The ids of the questions that waited."""
        return {row.thread_id for row in _WAITING.rows(self._db, {"workspace": workspace_id})}

    def keep(
        self, workspace_id: str, upto: Upto, fresh: Mapping[int, Answered | None], waits: Mapping[int, bool]
    ) -> None:
        """Keep what was found since; None: the thread has no accepted answer any more. `waits`: or waits no more."""
        if waits:
            _WAITS_NO_MORE.run(self._db, {"ids": list(waits)})
            come = [{"thread_id": one, "workspace_id": workspace_id} for one, comes in waits.items() if comes]
            if come:
                _WAITS.each(self._db, come)
        _FORGET.run(self._db, {"ids": list(fresh)})
        rows = [
            (thread_id, workspace_id, one.member_id, one.at, one.topic, one.prefecture)
            for thread_id, one in fresh.items()
            if one is not None
        ]
        if rows:
            _KEEP.each(self._db, [dict(zip(_COLUMNS, row, strict=True)) for row in rows])
        values = {"position": upto.position, "channels": upto.channels, "rules": upto.rules}
        _keeping(self._db.dialect.name).run(self._db, {"workspace": workspace_id, **values})

    def forget(self, workspace_id: str) -> None:
        """Forget all that is kept of a workspace."""
        for table in (accepted, waiting, findings_upto):
            self._db.execute(delete(table).where(table.c.workspace_id == workspace_id))
