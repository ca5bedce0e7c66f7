"""`kyoso bench serve | year | all`: what is measured of the bot, beside the indexer's measurements."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from indexer.terminal import JsonFlag, say, show

bot_bench = typer.Typer()  # its commands stand beside the indexer's under `bench`


@bot_bench.command(
    "serve",
    help=say(
        "質問から回答までの時間とメモリーを測ります。\n\n例: `kyoso bench serve`",
        "Measure the time from question to answer, and memory.\n\nExample: `kyoso bench serve`",
    ),
)
def bench_serve(
    questions: Annotated[int, typer.Option(min=2, max=200, help=say("質問数", "questions"))] = 100,
    as_json: JsonFlag = False,
) -> None:
    """Ask the sample community's bot."""
    from bot.bench import bench_serve as measure

    show(asdict(measure(questions)), as_json=as_json)


@bot_bench.command(
    "year",
    help=say(
        "14,000人のコミュニティの1年を模擬し、未回答への声かけの効きめと公平さを測ります。"
        "1年分で数分かかります。\n\n例: `kyoso bench year --weeks 4`",
        "Play a year of a community of 14,000: what notices of unanswered questions bring, and how fairly they spread."
        " The whole year takes some minutes.\n\nExample: `kyoso bench year --weeks 4`",
    ),
)
def bench_year(
    weeks: Annotated[int, typer.Option(min=1, max=52, help=say("模擬する週の数", "weeks to play"))] = 52,
    into: Annotated[Path | None, typer.Option(help=say("書き出し先", "where its page goes"))] = None,
    as_json: JsonFlag = False,
) -> None:
    """Play a community through a year."""
    from bot.bench_report import write_year
    from bot.year import bench_year as measure

    year = measure(weeks=weeks)
    if into is not None:
        write_year(into, datetime.now(UTC), year, weeks)
    show(asdict(year), as_json=as_json)


@bot_bench.command(
    "all",
    help=say(
        "すべて測り、docs/speed.md と docs/simulated-year.md を書き直します(10分ほど)。\n\n例: `kyoso bench all`",
        "Measure everything and rewrite docs/speed.md and docs/simulated-year.md (some 10 minutes).\n\n"
        "Example: `kyoso bench all`",
    ),
)
def bench_all(
    into: Annotated[Path, typer.Option(help=say("書き出し先", "where the page goes"))] = Path("docs/speed.md"),
    large: Annotated[bool, typer.Option("--large", help=say("10万スレッドでも測る", "100,000 threads too"))] = False,
) -> None:
    """Make every measurement of speed and memory."""
    from bot.bench_report import write_report

    typer.echo(write_report(into, datetime.now(UTC), large=large))
