"""The commands of `kyoso evaluate`: how good search, routing and encoders are."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from indexer.config import Settings
from indexer.encoders.models import COMMUNITY
from indexer.errors import BadInputError
from indexer.terminal import JsonFlag, progress, say, show

evaluate_app = typer.Typer(
    no_args_is_help=True, help=say("検索と案内の質を測ります。", "Measure how good search and routing are.")
)


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
