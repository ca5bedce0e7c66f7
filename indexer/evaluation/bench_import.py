"""Measures importing: messages a second and peak memory, at two sizes so that growth would show, on both platforms.

Every import runs in a process of its own, on a new database, and is timed from opening the export to the last commit.
The platforms take turns with the same members, words and threads, so that neither has the machine to itself.
"""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from indexer.corpus import Database
from indexer.evaluation.memory import peak_mb
from indexer.evaluation.synthetic import SyntheticExport, write_export
from indexer.evaluation.synthetic_mattermost import write_bulk_export
from indexer.sources.mattermost_export import import_mattermost
from indexer.sources.slack_export import import_slack

Platform = Literal["slack", "mattermost"]

PLATFORMS: tuple[Platform, ...] = ("slack", "mattermost")

THREADS = 40_000  # some 200,000 messages
SMALLER = 10  # the first size is this many times smaller
RUNS = 2  # of which the quickest counts: other work on the machine makes figures worse, never better


@dataclass(frozen=True, slots=True)
class ImportMeasure:
    """One import: what there was, how long it took, what the whole process held at most, and a second run over it."""

    threads: int
    messages: int
    day_files: int  # none in a bulk export
    seconds: float
    processor_seconds: float
    again_seconds: float
    peak_mb: float

    @property
    def messages_per_second(self) -> float:
        """How fast a new export is read."""
        return self.messages / self.seconds

    @property
    def per_processor_second(self) -> float:
        """The same by the time that the processor worked at it, which waiting for others does not lengthen."""
        return self.messages / self.processor_seconds

    @property
    def again_per_second(self) -> float:
        """How fast a second run passes over what is known."""
        return self.messages / self.again_seconds


Measures = Mapping[Platform, ImportMeasure]


@dataclass(frozen=True, slots=True)
class _Taken:
    """What one import took."""

    seconds: float
    processor_seconds: float
    peak_mb: float


def bench_import(
    threads: int = THREADS, platforms: Sequence[Platform] = PLATFORMS, runs: int = RUNS
) -> tuple[Measures, Measures]:
    """Measure the import of synthetic exports of `threads` threads, after ones a tenth as large."""
    return _measured(max(1, threads // SMALLER), platforms, runs), _measured(threads, platforms, runs)


def ratio(measured: Measures) -> float:
    """How many of Mattermost's messages take the processor as long as one of Slack's."""
    return measured["mattermost"].per_processor_second / measured["slack"].per_processor_second


def _measured(threads: int, platforms: Sequence[Platform], runs: int) -> Measures:
    with tempfile.TemporaryDirectory(prefix="kyoso-bench-") as name:
        exports = {platform: Path(name) / f"{platform}.zip" for platform in platforms}
        written = {platform: _WRITERS[platform](export, threads) for platform, export in exports.items()}
        taken: dict[Platform, list[_Taken]] = {platform: [] for platform in platforms}
        again: dict[Platform, _Taken] = {}
        for run in range(runs):
            for platform, export in exports.items():
                database = Path(name) / f"{platform}-{run}.sqlite3"
                taken[platform].append(_alone(platform, export, database))
                if run == runs - 1:
                    again[platform] = _alone(platform, export, database)
                database.unlink()
    return {
        platform: ImportMeasure(
            threads,
            written[platform].messages,
            written[platform].day_files,
            min(one.seconds for one in taken[platform]),
            min(one.processor_seconds for one in taken[platform]),
            again[platform].seconds,
            max(one.peak_mb for one in (*taken[platform], again[platform])),
        )
        for platform in platforms
    }


def _alone(platform: Platform, export: Path, database: Path) -> _Taken:
    # Spawned, not forked: a fork would begin with this process's memory.
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as alone:
        return alone.submit(_import, platform, export, database).result()


def _import(platform: Platform, export: Path, at: Path) -> _Taken:
    """Import an export into the database `at`, in this process."""
    database = Database(f"sqlite:///{at}")
    database.migrate()
    start, worked = time.perf_counter(), time.process_time()
    _READERS[platform](export, database, datetime.now(UTC))
    taken = _Taken(time.perf_counter() - start, time.process_time() - worked, peak_mb())
    database.close()
    return taken


_WRITERS: Mapping[Platform, Callable[[Path, int], SyntheticExport]] = {
    "slack": write_export,
    "mattermost": write_bulk_export,
}
_READERS: Mapping[Platform, Callable[[Path, Database, datetime], object]] = {
    "slack": import_slack,
    "mattermost": import_mattermost,
}
