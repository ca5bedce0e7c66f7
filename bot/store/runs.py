"""Which job ran for which of its hours: each fire time is one process's, once.

A run is held while it lasts. One that its process left behind when it died falls to another: what a job makes the bot
say has keys for good, so that half a run and a whole one say it once.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, select, update

from bot.store.tables import runs
from indexer.corpus.database import added
from indexer.corpus.prepared import Prepared

_OF = (runs.c.job == bindparam("of"), runs.c.fire_time == bindparam("for"))
_LEFT = Prepared(
    select(runs.c.fire_time)
    .where(
        runs.c.job == bindparam("of"),
        runs.c.fire_time >= bindparam("earliest"),
        runs.c.done.is_(False),
        runs.c.held_until <= bindparam("now"),
    )
    .order_by(runs.c.fire_time)
)
_TAKE_OVER = Prepared(
    update(runs)
    .where(*_OF, runs.c.done.is_(False), runs.c.held_until <= bindparam("now"))
    .values(held_until=bindparam("until"))
)
_HOLD = Prepared(update(runs).where(*_OF, runs.c.done.is_(False)).values(held_until=bindparam("until")))
_DONE = Prepared(update(runs).where(*_OF).values(done=True))


class Runs:
    """The runs of scheduled jobs, seen through one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def take(self, job: str, fire_time: datetime, at: datetime, until: datetime) -> bool:
        """Hold one fire time of a job, until then, to run it; False where it ran, or another process has it."""
        if added(self._db, runs, {"job": job, "fire_time": fire_time, "held_until": until, "done": False}):
            return True
        return _TAKE_OVER.run(self._db, {"of": job, "for": fire_time, "now": at, "until": until}) > 0

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

    def left(self, job: str, since: datetime, at: datetime) -> list[datetime]:
        """The fire times since a moment whose run was begun and not ended, and that nobody holds any more at `at`."""
        return [row.fire_time for row in _LEFT.rows(self._db, {"of": job, "earliest": since, "now": at})]

    def prune(self, before: datetime) -> int:
        """Forget runs for fire times before `before`, but each job's latest: it tells where to go on."""
        latest = select(func.max(runs.c.fire_time)).group_by(runs.c.job)
        gone = delete(runs).where(runs.c.fire_time < before, runs.c.fire_time.not_in(latest))
        return self._db.execute(gone).rowcount
