"""One open transaction on the record: where messages and threads stand in the tables, and the order of changes.

Every write that could change an answer moves the thread's `position` forward, so that an index can ask for what changed
since it last looked.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import BindParameter, Connection, Row, and_, bindparam, insert, select, update

from indexer.corpus.joining import Joining
from indexer.corpus.positions import THREADS, move
from indexer.corpus.prepared import Prepared
from indexer.corpus.reading import batches
from indexer.corpus.tables import messages, threads
from indexer.model import MessageRef

_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_HERE = and_(messages.c.workspace_id == bindparam("workspace"), messages.c.channel_id == bindparam("channel"))
_STORED = Prepared(select(messages).where(_HERE, messages.c.message_id.in_(_IDS)))
_ROW_IDS = Prepared(select(messages.c.message_id, messages.c.id).where(_HERE, messages.c.message_id.in_(_IDS)))
_THREAD_IDS = Prepared(
    select(threads.c.root_id, threads.c.id).where(
        threads.c.workspace_id == bindparam("workspace"),
        threads.c.channel_id == bindparam("channel"),
        threads.c.root_id.in_(_IDS),
    )
)
_OPEN = Prepared(insert(threads).returning(threads.c.id), ("workspace_id", "channel_id", "root_id", "position"))
_TOUCH = Prepared(update(threads).where(threads.c.id.in_(_IDS)).values(position=bindparam("at")))


class Transaction:
    """What recording and reading have in common."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection
        self._joining = Joining(connection)

    def _stored(self, refs: Iterable[MessageRef]) -> dict[MessageRef, Row[Any]]:
        found: dict[MessageRef, Row[Any]] = {}
        for (workspace_id, channel_id), ids in _by_channel(refs):
            for batch in batches(ids):
                for row in _STORED.rows(self._db, _at(workspace_id, channel_id, batch)):
                    found[MessageRef(workspace_id, channel_id, row.message_id)] = row
        return found

    def _row_ids(self, refs: Iterable[MessageRef]) -> dict[MessageRef, int]:
        """The row ids of stored messages, without their words."""
        return self._ids(_ROW_IDS, refs)

    def _known_thread_ids(self, roots: Iterable[MessageRef]) -> dict[MessageRef, int]:
        return self._ids(_THREAD_IDS, roots)

    def _ids(self, query: Prepared, refs: Iterable[MessageRef]) -> dict[MessageRef, int]:
        found: dict[MessageRef, int] = {}
        for (workspace_id, channel_id), ids in _by_channel(refs):
            for batch in batches(ids):
                for message_id, row_id in query.rows(self._db, _at(workspace_id, channel_id, batch)):
                    found[MessageRef(workspace_id, channel_id, message_id)] = row_id
        return found

    def _thread_ids(self, roots: set[MessageRef]) -> dict[MessageRef, int]:
        """The ids of these threads, those not yet seen being opened."""
        found = self._known_thread_ids(roots)
        for root in sorted(roots - found.keys()):
            row = {"workspace_id": root.workspace_id, "channel_id": root.channel_id, "root_id": root.message_id}
            found[root] = _OPEN.first(self._db, row | {"position": 0}).id
        return found

    def _next_position(self) -> int:
        return move(self._db, THREADS)

    def _touch(self, thread_ids: set[int]) -> None:
        if not thread_ids:
            return
        position = self._next_position()
        for batch in batches(sorted(thread_ids)):
            _TOUCH.run(self._db, {"ids": batch, "at": position})


def _by_channel(refs: Iterable[MessageRef]) -> Iterable[tuple[tuple[str, str], list[str]]]:
    grouped: dict[tuple[str, str], list[str]] = defaultdict(list)
    for ref in refs:
        grouped[ref.workspace_id, ref.channel_id].append(ref.message_id)
    return grouped.items()


def _at(workspace_id: str, channel_id: str, ids: list[str]) -> dict[str, Any]:
    return {"workspace": workspace_id, "channel": channel_id, "ids": ids}
