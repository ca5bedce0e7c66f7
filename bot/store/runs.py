"""Which job ran for which of its hours: each fire time is one process's, once.

A run is held while it lasts. One that its process left behind when it died falls to another: what a job makes the bot
say has keys for good, so that half a run and a whole one say it once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache

from sqlalchemy import Connection, and_, bindparam, delete, func, literal, select, update

from bot.store.tables import runs
from indexer.corpus.database import added, inserting
from indexer.corpus.prepared import Prepared
from indexer.corpus.tables import UtcDateTime

_OF = (runs.c.job == bindparam("of"), runs.c.fire_time == bindparam("for"))
_SINCE = Prepared(
    select(runs.c.fire_time, runs.c.held_until, runs.c.done).where(
        runs.c.job == bindparam("of"), runs.c.fire_time >= bindparam("earliest")
    )
)
_HOLD = Prepared(update(runs).where(*_OF, runs.c.done.is_(False)).values(held_until=bindparam("until")))
_DONE = Prepared(update(runs).where(*_OF).values(done=True))


@dataclass(frozen=True, slots=True)
class Run:
    """A run that was begun: for which fire time, until when it is held, whether it has ended."""

    fire_time: datetime
    held_until: datetime
    done: bool

    def free(self, at: datetime) -> bool:
        """Whether its process died before its end."""
        return not self.done and self.held_until <= at


class Runs:
    """The runs of scheduled jobs, seen through one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def take(self, job: str, fire_time: datetime, at: datetime, until: datetime) -> bool:
        """Hold one fire time of a job, until then, to run it; False where it ran, or another process has it."""
        row = {"job": job, "fire_time": fire_time, "held_until": until, "done": False}
        return bool(_taking(self._db.dialect.name).rows(self._db, row | {"now": at}))

    def hold(self, job: str, fire_time: datetime, until: datetime) -> None:
        """Go on holding a run that lasts."""
        _HOLD.run(self._db, {"of": job, "for": fire_time, "until": until})

    def done(self, job: str, fire_time: datetime) -> None:
        """The run has ended."""
        _DONE.run(self._db, {"of": job, "for": fire_time})

    def begin(self, job: str, at: datetime) -> datetime:
        """The latest fire time that was taken of a job; one never seen before begins to count at `at`."""
        latest: datetime | None = self._db.execute(
            select(func.max(runs.c.fire_time)).where(runs.c.job == job)
        ).scalar_one()
        if latest is None:
            added(self._db, runs, {"job": job, "fire_time": at, "held_until": at, "done": True})
        return latest or at

    def since(self, job: str, earliest: datetime) -> list[Run]:
        """The runs of a job for its fire times since a moment."""
        found = _SINCE.rows(self._db, {"of": job, "earliest": earliest})
        return [Run(row.fire_time, row.held_until, row.done) for row in found]

    def prune(self, before: datetime) -> int:
        """Forget runs for fire times before `before`, but each job's latest: it tells where to go on."""
        latest = select(func.max(runs.c.fire_time)).group_by(runs.c.job)
        gone = delete(runs).where(runs.c.fire_time < before, runs.c.fire_time.not_in(latest))
        return self._db.execute(gone).rowcount


@cache
def _taking(dialect: str) -> Prepared:
    """What holds a run that nobody has begun yet, or whose holder died, and returns something where it did."""
    row = inserting(dialect, runs)
    left = and_(runs.c.done.is_(False), runs.c.held_until <= bindparam("now", type_=UtcDateTime))
    taken = row.on_conflict_do_update(
        index_elements=["job", "fire_time"], set_={"held_until": row.excluded.held_until}, where=left
    )
    return Prepared(taken.returning(literal(1)), ("job", "fire_time", "held_until", "done"))
