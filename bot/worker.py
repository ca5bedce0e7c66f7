"""A thread that works whenever it is woken, and every so often in case nobody woke it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import structlog

POLL_SECONDS = 0.5  # how long a missed wake-up can delay work

log = structlog.get_logger(__name__)


class Worker:
    """Runs `work` in a thread until stopped, at once when woken and every POLL_SECONDS otherwise."""

    def __init__(self, name: str, work: Callable[[], int]) -> None:
        self._work = work
        self._awake = threading.Event()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin to work."""
        self._thread.start()

    def wake(self) -> None:
        """There may be something to do."""
        self._awake.set()

    def stop(self, timeout: float = 4.0) -> None:
        """Finish what is in hand, then end."""
        self._stopping.set()
        self._awake.set()
        self._thread.join(timeout)

    @property
    def alive(self) -> bool:
        """Whether the thread is running."""
        return self._thread.is_alive()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                busy = self._work() > 0
            except Exception:  # the boundary: the database may be away for a moment
                log.exception("worker failed", worker=self._thread.name)
                busy = False
            if not busy:
                self._awake.wait(POLL_SECONDS)
            self._awake.clear()
