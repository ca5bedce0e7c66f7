"""How far the record has come, by subject: whoever remembers what they read sees whether it still holds.

Every write moves the position of its subject on, within its own transaction, so that positions are committed in their
order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cache

from sqlalchemy import Connection, bindparam, select

from indexer.corpus.database import inserting
from indexer.corpus.prepared import Prepared
from indexer.corpus.tables import positions

_ALL = Prepared(select(positions.c.id, positions.c.position))


# What changes, by the number under which its position is kept. Whoever keeps other things beside the corpus takes
# numbers from 10 on.
THREADS, MEMBERS, CHANNELS = 1, 2, 3


def move(connection: Connection, subject: int) -> int:
    """Move the position of a subject on; where it is now."""
    return int(_moving(connection.dialect.name).first(connection, {"subject": subject}).position)


def come_to(connection: Connection) -> Mapping[int, int]:
    """Where the positions of all subjects are; 0 where nothing was ever written."""
    return Counter({row.id: row.position for row in _ALL.rows(connection, {})})


@cache
def _moving(dialect: str) -> Prepared:
    first = inserting(dialect, positions).values(id=bindparam("subject"), position=1)
    return Prepared(
        first.on_conflict_do_update(index_elements=["id"], set_={"position": positions.c.position + 1}).returning(
            positions.c.position
        )
    )
