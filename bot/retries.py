"""When what failed is tried again, and how long what is in hand on its way in or out is held."""

from __future__ import annotations

from datetime import datetime, timedelta

from bot.errors import PlatformBusyError

ATTEMPTS = 8  # of what fails for no known reason
# Of what fails since the platform is away: after an hour nobody waits for the answer any more.
OUTAGE_ATTEMPTS = 120
LONGEST_PAUSE = 30.0  # seconds between two tries; before that they double from 2 s
HOLD = timedelta(seconds=10)  # how long after a crash the work in hand lies idle
HOLD_AGAIN_SECONDS = 3.0  # a process that lives renews its hold this often


def again(now: datetime, attempts: int, error: Exception) -> datetime:
    """When to try again: as the platform asks, else after pauses that double from 2 s to LONGEST_PAUSE."""
    asked = error.seconds if isinstance(error, PlatformBusyError) else 0.0
    return now + timedelta(seconds=max(asked, min(LONGEST_PAUSE, 2.0 ** (attempts + 1))))
