"""What `kyoso bench alternatives` tells: a row for each engine and size, kept beside rows measured before."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

ROUNDS = 3  # in which every question is asked: the least tells what an engine takes where others share the machine
HEAD = (
    *("threads", "", "nDCG@10", "recall@10", "p50", "p95", f"p95, least of {ROUNDS}", "its work"),
    *("words and vector given", "build", "peak memory"),
)


@dataclass(frozen=True, slots=True)
class Beside:
    """One engine on one corpus. `ndcg`, `recall`: None where nothing tells what is right.

    `p50_ms`, `p95_ms`: each question asked once, on the wall; `least_ms`: the 95th percentile of the least of ROUNDS
    times; `work_ms`: that of the processor time of all its threads, likewise; `given_ms`: that on the wall once a
    question's words and vector are there, likewise.
    """

    engine: str
    threads: int
    p50_ms: float
    p95_ms: float
    least_ms: float
    work_ms: float
    given_ms: float
    build_seconds: float
    peak_mb: float
    ndcg: float | None = None
    recall: float | None = None


def table(rows: Sequence[Beside], before: str = "") -> str:
    """The figures, engine by engine, for each size; of the table `before`, sizes that were not measured now stay."""
    lines = [
        f"| {' | '.join(HEAD)} |",
        "|" + "---|" * len(HEAD),
    ]
    for row in rows:
        good = [f"{value:.3f}".removeprefix("0") if value is not None else "–" for value in (row.ndcg, row.recall)]
        times = (row.p50_ms, row.p95_ms, row.least_ms, row.work_ms, row.given_ms)
        cells = (
            *(f"{row.threads:,}", row.engine, *good, *(f"{value:.1f} ms" for value in times)),
            *(f"{row.build_seconds:.1f} s", f"{row.peak_mb:,.0f} MB"),
        )
        lines.append(f"| {' | '.join(cells)} |")
    head, now = lines[:2], lines[2:]
    old = before.splitlines()
    if old[:2] == head:
        measured = {_size(line) for line in now}
        now += [line for line in old[2:] if _size(line) not in measured]
    return "\n".join([*head, *sorted(now, key=_size)])


def _size(line: str) -> int:
    return int(line.split("|")[1].replace(",", ""))
