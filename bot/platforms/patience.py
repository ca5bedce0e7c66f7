"""Long readings outlast what a short call would report: limits are waited for, and a few failures passed over."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from bot.errors import PlatformBusyError, PlatformError

T = TypeVar("T")
PAUSES = (1.0, 5.0, 15.0, 60.0)  # seconds between attempts; a server that restarts is back by then


def patiently(call: Callable[[], T], sleep: Callable[[float], None]) -> T:
    """What `call` answers in the end. Raises PlatformError where it fails for good, PlatformRefusedError at once."""
    pauses = iter(PAUSES)
    while True:
        try:
            return call()
        except PlatformBusyError as busy:
            sleep(busy.seconds)
        except PlatformError:
            pause = next(pauses, None)
            if pause is None:
                raise
            sleep(pause)
