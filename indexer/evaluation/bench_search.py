"""Measures search: how long one question takes, how long the index and its encoder take to make, and the memory held.

The community is synthetic, so this says nothing about how good the hits are. Everything runs in a process of its own.
"""

from __future__ import annotations

import multiprocessing
import tempfile
import time
from collections.abc import Collection, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from indexer import bootstrap
from indexer.config import Settings
from indexer.corpus import Corpus, Database
from indexer.evaluation.memory import held_mb, peak_mb
from indexer.evaluation.synthetic import write_export
from indexer.evaluation.timing import NAMED, STAGES, Percentiles, Stopwatch, excerpts, load
from indexer.model import Message, MessageRef, Query
from indexer.search import Search
from indexer.sources.slack_export import import_slack

THREADS = 10_000
WARMING = 100  # questions asked before the clock counts: caches fill as they would within an hour of serving
QUESTIONS = 600  # more than the words of which are remembered (`indexer.text.tokens`), so that each is cut anew
ROUNDS = 3  # in each every question is asked of a search opened anew: nothing is read back from memory
FOLLOWED = 20  # new threads taken in
TARGETS = {10_000: "≤ 6 ms at the 95th", 100_000: "≤ 8 ms at the 95th"}
ASKER = "383562"  # 上島町: an asker's municipality ranks, and so costs, as in service


@dataclass(frozen=True, slots=True)
class Span:
    """What something took on the wall, and of the asking thread's own work, which other programs hardly touch."""

    wall: Percentiles
    cpu: Percentiles


@dataclass(frozen=True, slots=True)
class Timing:
    """The whole of a question, the NAMED stages together, and each stage."""

    whole: Span
    named: Span
    stages: dict[str, Span]


@dataclass(frozen=True, slots=True)
class SearchMeasure:
    """One community: what a question takes, seconds to make and open the index, MB at most.

    `once`: every question asked once. `least`: the least of ROUNDS times for each question, which tells what the
    search itself takes where other programs share the machine. `load`: at the beginning and end of asking.
    `following_ms`: milliseconds of work, tantivy's own threads included, of a question asked right after a new thread
    came: that is taken in first. `index_seconds`: None for an index that was there.
    """

    threads: int
    once: Timing
    least: Timing
    load: tuple[float, float]
    following_ms: float
    index_seconds: float | None
    open_seconds: float
    serving_mb: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class _Taken:
    """Seconds of one question by stage: on the wall, and of work."""

    wall: dict[str, float]
    cpu: dict[str, float]


def bench_search(threads: int = THREADS, seed: int = 1, kept: Path | None = None) -> SearchMeasure:
    """Measure search over a synthetic community of `threads` threads.

    `kept`: a folder that keeps the community and its index; what an earlier run made there is used again.
    """
    with (
        tempfile.TemporaryDirectory(prefix="kyoso-bench-") as folder,
        ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as alone,
    ):
        return alone.submit(_measured, kept or Path(folder), threads, seed).result()


def _measured(folder: Path, threads: int, seed: int) -> SearchMeasure:
    settings = Settings(data_dir=folder, database_url="")
    with bootstrap.database(settings) as database:
        made = _made(settings, database, threads, seed)
        begun = time.perf_counter()
        search = bootstrap.open_search(settings, database)
        opened = time.perf_counter() - begun
        asked = list(excerpts(database, QUESTIONS + WARMING, seed).values())
        before, rounds = load(), [_round(search, asked)]
        serving, following = held_mb(), [_followed(search, database, text) for text in asked[:FOLLOWED]]
        many = len(search)
        for _ in range(ROUNDS - 1):
            del search  # one at a time: memory is for one
            search = bootstrap.open_search(settings, database)
            rounds.append(_round(search, asked))
    return SearchMeasure(
        many,
        _timing(rounds[:1]),
        _timing(rounds),
        (before, load()),
        round(1000 * float(np.median(following)), 2),
        made,
        opened,
        serving,
        peak_mb(),
    )


def _made(settings: Settings, database: Database, threads: int, seed: int) -> float | None:
    """Seconds to make encoder and index of a new community; None where they were there."""
    if settings.index_dir.exists():
        return None
    export = settings.data_dir / "export"
    write_export(export, threads, seed)
    import_slack(export, database, datetime.now(UTC))
    begun = time.perf_counter()
    bootstrap.build(settings, database).builder.index()
    return time.perf_counter() - begun


def _round(search: Search, asked: Sequence[str]) -> list[_Taken]:
    watch, taken = Stopwatch(), []
    search.lap = watch.lap
    for text in asked:
        watch.start()
        search.similar(Query(text, municipality=ASKER))
        taken.append(_Taken(watch.wall, watch.cpu))
    return taken[WARMING:]


def _timing(rounds: Sequence[Sequence[_Taken]]) -> Timing:
    """The least of the rounds for each question; of one round, what it was."""
    return Timing(_span(rounds, STAGES), _span(rounds, NAMED), {stage: _span(rounds, (stage,)) for stage in STAGES})


def _span(rounds: Sequence[Sequence[_Taken]], stages: Collection[str]) -> Span:
    questions = list(zip(*rounds, strict=True))
    return Span(
        Percentiles.of([min(sum(one.wall[stage] for stage in stages) for one in taken) for taken in questions]),
        Percentiles.of([min(sum(one.cpu[stage] for stage in stages) for one in taken) for taken in questions]),
    )


def _followed(search: Search, database: Database, text: str) -> float:
    """Seconds of this process's work to take in a new thread and answer a question."""
    now = datetime.now(UTC)
    with database.begin() as connection:
        corpus = Corpus(connection)
        room = corpus.channels()[0]
        ref = MessageRef(room.workspace_id, room.id, f"{now.timestamp():.6f}")
        corpus.record([Message(ref, ref, "U0BENCH", text, now)], now)
    begun = time.process_time()
    search.similar(Query(text))
    return time.process_time() - begun


def told(found: SearchMeasure) -> list[tuple[str, str, str]]:
    """Rows of a table: what was measured, how much it is, what it should be."""
    target = TARGETS.get(min(TARGETS, key=lambda size: abs(size - found.threads)), "")
    rows = [
        ("tokenise, encode, retrieve, rank: on the wall, each question once", _figures(found.once.named.wall), target),
        (f"… the least of {ROUNDS} times", _figures(found.least.named.wall), ""),
        ("… of work, once", _figures(found.once.named.cpu), ""),
        (f"… of work, the least of {ROUNDS}", _figures(found.least.named.cpu), ""),
        ("the whole question, following and reading too: on the wall, once", _figures(found.once.whole.wall), ""),
        (f"… the least of {ROUNDS} times", _figures(found.least.whole.wall), ""),
        ("… of work, once", _figures(found.once.whole.cpu), ""),
        *((f"{name}: of work, once", _figures(stage.cpu), "") for name, stage in found.once.stages.items()),
        ("a question right after a new thread, of work, at the median", f"{found.following_ms:.1f} ms", ""),
        ("load of the machine before and after asking", f"{found.load[0]} / {found.load[1]}", ""),
    ]
    if found.index_seconds is not None:
        rows.append(("making encoder and index", f"{found.index_seconds:.0f} s", ""))
    loading = "" if found.index_seconds is not None else ", libraries loaded too"
    rows.append((f"opening the index{loading}", f"{found.open_seconds:.1f} s", ""))
    rows.append(("memory while serving", f"{found.serving_mb:,.0f} MB", ""))
    if found.index_seconds is not None:
        rows.append(("peak memory, making included", f"{found.peak_mb:,.0f} MB", ""))
    return rows


def _figures(found: Percentiles) -> str:
    return f"{found.p50:.1f} / **{found.p95:.1f}** / {found.p99:.1f} ms"
