"""What happens by the clock. The only user of APScheduler.

Triggers live in memory; that a job ran is claimed in the database under its name and fire time, so that of several
processes, or after a restart, one runs it once.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

from bot.ports import Clock
from bot.store import UnitOfWork

KEEP_INBOX = timedelta(days=7)  # Slack repeats an event for an hour at most
KEEP_PRIVATE = timedelta(days=30)  # private answers; their buttons stop working with Slack's handles much earlier
KEEP_CLAIMS = timedelta(days=400)  # over a year, since an old question can still be edited
GRACE_SECONDS = 3600  # a job missed by less, while the machine slept, is still run

log = structlog.get_logger(__name__)


class Schedule:
    """Runs jobs at their hours, each fire time once."""

    def __init__(self, unit: UnitOfWork, clock: Clock, timezone: str) -> None:
        self._unit = unit
        self._clock = clock
        self._zone = ZoneInfo(timezone)
        self._scheduler = BackgroundScheduler(timezone=self._zone)

    def add(self, name: str, cron: str, job: Callable[[], object]) -> None:
        """Run `job` whenever `cron` (five fields) says."""
        trigger = CronTrigger.from_crontab(cron, timezone=self._zone)
        self._scheduler.add_job(
            self._once, trigger, args=(name, job), id=name, coalesce=True, misfire_grace_time=GRACE_SECONDS
        )

    def start(self) -> None:
        """Begin."""
        self._scheduler.start()

    def stop(self) -> None:
        """End; a running job is finished first."""
        self._scheduler.shutdown()

    @property
    def alive(self) -> bool:
        """Whether the scheduler's thread runs."""
        return bool(self._scheduler.running)

    def _once(self, name: str, job: Callable[[], object]) -> None:
        minute = self._clock.now().replace(second=0, microsecond=0)
        with self._unit.begin() as work:
            if not work.claims.take(f"run:{name}:{minute.isoformat()}", self._clock.now()):
                return
        try:
            job()
        except Exception:  # the boundary: the job's next hour comes all the same
            log.exception("job failed", job=name)


def tidy(unit: UnitOfWork, now: datetime) -> None:
    """Forget what nobody needs any more."""
    with unit.begin() as work:
        work.inbox.prune(now - KEEP_INBOX)
        work.outbox.prune(now - KEEP_PRIVATE)
        work.claims.prune(now - KEEP_CLAIMS)
