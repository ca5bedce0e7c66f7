"""Measures search: how long one question takes, how long the index and its encoder take to make, and the memory held.

The community is synthetic, so this says nothing about how good the hits are. Everything runs in a process of its own.
"""

from __future__ import annotations

import multiprocessing
import random
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from indexer import bootstrap
from indexer.config import Settings
from indexer.corpus import Corpus, Database
from indexer.evaluation.bench_import import held_mb, peak_mb
from indexer.evaluation.synthetic import write_export
from indexer.model import Message, MessageRef, Query
from indexer.search import Search
from indexer.sources.slack_export import import_slack

THREADS = 10_000
QUESTIONS = 500
WARMING = 20  # questions asked before the clock counts: caches fill as they would within a minute of serving
SHORTEST, LONGEST = 10, 120  # characters of a question
STAGES = ("tokenise", "encode", "follow", "retrieve", "rank", "read")
FOLLOWED = 20  # new threads taken in
ASKER = "383562"  # 上島町: an asker's municipality ranks, and so costs, as in service


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Milliseconds at the 50th, 95th and 99th percentile."""

    p50: float
    p95: float
    p99: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Percentiles:
        """Of durations in seconds."""
        return cls(*(round(1000 * float(value), 2) for value in np.percentile(seconds, (50, 95, 99))))


@dataclass(frozen=True, slots=True)
class SearchMeasure:
    """One community: what a question takes, seconds to make and open the index, MB at most.

    `cpu` and `stages` count the asking thread's own work, which other programs on the machine hardly touch.
    `following`: milliseconds of work to take in one new thread, at the median.
    """

    threads: int
    wall: Percentiles
    cpu: Percentiles
    stages: dict[str, Percentiles]
    following_ms: float
    index_seconds: float
    open_seconds: float
    serving_mb: float
    peak_mb: float


def bench_search(threads: int = THREADS, seed: int = 1) -> SearchMeasure:
    """Measure search over a synthetic community of `threads` threads."""
    with (
        tempfile.TemporaryDirectory(prefix="kyoso-bench-") as folder,
        ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as alone,
    ):
        return alone.submit(_measured, Path(folder), threads, seed).result()


def _measured(folder: Path, threads: int, seed: int) -> SearchMeasure:
    settings = Settings(data_dir=folder)
    write_export(folder / "export", threads, seed)
    with bootstrap.database(settings) as database:
        import_slack(folder / "export", database, datetime.now(UTC))
        start = time.perf_counter()
        bootstrap.build(settings, database).builder.index()
        indexed = time.perf_counter()
        search = bootstrap.open_search(settings, database)
        opened = time.perf_counter()
        asked = _questions(database, seed)
        for text in asked[:WARMING]:
            search.similar(Query(text))
        taken = [_timed(search, text) for text in asked[WARMING:]]
        following = [_followed(search, database, text) for text in asked[:FOLLOWED]]
    return SearchMeasure(
        len(search),
        Percentiles.of([one.wall for one in taken]),
        Percentiles.of([sum(one.stages.values()) for one in taken]),
        {stage: Percentiles.of([one.stages.get(stage, 0.0) for one in taken]) for stage in STAGES},
        round(1000 * float(np.median(following)), 2),
        indexed - start,
        opened - indexed,
        held_mb(),
        peak_mb(),
    )


@dataclass(frozen=True, slots=True)
class _Taken:
    """Seconds of one question: on the wall, and of work by stage."""

    wall: float
    stages: dict[str, float]


def _timed(search: Search, text: str) -> _Taken:
    stages: dict[str, float] = {}
    last = time.thread_time()

    def lap(stage: str) -> None:
        nonlocal last
        now = time.thread_time()
        stages[stage], last = now - last, now

    search.lap = lap
    begun = time.perf_counter()
    search.similar(Query(text, municipality=ASKER))
    return _Taken(time.perf_counter() - begun, stages)


def _followed(search: Search, database: Database, text: str) -> float:
    """Seconds of this process's work to take in a new thread, tantivy's own threads included."""
    now = datetime.now(UTC)
    with database.begin() as connection:
        corpus = Corpus(connection)
        room = corpus.channels()[0]
        ref = MessageRef(room.workspace_id, room.id, f"{now.timestamp():.6f}")
        corpus.record([Message(ref, ref, "U0BENCH", text, now)], now)
    begun = time.process_time()
    search.catch_up()
    return time.process_time() - begun


def _questions(database: Database, seed: int) -> list[str]:
    """Parts of questions that were asked, as a new asker would repeat them, none of them twice."""
    chance = random.Random(seed)  # noqa: S311 - a measurement must be repeatable
    with database.read() as connection:
        corpus = Corpus(connection)
        ids = [change.thread_id for change in corpus.changed_since(0)]
        asked = corpus.threads(chance.sample(ids, min(len(ids), QUESTIONS + WARMING)))
    texts = []
    for thread in asked:
        text = thread.root.text
        start = chance.randrange(max(1, len(text) - SHORTEST))
        texts.append(text[start : start + chance.randint(SHORTEST, LONGEST)])
    return texts
