"""Each fire time of a job runs once, whatever restarts, crashes, other processes and moved clocks do."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from builders import NOON
from fakes import FakeClock

from bot.schedule import HOLD, CatchUp, MovableClock, Schedule, _Planned
from bot.store import UnitOfWork
from bot.store.runs import Runs
from indexer.corpus import Database
from indexer.resolution import ResolutionRules

DAILY = "0 9 * * *"  # 9:00 in Japan is midnight UTC
DAY = timedelta(days=1)
NINE = NOON.replace(hour=0) + DAY  # the first 9:00 after NOON


class Plant:
    """A database with schedules on it; `ran` is what they did, in order."""

    def __init__(self, database: Database) -> None:
        self.unit = UnitOfWork(database, ResolutionRules())
        self.clock = FakeClock(NOON)
        self.ran: list[datetime] = []

    def schedule(self, catch_up: CatchUp, clock: MovableClock | None = None) -> Schedule:
        made = Schedule(self.unit, clock or self.clock, "Asia/Tokyo")
        made.add("job", DAILY, self.ran.append, catch_up)
        made.work()
        return made


@pytest.fixture
def plant(any_database: Database) -> Plant:
    return Plant(any_database)


def test_two_schedules_on_one_database_run_a_fire_time_once(plant: Plant) -> None:
    first, second = plant.schedule(CatchUp()), plant.schedule(CatchUp())
    assert plant.ran == []
    plant.clock.at = NINE + timedelta(seconds=3)
    assert first.work() + second.work() + first.work() == 1
    plant.clock.at = NINE + DAY
    assert second.work() + first.work() == 1
    assert plant.ran == [NINE, NINE + DAY]


def test_after_down_time_the_latest_is_made_up_for_if_it_is_not_too_long_ago(plant: Plant) -> None:
    plant.schedule(CatchUp(DAY))
    plant.clock.at = NINE + 3 * DAY + timedelta(hours=5)
    plant.schedule(CatchUp(DAY))
    assert plant.ran == [NINE + 3 * DAY]
    plant.clock.at = NINE + 9 * DAY + timedelta(hours=5)
    plant.schedule(CatchUp(timedelta(hours=1)))
    assert plant.ran == [NINE + 3 * DAY]


def test_several_missed_ones_are_run_each_or_as_one(plant: Plant) -> None:
    plant.schedule(CatchUp(5 * DAY))
    plant.clock.at = NINE + 3 * DAY
    plant.schedule(CatchUp(5 * DAY))
    assert plant.ran == [NINE + 3 * DAY]
    plant.clock.at = NINE + 6 * DAY
    plant.schedule(CatchUp(5 * DAY, each=True))
    assert plant.ran == [NINE + 3 * DAY, NINE + 4 * DAY, NINE + 5 * DAY, NINE + 6 * DAY]


def test_a_run_that_died_with_its_process_is_taken_up_and_a_finished_one_is_not(plant: Plant) -> None:
    plant.schedule(CatchUp(DAY))
    plant.clock.at = NINE
    with plant.unit.begin() as work:
        assert work.runs.take("job", NINE, NINE, NINE + HOLD)
    other = plant.schedule(CatchUp(DAY))
    assert plant.ran == []
    plant.clock.at = NINE + HOLD
    other.work()
    plant.clock.at = NINE + 3 * HOLD
    other.work()
    plant.schedule(CatchUp(DAY))
    assert plant.ran == [NINE]


def test_a_job_that_fails_runs_again_at_its_next_hour(plant: Plant) -> None:
    schedule = Schedule(plant.unit, plant.clock, "Asia/Tokyo")

    def fails(fire_time: datetime) -> None:
        plant.ran.append(fire_time)
        raise RuntimeError

    schedule.add("job", DAILY, fails)
    schedule.work()
    for days in range(2):
        plant.clock.at = NINE + days * DAY
        schedule.work()
        schedule.work()
    assert plant.ran == [NINE, NINE + DAY]


@pytest.mark.parametrize("step", ["begin", "since", "take"])
def test_no_fire_time_is_lost_where_the_database_is_away_for_a_moment(
    plant: Plant, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def away(*_facts: object) -> None:
        raise OSError

    schedule = plant.schedule(CatchUp())
    if step == "begin":
        schedule = Schedule(plant.unit, plant.clock, "Asia/Tokyo")
        schedule.add("job", DAILY, plant.ran.append)
    plant.clock.at = NINE
    with monkeypatch.context() as patched:
        patched.setattr(Runs, step, away)
        assert schedule.work() == 0
    plant.clock.forward(5)
    assert schedule.work() == 1
    assert plant.ran == [NINE]


def test_a_long_sleep_is_not_counted_hour_by_hour(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[datetime] = []
    schedule = plant.schedule(CatchUp())
    following = _Planned.following

    def counted(planned: _Planned, at: datetime) -> datetime | None:
        asked.append(at)
        return following(planned, at)

    monkeypatch.setattr(_Planned, "following", counted)
    plant.clock.at = NINE + 1_000 * DAY
    assert schedule.work() == 1
    assert len(asked) <= 2
    plant.clock.forward(5)
    assert schedule.work() == 0
    assert len(asked) <= 2
    assert plant.ran == [NINE + 1_000 * DAY]


def test_a_clock_moved_forward_plays_every_fire_time_on_the_way(plant: Plant) -> None:
    clock = MovableClock(plant.clock)
    schedule = plant.schedule(CatchUp(), clock)
    times: list[datetime] = []
    schedule.add("hourly", "0 * * * *", lambda _: times.append(clock.now()))
    assert schedule.play(clock, timedelta(days=7)) == 7 + 7 * 24
    assert clock.now() == NOON + timedelta(days=7)
    assert plant.ran == [NINE + days * DAY for days in range(7)]
    assert times == [NOON + timedelta(hours=hours + 1) for hours in range(7 * 24)]
    clock.move_to(NOON)
    assert clock.now() == NOON + timedelta(days=7)


def test_what_is_said_on_the_way_is_said_at_its_hour(plant: Plant) -> None:
    clock = MovableClock(plant.clock)
    schedule = Schedule(plant.unit, clock, "Asia/Tokyo")
    told: list[datetime] = []
    said: list[tuple[datetime, datetime]] = []
    schedule.add("first", "0 9 * * *", told.append)
    schedule.add("second", "0 10 * * *", told.append)

    def deliver() -> None:
        said.extend((clock.now(), hour) for hour in told)
        told.clear()

    schedule.play(clock, timedelta(days=2), deliver)
    assert len(said) == 4
    assert all(at == hour for at, hour in said)


def test_days_of_the_week_go_by_name(plant: Plant) -> None:
    clock = MovableClock(plant.clock)
    schedule = Schedule(plant.unit, clock, "Asia/Tokyo")
    schedule.add("job", "0 9 * * mon-fri", plant.ran.append)
    schedule.play(clock, timedelta(days=7))
    assert [fire_time.weekday() for fire_time in plant.ran] == [3, 4, 0, 1, 2]  # NOON is a Wednesday
