"""Measures importing: messages a second and peak memory, at two sizes so that growth would show.

Every import runs in a process of its own, on a new database, and is timed from opening the export to the last commit.
"""

from __future__ import annotations

import multiprocessing
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from indexer.corpus import Database
from indexer.evaluation.synthetic import write_export
from indexer.evaluation.synthetic_mattermost import write_bulk_export
from indexer.sources.mattermost_export import import_mattermost
from indexer.sources.slack_export import import_slack

Platform = Literal["slack", "mattermost"]

THREADS = 40_000  # some 200,000 messages
SMALLER = 10  # the first size is this many times smaller


@dataclass(frozen=True, slots=True)
class ImportMeasure:
    """One import: what there was, how long it took, what the whole process held at most, and a second run over it."""

    threads: int
    messages: int
    day_files: int  # none in a bulk export
    seconds: float
    again_seconds: float
    peak_mb: float

    @property
    def messages_per_second(self) -> float:
        """How fast a new export is read."""
        return self.messages / self.seconds

    @property
    def again_per_second(self) -> float:
        """How fast a second run passes over what is known."""
        return self.messages / self.again_seconds


def bench_import(threads: int = THREADS, platform: Platform = "slack") -> tuple[ImportMeasure, ImportMeasure]:
    """Measure the import of a synthetic export of `threads` threads, after one a tenth as large."""
    with tempfile.TemporaryDirectory(prefix="kyoso-bench-") as folder:
        return (
            _measured(Path(folder) / "small", max(1, threads // SMALLER), platform),
            _measured(Path(folder) / "large", threads, platform),
        )


def _measured(folder: Path, threads: int, platform: Platform) -> ImportMeasure:
    folder.mkdir()
    write = write_export if platform == "slack" else write_bulk_export
    written = write(folder / "export.zip", threads)
    # Spawned, not forked: a fork would begin with this process's memory.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as alone:
        seconds, peak_mb = alone.submit(_import, folder, platform).result()
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as alone:
        again, peak_again = alone.submit(_import, folder, platform).result()
    return ImportMeasure(threads, written.messages, written.day_files, seconds, again, max(peak_mb, peak_again))


def _import(folder: Path, platform: Platform) -> tuple[float, float]:
    """Import the export in `folder`: the seconds that took and this process's peak memory in MB."""
    database = Database(f"sqlite:///{folder / 'kyoso.sqlite3'}")
    database.migrate()
    start = time.perf_counter()
    read = import_slack if platform == "slack" else import_mattermost
    read(folder / "export.zip", database, datetime.now(UTC))
    seconds = time.perf_counter() - start
    database.close()
    return seconds, peak_mb()


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
