"""Which job ran for which of its hours: each fire time is one process's, once."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from bot.store.tables import runs
from indexer.corpus.database import inserted, upsert


class Runs:
    """The runs of scheduled jobs, seen through one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def take(self, job: str, fire_time: datetime, at: datetime) -> bool:
        """Claim one fire time of a job; False where it was claimed before."""
        row = upsert(self._db, runs).values(job=job, fire_time=fire_time, at=at).on_conflict_do_nothing()
        return inserted(self._db, row)

    def latest(self, job: str) -> datetime | None:
        """The latest fire time of a job that was claimed."""
        found: datetime | None = self._db.execute(
            select(func.max(runs.c.fire_time)).where(runs.c.job == job)
        ).scalar_one()
        return found

    def prune(self, before: datetime) -> int:
        """Forget runs for fire times before `before`, but each job's latest: it tells where to go on."""
        latest = select(func.max(runs.c.fire_time)).group_by(runs.c.job)
        gone = delete(runs).where(runs.c.fire_time < before, runs.c.fire_time.not_in(latest))
        return self._db.execute(gone).rowcount
