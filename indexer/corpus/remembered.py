"""Threads as the corpus last had them: reading five back takes more time than finding them."""

from __future__ import annotations

import threading
from collections.abc import Sequence

from indexer.model import Thread

MOST = 5_000  # threads, some 25 MB


class Remembered:
    """Threads kept by readers that saw the newest position known, and dropped as soon as they change."""

    def __init__(self) -> None:
        self._threads: dict[int, Thread] = {}
        self._newest = 0
        self._lock = threading.Lock()

    def get(self, thread_ids: Sequence[int]) -> dict[int, Thread]:
        """Those of these threads that are known."""
        with self._lock:
            return {number: thread for number in thread_ids if (thread := self._threads.get(number)) is not None}

    def keep(self, threads: Sequence[Thread], position: int) -> None:
        """Keep threads as they were at `position`."""
        with self._lock:
            if position != self._newest:
                return
            self._threads.update((thread.id, thread) for thread in threads)
            while len(self._threads) > MOST:
                del self._threads[next(iter(self._threads))]

    def forget(self, thread_ids: Sequence[int], position: int) -> None:
        """Drop threads that changed at `position` or before."""
        with self._lock:
            self._newest = max(position, self._newest)
            for thread_id in thread_ids:
                self._threads.pop(thread_id, None)
