"""Quiet hours: when a member does not want to be written to unasked. What comes meanwhile waits until they end.

A member's preference `quiet` is 「18-8」: from 18:00 to 8:00 of the community's time zone; empty or `off` for none.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta, tzinfo

from bot.store import WorkInProgress

PREFERENCE = "quiet"
_HOURS = re.compile(r"(\d{1,2})-(\d{1,2})")
LAST_HOUR = 23


def ends(value: str, at: datetime, zone: tzinfo) -> datetime:
    """When somebody with these quiet hours may be written to: `at` itself, or the end of the hours it falls in."""
    found = _HOURS.fullmatch(value)
    if found is None:
        return at
    begins, until = int(found[1]), int(found[2])
    if begins == until or max(begins, until) > LAST_HOUR:
        return at
    here = at.astimezone(zone)
    over_night = begins > until
    quiet = (here.hour >= begins or here.hour < until) if over_night else begins <= here.hour < until
    if not quiet:
        return at
    day = here.date() + timedelta(days=1 if over_night and here.hour >= begins else 0)
    return datetime.combine(day, time(until), zone).astimezone(UTC)


def due(work: WorkInProgress, workspace_id: str, member_id: str, at: datetime, zone: tzinfo) -> datetime:
    """When a member may be written to."""
    return ends(work.preferences.get(workspace_id, member_id, PREFERENCE), at, zone)
