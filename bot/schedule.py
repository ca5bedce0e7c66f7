"""What happens by the clock. The only user of APScheduler, which only wakes this module up, in memory.

What is due follows from each job's cron line, the bot's own clock and the runs in the database: so several processes,
restarts and a clock moved forward by hand run each fire time once. What passed while nobody ran it is made up for as
the job's `CatchUp` says.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import structlog
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

from bot.holding import holds
from bot.ports import Clock
from bot.store import UnitOfWork

KEEP_INBOX = timedelta(days=7)  # Slack repeats an event for an hour at most
KEEP_PRIVATE = timedelta(days=30)  # private answers; their buttons stop working with Slack's handles much earlier
KEEP_CLAIMS = timedelta(days=400)  # over a year, since an old question can still be edited
KEEP_RUNS = timedelta(days=60)
TICK_SECONDS = 5  # how late a job may begin
HOLD = timedelta(minutes=2)  # how long after a crash a run lies idle
HOLD_AGAIN_SECONDS = 30  # a run that lasts is held anew this often

log = structlog.get_logger(__name__)

# What a job is told: the fire time it runs for, UTC.
Job = Callable[[datetime], object]


@dataclass(frozen=True, slots=True)
class CatchUp:
    """What becomes of fire times that passed unseen: those older than `within` are let go.

    Of the others `each` is run, or only the latest: several missed reminders are one.
    """

    within: timedelta = timedelta(hours=1)
    each: bool = False


PROMPT = CatchUp()


class MovableClock:
    """A clock that goes on by itself and can be moved forward, never back."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._ahead = timedelta(0)

    def now(self) -> datetime:
        """The moment it has been moved to, UTC."""
        return self._clock.now() + self._ahead

    def move_to(self, at: datetime) -> None:
        """Let it be `at`, unless it is later already."""
        self._ahead += max(timedelta(0), at - self.now())


@dataclass
class _Planned:
    """A job with its hours. `begun`: whether it is known where to go on; `looked`: when runs left behind were."""

    name: str
    trigger: CronTrigger
    job: Job
    catch_up: CatchUp
    begun: bool = False
    next: datetime | None = None  # the first fire time that is not seen to: cron lines are slow to work out
    looked: datetime | None = None
    running: threading.Lock = field(default_factory=threading.Lock)

    def following(self, at: datetime) -> datetime | None:
        """The first fire time after `at`."""
        found: datetime | None = self.trigger.get_next_fire_time(None, at + timedelta(microseconds=1))
        return found.astimezone(UTC) if found else None

    def passed(self, earliest: datetime, now: datetime) -> tuple[list[datetime], datetime | None]:
        """The fire times that came since the last look, but none before `earliest`, and the one that comes next."""
        passed, at = [], self.next
        if at is not None and at < earliest:
            at = self.following(earliest - timedelta(microseconds=1))
        while at is not None and at <= now:
            passed.append(at)
            at = self.following(at)
        return passed, at


class Schedule:
    """Runs jobs at their hours, each fire time once."""

    def __init__(self, unit: UnitOfWork, clock: Clock, timezone: str) -> None:
        self._unit = unit
        self._clock = clock
        self._zone = ZoneInfo(timezone)
        self._scheduler = BackgroundScheduler(timezone=self._zone)
        self._jobs: dict[str, _Planned] = {}

    def add(self, name: str, cron: str, job: Job, catch_up: CatchUp = PROMPT) -> None:
        """Run `job` whenever `cron` (five fields, days of the week by name) says."""
        planned = _Planned(name, CronTrigger.from_crontab(cron, timezone=self._zone), job, catch_up)
        self._jobs[name] = planned
        self._scheduler.add_job(
            self._tick, "interval", seconds=TICK_SECONDS, args=(planned,), id=name, coalesce=True, max_instances=1
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

    def work(self) -> int:
        """Run all that is due by now; how many runs there were."""
        return sum(self._tick(planned) for planned in self._jobs.values())

    def play(self, clock: MovableClock, by: timedelta, deliver: Callable[[], object] = lambda: None) -> int:
        """Move the clock forward, stopping at every fire time on the way; how many runs there were.

        `deliver` is called at each stop, so that what a job says is said at its hour.
        """
        until = clock.now() + by
        ran = self.work()
        while (soonest := self._soonest()) is not None and soonest <= until:
            deliver()
            clock.move_to(soonest)
            ran += self.work()
        deliver()
        clock.move_to(until)
        return ran + self.work()

    def _soonest(self) -> datetime | None:
        return min((planned.next for planned in self._jobs.values() if planned.next is not None), default=None)

    def _tick(self, planned: _Planned) -> int:
        with planned.running:
            try:
                return sum(self._run(planned, fire_time) for fire_time in self._due(planned))
            except Exception:  # the boundary: the database may be away for a moment
                log.exception("schedule failed", job=planned.name)
                planned.begun = False  # what was not taken is found again from the record
                return 0

    def _due(self, planned: _Planned) -> list[datetime]:
        """The fire times to run now, oldest first."""
        now = self._clock.now()
        earliest = now - planned.catch_up.within
        if not planned.begun:
            self._begin(planned)
        passed, following = planned.passed(earliest, now)
        if not passed and planned.looked is not None and now - planned.looked < HOLD:
            return []
        with self._unit.read() as work:
            known = work.runs.since(planned.name, earliest)
        planned.next, planned.looked = following, now
        left = {run.fire_time for run in known if run.free(now)}
        due = sorted(fire_time for fire_time in left.union(passed) if fire_time >= earliest)
        taken = {run.fire_time for run in known} - left
        return [fire_time for fire_time in (due if planned.catch_up.each else due[-1:]) if fire_time not in taken]

    def _begin(self, planned: _Planned) -> None:
        with self._unit.begin() as work:
            planned.next = planned.following(work.runs.begin(planned.name, self._clock.now()))
        planned.begun = True

    def _run(self, planned: _Planned, fire_time: datetime) -> bool:
        now = self._clock.now()
        with self._unit.begin() as work:
            if not work.runs.take(planned.name, fire_time, now, now + HOLD):
                return False
        try:
            with holds.held(lambda: self._hold(planned.name, fire_time), HOLD_AGAIN_SECONDS):
                planned.job(fire_time)
        except Exception:  # the boundary: the job's next hour comes all the same
            log.exception("job failed", job=planned.name)
        with self._unit.begin() as work:
            work.runs.done(planned.name, fire_time)
        return True

    def _hold(self, job: str, fire_time: datetime) -> None:
        with self._unit.begin() as work:
            work.runs.hold(job, fire_time, self._clock.now() + HOLD)


def tidy(unit: UnitOfWork, now: datetime) -> None:
    """Forget what nobody needs any more."""
    with unit.begin() as work:
        work.inbox.prune(now - KEEP_INBOX)
        work.outbox.prune(now - KEEP_PRIVATE)
        work.claims.prune(now - KEEP_CLAIMS)
        work.runs.prune(now - KEEP_RUNS)
