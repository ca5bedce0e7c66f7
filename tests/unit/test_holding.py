"""Holds are renewed for as long as the work lasts, and no longer."""

from __future__ import annotations

import threading

import pytest

from bot import holding
from bot.holding import Holds

PATIENCE = 20.0


@pytest.fixture
def holds(monkeypatch: pytest.MonkeyPatch) -> Holds:
    monkeypatch.setattr(holding, "LOOK_SECONDS", 0.01)
    return Holds()


def test_work_that_lasts_is_held_anew_also_after_a_failure(holds: Holds) -> None:
    renewed = threading.Semaphore(0)
    lasted = 0

    def renew() -> None:
        renewed.release()
        raise OSError

    with holds.held(renew, every=0.01):
        for _ in range(3):
            lasted += renewed.acquire(timeout=PATIENCE)
    assert lasted == 3


def test_several_are_held_at_once_and_each_ends_by_itself(holds: Holds) -> None:
    first, second = threading.Semaphore(0), threading.Semaphore(0)
    with holds.held(first.release, every=0.01):
        with holds.held(second.release, every=0.01):
            assert first.acquire(timeout=PATIENCE)
            assert second.acquire(timeout=PATIENCE)
        for _ in range(3):  # the look under way when the second ended is over
            assert first.acquire(timeout=PATIENCE)
        while second.acquire(blocking=False):
            pass
        for _ in range(3):
            assert first.acquire(timeout=PATIENCE)
        assert not second.acquire(blocking=False)


def test_a_hold_after_a_lull_is_renewed_too(holds: Holds) -> None:
    renewed = threading.Semaphore(0)
    for _ in range(2):
        with holds.held(renewed.release, every=0.01):
            assert renewed.acquire(timeout=PATIENCE)
        while renewed.acquire(blocking=False):
            pass
