"""What `kyoso doctor` looks at: settings, the channel map and whom it names, record, index, platforms."""

from __future__ import annotations

from collections.abc import Iterable

from bot.bootstrap import SystemClock
from bot.config import BotSettings
from bot.doctor import Check, Finding, named_members
from bot.doctor import examine as diagnose
from bot.errors import PlatformRefusedError
from bot.learning import report
from bot.platforms.mattermost import checks as mattermost_checks
from bot.platforms.slack.client import SlackPlatform
from bot.platforms.slack.scopes import needed
from bot.store import UnitOfWork
from indexer import bootstrap as indexing
from indexer.corpus import Corpus
from indexer.ranking.precision import in_force


def examine(settings: BotSettings) -> Iterable[Finding]:
    """The doctor's checks of these settings."""

    def channel_map() -> str:
        found = indexing.channel_map(settings)
        return f"{settings.channel_map}: {len(found.entries)}"

    def database() -> str:
        with indexing.database(settings) as opened, opened.read() as connection:
            return ", ".join(f"{name} {count}" for name, count in Corpus(connection).counts().items())

    def index() -> str:
        with indexing.database(settings) as opened:
            search = indexing.build(settings, opened, indexing.rules_of(settings)).open_search()
            return f"{len(search)} threads, {search.encoder.fingerprint}"

    def people() -> str | None:
        with indexing.database(settings) as opened, opened.read() as connection:
            return named_members(indexing.channel_map(settings), Corpus(connection).members())

    def slack() -> str | None:
        if not settings.slack_bot_token:
            return None
        with indexing.database(settings) as opened:
            unit = UnitOfWork(opened, indexing.rules_of(settings))
            found = SlackPlatform.connect(
                settings.slack_bot_token, settings.slack_api_url, directory=unit, clock=SystemClock()
            )
        found.close()
        missing = needed() - found.me.scopes if found.me.scopes is not None else frozenset()
        if missing:
            raise PlatformRefusedError(platform="Slack", method="scopes", why=", ".join(sorted(missing)))
        return f"{found.workspace.name} ({found.workspace.id})"

    def learning() -> str:
        with indexing.database(settings) as opened:
            learnt = indexing.build(settings, opened, indexing.rules_of(settings)).builder.learnt()
        force = in_force(indexing.channel_map(settings), learnt.outcomes if learnt is not None else ())
        return " ".join(report(learnt.refit if learnt is not None else None, force, settings.lang))

    checks: dict[str, Check] = {"channel map": channel_map, "database": database, "index": index, "learning": learning}
    checks["people"] = people
    checks["slack"] = slack
    checks["mattermost"] = lambda: mattermost_checks.account(settings)
    checks["mattermost calls"] = lambda: mattermost_checks.calls(settings)
    return diagnose(checks, settings.lang)
