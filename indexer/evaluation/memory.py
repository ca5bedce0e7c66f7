"""The memory a process holds, as the system tells it."""

from __future__ import annotations

import sys
from pathlib import Path


def held_mb() -> float:
    """The memory this process holds now, in MB; where the system does not tell, the most it has held."""
    return _status("VmRSS:") or peak_mb()


def peak_mb() -> float:
    """The most memory this process has held so far, in MB."""
    # getrusage would count the process that started this one too.
    if peak := _status("VmHWM:"):
        return peak
    import resource  # not on Windows

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 1024


def _status(name: str) -> float | None:
    """A line of Linux's account of this process, in MB."""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith(name))
    return int(line.split()[1]) / 1024
