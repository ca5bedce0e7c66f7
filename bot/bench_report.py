"""`kyoso bench all`: makes every measurement and rewrites `docs/speed.md` and `docs/simulated-year.md` with them."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from bot.bench import bench_serve
from bot.year import WEEKS, bench_year
from bot.year_tally import YearMeasure
from indexer.evaluation.bench_import import bench_import, ratio
from indexer.evaluation.bench_search import bench_search, told

SEARCHED = [10_000]
LARGE = [100_000]

HEADS = ("measure", "measured", "target")

HEAD = """# Speed and memory

Rewritten by `make bench`. Measured {day} on {cores} cores, Python {python}; other work on the machine makes figures
worse, never better. Communities are synthetic but for the last table, which plays the sample community as `kyoso demo`
does.

"""

YEAR = """# A simulated year

Rewritten by `make bench` (`kyoso bench year --into docs/simulated-year.md`). Measured {day}, {weeks} weeks: 1,500
municipalities, 14,000 members, 40 ambassadors with leave, hours, quiet days and terms that end, 300 questions a week.
Rules, store (SQLite in a file), schedule and delivery are the real ones, except that the bot looks at what waits every
half hour, not every quarter, and that letters say once in that half hour what happened in it, not after each event;
the process dies at random moments in the middle of its work. Who answers, unasked or told, follows the model stated at
the head of `bot/year_town.py`; its shares are guesses, and so is the difference that notices make. "Without notices"
are the same questions with the answers that they draw by themselves. What must be nought is counted where messages
arrive, against the made-up town, not against what the bot kept.

The year is played by one process on one core. Where other programs share the machine's {cores} cores, the time taken
grows, and so do, on cores that share their innards, the seconds of its own work: the load tells how many wanted to run
while it was played, itself included.

"""


def write_report(path: Path, now: datetime, *, large: bool = False) -> str:
    """Measure everything (some 10 minutes; with `large` some 25), write the pages and return their text."""
    head = HEAD.format(day=f"{now:%Y-%m-%d}", cores=os.cpu_count(), python=platform.python_version())
    text = head + "\n".join((*_importing(), *_searching(SEARCHED + LARGE if large else SEARCHED), *_serving()))
    path.write_text(text, encoding="utf-8")
    return text + write_year(path.with_name("simulated-year.md"), now, bench_year(), WEEKS)


def _importing() -> list[str]:
    lines = []
    for measured in bench_import():
        both = (measured["slack"], measured["mattermost"])
        rows = [
            ("messages a second", *(f"{one.messages_per_second:,.0f}" for one in both), "≥ 3,500"),
            (
                "messages a second of the processor's work",
                *(f"{one.per_processor_second:,.0f}" for one in both),
                f"Mattermost as fast as Slack: {ratio(measured):.2f}",
            ),
            ("the same a second time (all known)", *(f"{one.again_per_second:,.0f}" for one in both), ""),
            ("peak memory", *(f"{one.peak_mb:.0f} MB" for one in both), "does not grow"),
        ]
        heads = ("measure", "Slack", "Mattermost", "target")
        lines += _table(f"Importing {both[0].messages:,} messages (`kyoso bench import`)", rows, heads)
    return lines


def _searching(sizes: Sequence[int]) -> list[str]:
    return [
        line
        for threads in sizes
        for line in _table(
            f"Searching {threads:,} threads (`kyoso bench search --threads {threads}`): 50th / 95th / 99th percentile",
            told(bench_search(threads)),
        )
    ]


def _serving() -> list[str]:
    served = bench_serve()
    rows = [
        ("from nothing to ready", f"{served.ready_seconds:.0f} s", ""),
        ("first question to answer", f"{served.first_ms:.0f} ms", "≤ 10 s"),
        ("later ones, 50th percentile", f"{served.p50_ms:.0f} ms", ""),
        ("later ones, 95th percentile", f"{served.p95_ms:.0f} ms", "≤ 300 ms"),
        ("peak memory, making the index included", f"{served.peak_mb:,.0f} MB", "< 1,000 MB"),
    ]
    return _table("Serving (`kyoso bench serve`)", rows)


def write_year(path: Path, now: datetime, year: YearMeasure, weeks: int) -> str:
    """Write the page of a year of so many weeks and return its text."""
    rows = [
        ("questions", f"{year.questions:,}", ""),
        ("answered within a working day, without notices", f"{year.answered_without:.0%}", ""),
        ("answered within a working day, with notices", f"{year.answered_with:.0%}", ""),
        ("never answered, without notices", f"{year.never_without:.0%}", ""),
        ("never answered, with notices", f"{year.never_with:.0%}", ""),
        ("letters", f"{year.letters:,}", ""),
        ("notices an ambassador, Gini coefficient", f"{year.gini:.2f}", "the lower, the fairer"),
        ("most notices to an ambassador in a day", str(year.most_a_day), "≤ 3"),
        ("days on which somebody's cap was passed", str(year.over_cap), "0"),
        ("messages that came twice", str(year.doubles), "0"),
        ("letters in quiet hours, on leave or days off", str(year.in_quiet_hours), "0"),
        ("notices to who cannot see the channel", str(year.unseen), "0"),
        ("deaths of the process on the way", str(year.crashes), ""),
        ("time taken", f"{year.seconds:.0f} s", "< 120 s for 52 weeks"),
        ("of it work of this process", f"{year.work_seconds:.0f} s", ""),
        ("load of the machine meanwhile", f"{year.load:.1f}", ""),
    ]
    text = YEAR.format(day=f"{now:%Y-%m-%d}", weeks=weeks, cores=os.cpu_count()) + "\n".join(
        _table(f"{weeks} weeks", rows)
    )
    path.write_text(text.rstrip() + "\n", encoding="utf-8")
    return text


def _table(title: str, rows: Sequence[Sequence[str]], heads: Sequence[str] = HEADS) -> list[str]:
    lines = [f"## {title}", "", f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    return [*lines, *(f"| {' | '.join(row)} |" for row in rows), "", ""]
