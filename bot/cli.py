"""The console script `kyoso`: the bot's commands beside the indexer's."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from bot import logs
from bot.bench_cli import bot_bench
from bot.config import BotSettings
from indexer.bench_cli import bench_app
from indexer.cli import app as indexing_app
from indexer.cli import day_of
from indexer.terminal import JsonFlag, progress, run, say, show

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    help=say(
        "共創: 似た相談の解決済みスレッドを案内するボット。",
        "Kyoso: links new questions to the resolved threads like them.",
    ),
)
app.add_typer(indexing_app)
bench_app.registered_commands.extend(bot_bench.registered_commands)
backfill_app = typer.Typer(
    no_args_is_help=True,
    help=say("過去の投稿をサーバーから読み込みます。", "Read what was said before from the server."),
)
app.add_typer(backfill_app, name="backfill")
mattermost_app = typer.Typer(no_args_is_help=True, help=say("Mattermost の準備をします。", "Make Mattermost ready."))
app.add_typer(mattermost_app, name="mattermost")
Since = Annotated[str, typer.Option(help=say("この日以降 (YYYY-MM-DD)", "since this day (YYYY-MM-DD)"))]


@backfill_app.command(
    "slack",
    help=say(
        "Slack の過去の投稿を読み込みます。途中で止まっても、同じコマンドで続きから進みます。\n\n"
        "例: `kyoso backfill slack --since 2026-04-01`",
        "Read Slack's history; interrupted, the same command goes on from there.\n\n"
        "Example: `kyoso backfill slack --since 2026-04-01`",
    ),
)
def backfill_slack(since: Since = "", as_json: JsonFlag = False) -> None:
    """Read the channels of the Slack workspace."""
    _backfill("slack", since, as_json=as_json)


@backfill_app.command(
    "mattermost",
    help=say(
        "Mattermost の過去の投稿を読み込みます。途中で止まっても、同じコマンドで続きから進みます。\n\n"
        "例: `kyoso backfill mattermost --since 2026-04-01`",
        "Read Mattermost's history; interrupted, the same command goes on from there.\n\n"
        "Example: `kyoso backfill mattermost --since 2026-04-01`",
    ),
)
def backfill_mattermost(since: Since = "", as_json: JsonFlag = False) -> None:
    """Read the channels of the Mattermost team."""
    _backfill("mattermost", since, as_json=as_json)


def _backfill(platform: str, since: str, *, as_json: bool) -> None:
    from bot import bootstrap

    settings = BotSettings.load()
    begin = day_of(since, settings.timezone)
    with progress(say("読み込み", "reading")) as advance:
        report = bootstrap.backfill(settings, platform, begin, advance)
    show(asdict(report), as_json=as_json)


@mattermost_app.command(
    "setup",
    help=say(
        "ボットアカウント・参加・スラッシュコマンドを Mattermost に用意します。何度実行してもかまいません。\n\n"
        "例: `kyoso mattermost setup --admin-token …`",
        "Make a Mattermost server ready: bot account, memberships, slash commands; may be run again.\n\n"
        "Example: `kyoso mattermost setup --admin-token …`",
    ),
)
def mattermost_setup(
    admin_token: Annotated[
        str,
        typer.Option(
            prompt=say("システム管理者のアクセストークン", "a system administrator's access token"),
            hide_input=True,
            help=say("システム管理者のアクセストークン(保存しません)", "a system administrator's token; not kept"),
        ),
    ],
    as_json: JsonFlag = False,
) -> None:
    """Say what was done, the lines for `.env`, and what is left to the operator."""
    from bot import bootstrap
    from bot.replies.wording.mattermost_setup import mattermost_setup_words

    settings = BotSettings.load()
    report = bootstrap.set_up_mattermost(settings, admin_token)
    if as_json:
        typer.echo(json.dumps(asdict(report), ensure_ascii=False))
        return
    words = mattermost_setup_words(settings.lang)
    for line in report.done:
        typer.echo(f"✔ {line}")
    typer.echo(f"\n{words.env_head}")
    for name, value in report.env.items():
        typer.echo(f"{name}={value}")
    typer.echo(f"\n{words.left_head}" if report.left else f"\n{words.left_none}")
    for line in report.left:
        typer.echo(f"- {line}")


@app.command(
    "route",
    help=say(
        '相談に合うチャンネルを案内します。\n\n例: `kyoso route "保育所の入所選考をAIで"`',
        'Name the channels that fit a question.\n\nExample: `kyoso route "保育所の入所選考をAIで"`',
    ),
)
def route(
    text: Annotated[str, typer.Argument(help=say("相談したいこと", "the question"))], as_json: JsonFlag = False
) -> None:
    """Print the channels that fit."""
    from bot import bootstrap
    from bot.routing import Router
    from indexer import bootstrap as indexing

    settings = BotSettings.load()
    with indexing.database(settings) as database:
        routes = Router(bootstrap.build_community(settings, database)).route(text)
    if as_json:
        channels = [asdict(found) | {"confidence": round(found.confidence, 4)} for found in routes]
        typer.echo(json.dumps({"channels": channels}, ensure_ascii=False))
        return
    for found in routes:
        typer.echo(f"{found.confidence:.2f}  #{found.name}  {found.why}")
    if not routes:
        typer.echo(say("特に合うチャンネルは見つかりませんでした。", "No channel fits better."), err=True)


@app.command(
    "learn",
    help=say(
        "「役に立った」「違う」などの声から、検索の並び順と確信度を学習し直します(ふだんは毎晩、自動で行います)。\n\n"
        "例: `kyoso learn`",
        "Refit ranking and confidence to what members said; serving does so every night.\n\nExample: `kyoso learn`",
    ),
)
def learn() -> None:
    """Refit now and say what came of it."""
    from bot import bootstrap

    for line in bootstrap.learn(BotSettings.load()):
        typer.echo(line)


@app.command(
    "serve",
    help=say(
        "ボットを動かします(設定のあるプラットフォーム、定時処理、HTTP)。\n\n例: `kyoso serve`",
        "Run the bot: every configured platform, the scheduler and the HTTP side.\n\nExample: `kyoso serve`",
    ),
)
def serve() -> None:
    """Serve until told to stop."""
    from bot import bootstrap

    bootstrap.serve(BotSettings.load())


@app.command(
    "demo",
    help=say(
        "見本のコミュニティをブラウザーで試します(トークン不要)。\n\n例: `kyoso demo --port 8765`",
        "The sample community in the browser; no token needed.\n\nExample: `kyoso demo --port 8765`",
    ),
)
def demo(
    port: Annotated[int, typer.Option(min=1, max=65535, help=say("ポート番号", "port"))] = 8765,
    no_browser: Annotated[
        bool, typer.Option("--no-browser", help=say("ブラウザーを開きません。", "Open none."))
    ] = False,
) -> None:
    """Play the sample community in a temporary folder."""
    from bot.demo import demo as play

    play(BotSettings.load(), port, browser=not no_browser)


@app.command(
    "doctor",
    help=say(
        "設定・トークン・権限・チャンネル・データベース・索引を確かめます。\n\n例: `kyoso doctor`",
        "Check settings, tokens, scopes, channel map, database, index and encoder.\n\nExample: `kyoso doctor`",
    ),
)
def doctor(as_json: JsonFlag = False) -> None:
    """Say what is wrong and how to mend it, a line each; exit 1 where something is."""
    from bot import examination

    settings = BotSettings.load()
    findings = list(examination.examine(settings))
    if as_json:
        typer.echo(json.dumps([asdict(finding) for finding in findings], ensure_ascii=False))
    else:
        signs = {True: "✔", False: "✘", None: "-"}
        for finding in findings:
            typer.echo(f"{signs[finding.good]} {finding.name:<12} {finding.text}")
    if any(finding.good is False for finding in findings):
        raise typer.Exit(1)


@app.command(
    "backup",
    help=say(
        "データベースと索引を1つのファイルに保存します(動かしたままで可)。\n\n例: `kyoso backup kyoso.tar.gz`",
        "The database and the index into one file, while serving too.\n\nExample: `kyoso backup kyoso.tar.gz`",
    ),
)
def backup(file: Annotated[Path, typer.Argument(help=say("保存先", "where to"))]) -> None:
    """Save everything."""
    from bot.backup import backup as save

    save(BotSettings.load(), file)


@app.command(
    "restore",
    help=say(
        "`kyoso backup` のファイルから戻します(動かす前に)。\n\n例: `kyoso restore kyoso.tar.gz`",
        "Restore from a backup, before serving.\n\nExample: `kyoso restore kyoso.tar.gz`",
    ),
)
def restore(file: Annotated[Path, typer.Argument(help=say("バックアップ", "the backup"))]) -> None:
    """Bring everything back."""
    from bot.backup import restore as bring_back

    bring_back(BotSettings.load(), file)


@app.command(
    "digest",
    help=say(
        "先週のまとめを投稿します(同じ週・同じチャンネルには一度だけ)。`--dry-run` は表示だけします。\n\n"
        "例: `kyoso digest --dry-run` / `kyoso digest --week 2026-W47`",
        "Post last week's digest, once a week and channel; `--dry-run` only prints it.\n\n"
        "Example: `kyoso digest --dry-run`, `kyoso digest --week 2026-W47`",
    ),
)
def digest(
    week: Annotated[str, typer.Option(help=say("ISO の週。例: 2026-W47", "ISO week, as in 2026-W47"))] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help=say("表示だけする", "only print it"))] = False,
    as_json: JsonFlag = False,
) -> None:
    """Print or post the weekly digest of every workspace on record."""
    from bot import bootstrap
    from bot.digest import Digest
    from bot.week import Week
    from indexer import bootstrap as indexing

    wanted = Week.parse(week) if week else None
    settings = BotSettings.load()
    with indexing.database(settings) as database:
        community = bootstrap.build_community(settings, database, searching=False)
        digests = Digest(community)
        wanted = wanted or digests.last_week()
        make = digests.preview if dry_run else digests.post
        editions = [one for workspace in community.unit.workspaces() for one in make(workspace.id, wanted)]
    if as_json:
        shown = [one.as_dict() for one in editions]
        typer.echo(json.dumps({"week": str(wanted), "editions": shown}, ensure_ascii=False))
        return
    for one in editions:
        typer.echo(one.as_text(digests.words, dry_run=dry_run))
    if not any(one.reader.channel_id for one in editions):
        typer.echo(digests.words.no_channel, err=True)


def main() -> None:
    """Entry of the console script and of `python -m bot`."""
    logs.configure()
    run(app)
