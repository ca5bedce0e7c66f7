"""Measures search: how long one question takes, how long the index and its encoder take to make, and the memory held.

The community is synthetic, so this says nothing about how good the hits are. Everything runs in a process of its own.
"""

from __future__ import annotations

import multiprocessing
import random
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from indexer import bootstrap
from indexer.config import Settings
from indexer.corpus import Corpus, Database
from indexer.evaluation.bench_import import peak_mb
from indexer.evaluation.synthetic import write_export
from indexer.model import Query
from indexer.sources.slack_export import import_slack

THREADS = 10_000
QUESTIONS = 500
WARMING = 20  # questions asked before the clock counts: caches fill as they would within a minute of serving
SHORTEST, LONGEST = 10, 120  # characters of a question


@dataclass(frozen=True, slots=True)
class SearchMeasure:
    """One community: milliseconds a question at the 50th, 95th and 99th percentile, seconds to make, MB at most.

    `cpu_p95_ms`: of the asking thread's own work, which other programs on the machine hardly touch.
    """

    threads: int
    p50_ms: float
    p95_ms: float
    p99_ms: float
    cpu_p95_ms: float
    index_seconds: float
    open_seconds: float
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
        taken, worked = [], []
        for number, text in enumerate(_questions(database, seed)):
            begun, busy = time.perf_counter(), time.thread_time()
            search.similar(Query(text))
            if number >= WARMING:
                taken.append((time.perf_counter() - begun) * 1000)
                worked.append((time.thread_time() - busy) * 1000)
    p50, p95, p99 = np.percentile(taken, (50, 95, 99)).tolist()
    cpu = float(np.percentile(worked, 95))
    return SearchMeasure(len(search), p50, p95, p99, cpu, indexed - start, opened - indexed, peak_mb())


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
