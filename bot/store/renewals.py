"""Which letters are to be written anew: those that tell of what changed since letters were last written.

Letters follow the record as an index does, by positions: whatever changed, and whoever's process died meanwhile.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, select

from bot.store.positions import ComeTo
from bot.store.tables import letters_upto, notices
from indexer.corpus.database import inserting
from indexer.corpus.prepared import Prepared
from indexer.corpus.tables import threads

_HERE = notices.c.workspace_id == bindparam("workspace")
_UPTO = Prepared(select(letters_upto).where(letters_upto.c.workspace_id == bindparam("workspace")))
_CHANGED = Prepared(
    select(notices.c.key).where(_HERE, notices.c.position > bindparam("after"), notices.c.key.is_not(None)).distinct()
)
_CHANGED_QUESTIONS = Prepared(
    select(notices.c.key)
    .where(
        _HERE,
        notices.c.root_id.in_(select(threads.c.root_id).where(threads.c.position > bindparam("after"))),
        notices.c.key.is_not(None),
    )
    .distinct()
)


class Renewals:
    """What letters are written up to, seen through one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def due(self, workspace_id: str) -> set[str]:
        """The keys of the letters to write anew."""
        row = _UPTO.first(self._db, {"workspace": workspace_id})
        told, asked = (row.notices, row.threads) if row else (0, 0)
        found = list(_CHANGED.rows(self._db, {"workspace": workspace_id, "after": told}))
        found += _CHANGED_QUESTIONS.rows(self._db, {"workspace": workspace_id, "after": asked})
        return {key for (key,) in found}

    def done(self, workspace_id: str, come_to: ComeTo) -> None:
        """All letters read as the record has it at these positions."""
        values = {"workspace": workspace_id, "threads": come_to.threads, "notices": come_to.notices}
        _done(self._db.dialect.name).run(self._db, values)


@cache
def _done(dialect: str) -> Prepared:
    upto: dict[str, BindParameter[Any]] = {"threads": bindparam("threads"), "notices": bindparam("notices")}
    row = inserting(dialect, letters_upto).values(workspace_id=bindparam("workspace"), **upto)
    return Prepared(row.on_conflict_do_update(index_elements=["workspace_id"], set_=upto))
