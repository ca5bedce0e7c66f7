"""Which job ran for which of its hours: each fire time is one process's, once.

A run is held while it lasts. One that its process left behind when it died falls to another: what a job makes the bot
say has keys for good, so that half a run and a whole one say it once.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, bindparam, delete, func, select, update

from bot.store.tables import runs
from indexer.corpus.database import added

_LEFT = (
    select(runs.c.fire_time)
    .where(runs.c.job == bindparam("of"), runs.c.done.is_(False), runs.c.held_until <= bindparam("now"))
    .order_by(runs.c.fire_time)
)


class Runs:
    """The runs of scheduled jobs, seen through one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def take(self, job: str, fire_time: datetime, at: datetime, until: datetime) -> bool:
        """Hold one fire time of a job, until then, to run it; False where it ran, or another process has it."""
        if added(self._db, runs, {"job": job, "fire_time": fire_time, "held_until": until, "done": False}):
            return True
        left = update(runs).where(
            runs.c.job == job, runs.c.fire_time == fire_time, runs.c.done.is_(False), runs.c.held_until <= at
        )
        return self._db.execute(left.values(held_until=until)).rowcount > 0

    def hold(self, job: str, fire_time: datetime, until: datetime) -> None:
        """Go on holding a run that lasts."""
        held = update(runs).where(runs.c.job == job, runs.c.fire_time == fire_time, runs.c.done.is_(False))
        self._db.execute(held.values(held_until=until))

    def done(self, job: str, fire_time: datetime) -> None:
        """The run has ended."""
        self._db.execute(update(runs).where(runs.c.job == job, runs.c.fire_time == fire_time).values(done=True))

    def begin(self, job: str, at: datetime) -> datetime:
        """The latest fire time that was taken of a job; one never seen before begins to count at `at`."""
        latest: datetime | None = self._db.execute(
            select(func.max(runs.c.fire_time)).where(runs.c.job == job)
        ).scalar_one()
        if latest is None:
            added(self._db, runs, {"job": job, "fire_time": at, "held_until": at, "done": True})
        return latest or at

    def left(self, job: str, at: datetime) -> list[datetime]:
        """The fire times whose run was begun and not ended, and that nobody holds any more."""
        return list(self._db.execute(_LEFT, {"of": job, "now": at}).scalars())

    def prune(self, before: datetime) -> int:
        """Forget runs for fire times before `before`, but each job's latest: it tells where to go on."""
        latest = select(func.max(runs.c.fire_time)).group_by(runs.c.job)
        gone = delete(runs).where(runs.c.fire_time < before, runs.c.fire_time.not_in(latest))
        return self._db.execute(gone).rowcount
