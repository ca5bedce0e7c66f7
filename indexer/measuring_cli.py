"""The commands that measure: `evaluate` for how good search and routing are, `bench` for speed, memory and reports."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from indexer.errors import BadInputError
from indexer.terminal import JsonFlag, progress, say, show

bench_app = typer.Typer(no_args_is_help=True, help=say("速さとメモリーを測ります。", "Measure speed and memory."))
evaluate_app = typer.Typer(
    no_args_is_help=True, help=say("検索と案内の質を測ります。", "Measure how good search and routing are.")
)
Threads = Annotated[int, typer.Option(min=10, help=say("スレッド数", "threads of the synthetic community"))]


@evaluate_app.command(
    "routing",
    help=say(
        "コーパスの unit を学習し、質問ごとに順位を付けて書き出します。\n\n"
        "例: `kyoso evaluate routing --corpus C.jsonl --queries Q.jsonl --out ROUTED.jsonl`",
        "Learn `unit` from a corpus and rank the units for each query.\n\n"
        "Example: `kyoso evaluate routing --corpus C.jsonl --queries Q.jsonl --out ROUTED.jsonl`",
    ),
)
def evaluate_routing(
    corpus: Annotated[Path, typer.Option(help=say("文書(JSONL)", "documents: _id, title, text, unit"))],
    queries: Annotated[Path, typer.Option(help=say("質問(JSONL)", "questions: _id, text"))],
    out: Annotated[Path, typer.Option(help=say("書き出し先(JSONL)", "where to write _id, labels"))],
    as_json: JsonFlag = False,
) -> None:
    """Route queries by what a labelled corpus teaches; nothing of the community's own data is touched."""
    from indexer.evaluation.routing import route

    with progress(say("案内", "routing")) as advance:
        done = route(corpus, queries, out, advance)
    show(asdict(done), as_json=as_json)


@bench_app.command(
    "import",
    help=say(
        "取り込みの速さとメモリーを測ります。\n\n例: `kyoso bench import --threads 40000`",
        "Measure importing: messages a second, memory.\n\nExample: `kyoso bench import --threads 40000`",
    ),
)
def bench_import(threads: Threads = 40_000, as_json: JsonFlag = False) -> None:
    """Import synthetic exports of two sizes."""
    from indexer.evaluation.bench_import import bench_import as measure

    small, large = measure(threads)
    show(
        {
            name: asdict(one) | {"messages_per_second": round(one.messages_per_second)}
            for name, one in (("small", small), ("large", large))
        },
        as_json=as_json,
    )


@bench_app.command(
    "search",
    help=say(
        "検索の速さとメモリーを測ります。\n\n例: `kyoso bench search --threads 10000`",
        "Measure searching: time a question, memory.\n\nExample: `kyoso bench search --threads 10000`",
    ),
)
def bench_search(threads: Threads = 10_000, as_json: JsonFlag = False) -> None:
    """Search a synthetic community."""
    from indexer.evaluation.bench_search import bench_search as measure

    show(asdict(measure(threads)), as_json=as_json)


@evaluate_app.command(
    "ranking",
    help=say(
        "BEIR 形式の文書と質問で検索の良さを測るための TREC run を書きます(コミュニティのデータには触れません)。\n\n"
        "例: `kyoso evaluate ranking --corpus C.jsonl --queries Q.jsonl --run OUT.trec`",
        "Write a TREC run over a BEIR-style corpus, indexed on its own.\n\n"
        "Example: `kyoso evaluate ranking --corpus C.jsonl --queries Q.jsonl --run OUT.trec`",
    ),
)
def evaluate_ranking(  # noqa: PLR0913 - a command's options are its parameters
    corpus: Annotated[Path, typer.Option(help='{"_id", "title", "text"}')],
    queries: Annotated[Path, typer.Option(help='{"_id", "text"}')],
    run: Annotated[Path, typer.Option(help=say("書き出す TREC run", "the TREC run to write"))],
    feedback: Annotated[Path | None, typer.Option(help=say("学習するラベル", "labels to learn from (qrels)"))] = None,
    feedback_queries: Annotated[Path | None, typer.Option(help=say("その質問", "their queries"))] = None,
    encoder: Annotated[str, typer.Option(help=say("エンコーダー", "the encoder"))] = "community",
    as_json: JsonFlag = False,
) -> None:
    """Index a corpus on its own and answer every query."""
    from indexer.evaluation import ranking as evaluation

    if (feedback is None) != (feedback_queries is None):
        raise BadInputError(what="--feedback, --feedback-queries: both or neither")
    with progress(say("質問", "asking")) as advance:
        done = evaluation.evaluate(
            evaluation.Task(corpus, queries, run, feedback, feedback_queries, encoder), progress=advance
        )
    show(asdict(done), as_json=as_json)
