"""The commands of `kyoso bench`: speed, memory, and the reports in `docs/`."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from indexer.errors import BadInputError
from indexer.terminal import JsonFlag, progress, say, show

PAGE = Path("docs/retrieval.md")
FAQ = Path("../shared/data/localgovfaq")  # beside the checkout; it may not be redistributed
RUNS = Path("build/runs")
SIZES = [10_000]
LARGE = 100_000

bench_app = typer.Typer(no_args_is_help=True, help=say("速さとメモリーを測ります。", "Measure speed and memory."))
Kept = Annotated[
    Path | None,
    typer.Option(help=say("作ったものを残すフォルダ(次回も使う)", "keep what is made here, and use it the next time")),
]
Threads = Annotated[int, typer.Option(min=10, help=say("スレッド数", "threads of the synthetic community"))]


@bench_app.command(
    "import",
    help=say(
        "Slack と Mattermost の取り込みの速さとメモリーを並べて測ります。\n\n例: `kyoso bench import --threads 40000`",
        "Measure importing from Slack and Mattermost: messages a second, memory.\n\n"
        "Example: `kyoso bench import --threads 40000`",
    ),
)
def bench_import(
    threads: Threads = 40_000,
    platform: Annotated[str, typer.Option(help="slack | mattermost | both")] = "both",
    as_json: JsonFlag = False,
) -> None:
    """Import synthetic exports of two sizes."""
    from indexer.evaluation.bench_import import PLATFORMS, ratio
    from indexer.evaluation.bench_import import bench_import as measure

    chosen = [one for one in PLATFORMS if platform in (one, "both")]
    if not chosen:
        raise BadInputError(what=f"--platform {platform} (slack | mattermost | both)")
    sizes = dict(zip(("small", "large"), measure(threads, chosen), strict=True))
    told: dict[str, dict[str, object]] = {
        one: {
            size: asdict(measured[one])
            | {
                "messages_per_second": round(measured[one].messages_per_second),
                "per_processor_second": round(measured[one].per_processor_second),
            }
            for size, measured in sizes.items()
        }
        for one in chosen
    }
    if len(chosen) == 1:
        show(told[chosen[0]], as_json=as_json)
        return
    compared = {"ratio": {size: round(ratio(measured), 3) for size, measured in sizes.items()}}
    if as_json:
        show(told | compared, as_json=True)
        return
    for one in chosen:
        typer.echo(one)
        show(told[one], as_json=False)
    show(compared, as_json=False)


@bench_app.command(
    "search",
    help=say(
        "検索の速さとメモリーを測ります。\n\n例: `kyoso bench search --threads 10000`",
        "Measure searching: time a question, memory.\n\nExample: `kyoso bench search --threads 10000`",
    ),
)
def bench_search(
    threads: Threads = 10_000,
    kept: Kept = None,
    as_json: JsonFlag = False,
) -> None:
    """Search a synthetic community."""
    from indexer.evaluation.bench_search import bench_search as measure
    from indexer.evaluation.bench_search import told

    found = measure(threads, kept=kept)
    if as_json:
        show(asdict(found), as_json=True)
        return
    for what, figure, target in told(found):
        typer.echo(f"| {what} | {figure} | {target} |")


@bench_app.command(
    "retrieval",
    help=say(
        "検索の質を測り、docs/retrieval.md の表を書き直します(20分ほど)。\n\n例: `kyoso bench retrieval`",
        "Measure how good search is and rewrite the tables of docs/retrieval.md (some 20 minutes).\n\n"
        "Example: `kyoso bench retrieval`",
    ),
)
def bench_retrieval(
    into: Annotated[Path, typer.Option(help=say("書き直すページ", "the page to rewrite"))] = PAGE,
    faq: Annotated[Path, typer.Option(help=say("自治体FAQのフォルダ", "the municipal FAQ's folder"))] = FAQ,
    runs: Annotated[Path, typer.Option(help=say("run を書くフォルダ", "where runs are written"))] = RUNS,
    quick: Annotated[bool, typer.Option("--quick", help=say("要素ごとの比較を省く", "no ablations"))] = False,
) -> None:
    """Make every measurement of quality."""
    from indexer.evaluation.ablation import Plan, ablate
    from indexer.evaluation.retrieval import measure
    from indexer.evaluation.retrieval_page import publish

    there = faq if faq.is_dir() else None
    if there is None:
        typer.echo(
            say(f"{faq} がないため、見本のコミュニティだけを測ります。", f"no {faq}: the sample alone"), err=True
        )
    figures = measure(there, runs)
    with progress(say("要素ごとの比較", "ablations")) as advance:
        outcomes = [] if quick else ablate(Plan(there, runs), advance)
    for table in publish(into, figures, outcomes):
        typer.echo(table + "\n")
    if there is not None:
        typer.echo(say(f"run: {runs} (score_run.py で同じ値になります)", f"runs: {runs}"))


@bench_app.command(
    "alternatives",
    help=say(
        "LanceDB・txtai・bm25s・tantivy と並べて測り、docs/retrieval.md の表を書き直します(10分ほど)。\n\n"
        "例: `kyoso bench alternatives`",
        "Measure beside LanceDB, txtai, bm25s and tantivy and rewrite docs/retrieval.md's table.\n\n"
        "Example: `kyoso bench alternatives`",
    ),
)
def bench_alternatives(  # noqa: PLR0913 - a command's options are its parameters
    into: Annotated[Path, typer.Option(help=say("書き直すページ", "the page to rewrite"))] = PAGE,
    faq: Annotated[Path, typer.Option(help=say("自治体FAQのフォルダ", "the municipal FAQ's folder"))] = FAQ,
    threads: Annotated[list[int], typer.Option(help=say("スレッド数", "threads of synthetic communities"))] = SIZES,
    large: Annotated[bool, typer.Option("--large", help=say("10万スレッドでも測る", "100,000 threads too"))] = False,
    kept: Kept = None,
    as_json: JsonFlag = False,
) -> None:
    """Quality, time and memory side by side."""
    from indexer.evaluation.alternatives import beside
    from indexer.evaluation.alternatives_table import table
    from indexer.evaluation.retrieval_page import part, rewrite

    there = faq if faq.is_dir() else None
    sizes = [size for size in (*threads, *((LARGE,) if large else ())) if size > 0]
    rows = beside(there, sizes, lambda line: typer.echo(line, err=True), kept)
    if as_json:
        show({"rows": [asdict(row) for row in rows]}, as_json=True)
    else:
        typer.echo(table(rows))
    if into.exists():
        page = into.read_text(encoding="utf-8")
        page = rewrite(page, {"alternatives": table(rows, part(page, "alternatives"))})
        into.write_text(page, encoding="utf-8")
