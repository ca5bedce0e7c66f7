"""The commands that measure: `evaluate` for how good search and routing are, `bench` for speed, memory and reports."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from indexer.config import Settings
from indexer.encoders.models import COMMUNITY
from indexer.errors import BadInputError
from indexer.terminal import JsonFlag, progress, say, show

PAGE = Path("docs/retrieval.md")
FAQ = Path("../shared/data/localgovfaq")  # beside the checkout; it may not be redistributed
RUNS = Path("build/runs")
SIZES = [10_000]
LARGE = 100_000

bench_app = typer.Typer(no_args_is_help=True, help=say("速さとメモリーを測ります。", "Measure speed and memory."))
evaluate_app = typer.Typer(
    no_args_is_help=True, help=say("検索と案内の質を測ります。", "Measure how good search and routing are.")
)
Kept = Annotated[
    Path | None,
    typer.Option(help=say("作ったものを残すフォルダ(次回も使う)", "keep what is made here, and use it the next time")),
]
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


@evaluate_app.command(
    "feedback",
    help=say(
        "ラベルから学んだ検索を5分割で測ります(run も書きます)。\n\n"
        "例: `kyoso evaluate feedback --corpus C.jsonl --queries Q.jsonl --labels QRELS.tsv --run OUT.trec`",
        "Measure five-fold what labels teach the search, and write the run.\n\n"
        "Example: `kyoso evaluate feedback --corpus C.jsonl --queries Q.jsonl --labels QRELS.tsv --run OUT.trec`",
    ),
)
def evaluate_feedback(  # noqa: PLR0913 - a command's options are its parameters
    corpus: Annotated[Path, typer.Option(help='{"_id", "title", "text"}')],
    queries: Annotated[Path, typer.Option(help='{"_id", "text"}')],
    labels: Annotated[Path, typer.Option(help="qrels")],
    run: Annotated[Path, typer.Option(help=say("書き出す TREC run", "the TREC run to write"))],
    seed: Annotated[int, typer.Option(help=say("分割の種", "seed of the split"))] = 0,
    as_json: JsonFlag = False,
) -> None:
    """Answer every query by what was learnt from the labels of the other four fifths."""
    from indexer.evaluation.files import read_documents, read_labels, read_queries, write_run
    from indexer.evaluation.ranking import five_fold, indexed
    from indexer.evaluation.retrieval import quality_of

    asked, given = read_queries(queries), read_labels(labels)
    with indexed(read_documents(corpus)) as made:
        answers = five_fold(made, asked, given, seed)
    write_run(run, answers)
    show(asdict(quality_of(answers, given)), as_json=as_json)


@evaluate_app.command(
    "sample",
    help=say(
        "見本のコミュニティで検索と確信度を測ります。\n\n例: `kyoso evaluate sample --json`",
        "Measure search and confidence on the sample community.\n\nExample: `kyoso evaluate sample --json`",
    ),
)
def evaluate_sample(
    encoder: Annotated[str, typer.Option(help=say("エンコーダー", "the encoder"))] = "community",
    coefficients: Annotated[
        Path | None,
        typer.Option(
            help=say(
                "確信度の係数を書き出すファイル(data/ranking/confidence.json の形)", "write confidence's coefficients"
            )
        ),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """Ask the sample community its labelled questions."""
    from indexer.evaluation.retrieval import sample_figures

    found = sample_figures(encoder)
    if coefficients is not None:
        found.fitted.save(coefficients)
    levels = {f"{at.threshold:.2f}": asdict(at) for at in found.thresholds} if as_json else {}
    show(asdict(found.quality) | ({"thresholds": levels} if as_json else {}), as_json=as_json)


@evaluate_app.command(
    "history",
    help=say(
        "このコミュニティ自身の記録(スレッド間のリンク、伏せておいた質問と回答)で検索を測り、2つのエンコーダーを比べます。\n\n"
        "例: `kyoso evaluate history --against cl-nagoya/ruri-v3-130m`",
        "Measure search on the community's own record (links, held-out answers); compare two encoders.\n\n"
        "Example: `kyoso evaluate history --against cl-nagoya/ruri-v3-130m`",
    ),
)
def evaluate_history(
    encoder: Annotated[str, typer.Option(help=say("測るエンコーダー(既定は設定のもの)", "what to measure"))] = "",
    against: Annotated[str, typer.Option(help=say("比べるエンコーダー", "what to compare it with"))] = "",
    as_json: JsonFlag = False,
) -> None:
    """Say which encoder serves this community better, and what it costs."""
    from indexer import bootstrap
    from indexer.evaluation.history import compare, record_of
    from indexer.evaluation.history_words import begun, facts, verdict

    settings = Settings.load()
    first = encoder or settings.encoder
    other = against or (COMMUNITY if first != COMMUNITY else "")
    with bootstrap.database(settings) as database:
        record = record_of(database, bootstrap.rules_of(settings))
    chosen = [first, *([other] if other and other != first else [])]
    found = compare(record, chosen, lambda name: typer.echo(begun(record, name, settings.lang), err=True))
    if as_json:
        show(facts(found, settings.lang), as_json=True)
        return
    for line in verdict(found, settings.lang):
        typer.echo(line)


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
