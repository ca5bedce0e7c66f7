"""`python -m indexer`: import, index, train, similar, evaluate, bench; `kyoso` adds the bot's commands.

Results go to stdout (as JSON with `--json`), progress and errors to stderr. Exit codes: 0 done, 1 the work failed,
2 bad usage or bad input.
"""

from __future__ import annotations

import difflib
import json
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from indexer.bench_cli import bench_app
from indexer.config import Settings, language
from indexer.corpus import Corpus, Database
from indexer.errors import BadInputError, UnknownNameError
from indexer.evaluate_cli import evaluate_app
from indexer.model import Hit, Query
from indexer.municipalities import shipped
from indexer.terminal import JsonFlag, progress, run, say, show
from indexer.text import readable

if TYPE_CHECKING:
    from indexer.sources.importing import ImportReport, Progress

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    help=say(
        "過去のスレッドを取り込み、索引を作り、似たスレッドを探します。",
        "Import past threads, index them, find like ones.",
    ),
)
import_app = typer.Typer(no_args_is_help=True, help=say("書き出しファイルを取り込みます。", "Import an export."))
app.add_typer(import_app, name="import")
app.add_typer(bench_app, name="bench")
app.add_typer(evaluate_app, name="evaluate")


@import_app.command(
    "slack",
    help=say(
        "Slack のエクスポート(zip またはフォルダ)を取り込みます。何度実行しても重複しません。\n\n"
        "例: `kyoso import slack export.zip`",
        "Import a Slack export (zip or folder); repeatable, never duplicates.\n\n"
        "Example: `kyoso import slack export.zip`",
    ),
)
def slack(
    path: Annotated[Path, typer.Argument(help=say("zip またはフォルダ", "zip or folder"))],
    workspace: Annotated[
        str,
        typer.Option(help=say("ワークスペースのチームID(通常は自動)", "the workspace's team id (found by itself)")),
    ] = "",
    as_json: JsonFlag = False,
) -> None:
    """Read a Slack export into the corpus."""
    from indexer.sources.slack_export import ImportOptions, import_slack

    def read(_settings: Settings, private: frozenset[str], database: Database, advance: Progress) -> ImportReport:
        options = ImportOptions(private, f"slack:{workspace}" if workspace else "")
        return import_slack(path, database, datetime.now(UTC), options, advance)

    _import(read, as_json=as_json)


@import_app.command(
    "mattermost",
    help=say(
        "Mattermost の一括エクスポート(JSONL、zip、gzip)を取り込みます。何度実行しても重複しません。\n\n"
        "例: `kyoso import mattermost export.zip`",
        "Import a Mattermost bulk export (JSONL, zip or gzip); repeatable, never duplicates.\n\n"
        "Example: `kyoso import mattermost export.zip`",
    ),
)
def mattermost(
    path: Annotated[
        Path, typer.Argument(help=say("JSONL、またはそれを入れた zip・gzip", "JSONL, or the zip or gzip that holds it"))
    ],
    team: Annotated[
        str,
        typer.Option(help=say("このチームだけ(なければ設定、またはすべて)", "this team alone")),
    ] = "",
    as_json: JsonFlag = False,
) -> None:
    """Read a Mattermost bulk export into the corpus."""
    from indexer.sources.mattermost_export import ImportOptions, import_mattermost

    def read(settings: Settings, private: frozenset[str], database: Database, advance: Progress) -> ImportReport:
        options = ImportOptions(private, team or settings.mattermost_team, settings.mattermost_url)
        return import_mattermost(path, database, datetime.now(UTC), options, advance)

    _import(read, as_json=as_json)


def _import(read: Callable[[Settings, frozenset[str], Database, Progress], ImportReport], *, as_json: bool) -> None:
    """Read an export into the corpus, and print what was read; what was not goes to stderr and gives the exit code.

    `read` is told, beside the settings, which private channels may be read.
    """
    from indexer import bootstrap

    settings = Settings.load()
    private = bootstrap.channel_map(settings).private_names
    with bootstrap.database(settings) as database, progress(say("取り込み", "importing")) as advance:
        report = read(settings, private, database, advance)
    counts = asdict(replace(report, problems=()))  # errors cannot be copied, which is what it would do with them
    lang = language()
    show(counts | {"problems": [problem.text(lang) for problem in report.problems]}, as_json=as_json)
    for problem in report.problems:
        typer.echo(problem.text(lang), err=True)
    if report.problems:
        raise typer.Exit(max(problem.exit_code for problem in report.problems))


@app.command(
    "index",
    help=say(
        "索引を取り込み済みのスレッドに追いつかせます。\n\n例: `kyoso index`",
        "Bring the index up to the corpus.\n\nExample: `kyoso index`",
    ),
)
def index(
    rebuild: Annotated[bool, typer.Option("--rebuild", help=say("はじめから作り直します。", "From nothing."))] = False,
    as_json: JsonFlag = False,
) -> None:
    """Make or update the snapshot in use."""
    from indexer import bootstrap

    settings = Settings.load()
    with bootstrap.database(settings) as database, progress(say("索引", "indexing")) as advance:
        indexer = bootstrap.build(settings, database, bootstrap.rules_of(settings))
        done = indexer.builder.index(rebuild=rebuild, progress=advance)
    show(asdict(done), as_json=as_json)


@app.command(
    "train",
    help=say(
        "このコミュニティの解決済みスレッドからエンコーダーを学習し、索引を作り直します。\n\n例: `kyoso train`",
        "Fit the community encoder to the resolved threads, then rebuild the index.\n\nExample: `kyoso train`",
    ),
)
def train(as_json: JsonFlag = False) -> None:
    """Fit the community encoder and say what it gained on held-out threads."""
    from indexer import bootstrap

    settings = Settings.load()
    with bootstrap.database(settings) as database:
        indexer = bootstrap.build(settings, database, bootstrap.rules_of(settings))
        with progress(say("学習", "training")) as advance:
            report = indexer.builder.train(lambda share: advance(round(share * 100), 100))
        with progress(say("索引", "indexing")) as advance:
            indexer.builder.index(rebuild=True, progress=advance)
    show(asdict(report), as_json=as_json)


@app.command(
    "similar",
    help=say(
        '似たスレッドを探します(解決済みのもの)。\n\n例: `kyoso similar "コンビニ交付が止まる" --k 3`',
        'Find similar threads (resolved ones).\n\nExample: `kyoso similar "コンビニ交付が止まる" --k 3`',
    ),
)
def similar(  # noqa: PLR0913 - a command's options are its parameters
    text: Annotated[str, typer.Argument(help=say("調べたいこと", "what to look for"))],
    k: Annotated[int, typer.Option(min=1, max=100, help=say("件数", "how many"))] = 5,
    channel: Annotated[str, typer.Option(help=say("チャンネル名", "channel"))] = "",
    prefecture: Annotated[str, typer.Option(help=say("質問者の都道府県", "the askers' prefecture"))] = "",
    municipality: Annotated[str, typer.Option(help=say("探している人の団体", "who is looking"))] = "",
    since: Annotated[str, typer.Option(help=say("この日以降 (YYYY-MM-DD)", "since this day (YYYY-MM-DD)"))] = "",
    everything: Annotated[bool, typer.Option("--all", help=say("未解決も含める", "unresolved ones too"))] = False,
    explain: Annotated[bool, typer.Option("--explain", help=say("根拠も表示する", "with the evidence"))] = False,
    as_json: JsonFlag = False,
) -> None:
    """Print the threads of public channels most like a text."""
    from indexer import bootstrap

    settings, text = Settings.load(), readable(text)
    with bootstrap.database(settings) as database:
        query = replace(
            Query(text, k=k, resolved_only=not everything, channel=_channel(database, channel)),
            prefecture=_prefecture(prefecture),
            municipality=_municipality(municipality),
            since=day_of(since, settings.timezone),
        )
        search = bootstrap.open_search(settings, database, bootstrap.rules_of(settings))
        hits = search.similar(query)
        with database.read() as connection:
            corpus = Corpus(connection)
            shown = [_described(corpus, hit, settings.timezone, explain=explain) for hit in hits]
    if as_json:
        typer.echo(json.dumps({"query": text, "hits": shown}, ensure_ascii=False))
        return
    for hit in shown:
        typer.echo(f"{hit['confidence']:.2f}  {hit['date'][:10]}  #{hit['channel']}  {hit['title']}")
        if hit["answer"]:
            typer.echo(f"      → {' '.join(hit['answer'].split())[:80]}")
        typer.echo(f"      {hit['permalink']}")
        for name, value in hit.get("evidence", {}).items():
            typer.echo(f"      {name:<16}{value:.3f}")
    if not shown:
        typer.echo(say("似たスレッドは見つかりませんでした。", "No similar thread was found."), err=True)


def _described(corpus: Corpus, hit: Hit, timezone: str, *, explain: bool) -> dict[str, Any]:
    thread = hit.thread
    workspace = corpus.workspace(thread.ref.workspace_id)
    asker = corpus.member(thread.ref.workspace_id, thread.root.author_id)
    answer = thread.accepted
    answerer = corpus.member(thread.ref.workspace_id, answer.author_id) if answer else None
    place = shipped().by_code.get(asker.municipality or "") if asker else None
    described = {
        "thread_id": thread.id,
        "permalink": workspace.permalink(thread.ref) if workspace else "",
        "channel": thread.channel.name,
        "title": thread.title,
        "answer": answer.text if answer else "",
        "asker_municipality": place.name if place else None,
        "answered_by": answerer.display_name if answerer else (answer.author_id if answer else None),
        "date": thread.root.posted_at.astimezone(ZoneInfo(timezone)).isoformat(),
        "resolved": thread.resolved,
        "confidence": round(hit.confidence, 4),
    }
    return described | ({"evidence": hit.evidence} if explain else {})


def _channel(database: Database, name: str) -> str | None:
    if not name:
        return None
    with database.read() as connection:
        names = {channel.name for channel in Corpus(connection).channels()}
    wanted = name.lstrip("#")
    if wanted not in names:
        near = difflib.get_close_matches(wanted, names, n=1)
        kind = say("チャンネル", "channel")
        raise UnknownNameError(kind=kind, name=wanted, hint=f"→ {near[0]}" if near else "")
    return wanted


def _prefecture(name: str) -> str | None:
    if not name:
        return None
    found = shipped().prefecture(name)
    if found is None:
        raise UnknownNameError(kind=say("都道府県", "prefecture"), name=name, hint=say("例: 愛媛県", "as in 愛媛県"))
    return found.prefecture_code


def _municipality(name: str) -> str | None:
    if not name:
        return None
    found = shipped().of(name)
    if found is None:
        hint = say("同名の団体があるときは「池田町(北海道)」のように", "where several bear a name: 「池田町(北海道)」")
        raise UnknownNameError(kind=say("団体", "municipality"), name=name, hint=hint)
    return found.code


def day_of(day: str, timezone: str) -> datetime | None:
    """The beginning of a day given as YYYY-MM-DD; None for none. Raises BadInputError."""
    if not day:
        return None
    try:
        return datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=ZoneInfo(timezone))
    except ValueError as error:
        raise BadInputError(what=f"--since {day} (YYYY-MM-DD)") from error


def main() -> None:
    """Entry of `python -m indexer`."""
    run(app)
