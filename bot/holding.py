"""Holds on what is in hand, renewed for as long as the work on it lasts. One thread renews all of a process's.

The thread lives while there is something to hold; most work ends long before the first renewal, and a thread for each
piece of it would cost more than the rest of the bookkeeping.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import structlog

LOOK_SECONDS = 1.0  # how late a renewal may come

log = structlog.get_logger(__name__)


@dataclass
class _Held:
    """Something in hand: how to renew its hold, how often, when next (seconds of the monotonic clock)."""

    renew: Callable[[], None]
    every: float
    due: float


class Holds:
    """Renews holds in a thread of its own."""

    def __init__(self) -> None:
        self._held: list[_Held] = []
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    @contextmanager
    def held(self, renew: Callable[[], None], every: float) -> Iterator[None]:
        """Call `renew` every so many seconds for as long as the block takes."""
        held = _Held(renew, every, time.monotonic() + every)
        with self._lock:
            self._held.append(held)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="holds", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                self._held = [other for other in self._held if other is not held]

    def _run(self) -> None:
        while True:
            time.sleep(LOOK_SECONDS)
            with self._lock:
                held = list(self._held)
                if not held:
                    self._thread = None
                    return
            for one in held:
                if time.monotonic() >= one.due:
                    self._renew(one)

    def _renew(self, held: _Held) -> None:
        held.due = time.monotonic() + held.every
        try:
            held.renew()
        except Exception:  # the boundary: the database may be away for a moment
            log.exception("hold not renewed")


holds = Holds()
