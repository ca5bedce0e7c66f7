"""The composition root: the one place where settings become a running bot."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

import structlog
import uvicorn
from fastapi import FastAPI

from bot import connections, memory
from bot.backfill import Backfill, BackfillReport
from bot.community import Community
from bot.config import BotSettings
from bot.conversation import Conversation
from bot.ending import end_in_order
from bot.errors import ConsoleExposedError, NotConfiguredError, NothingToServeError
from bot.http import make_app
from bot.jobs import add_people_jobs, add_upkeep
from bot.late_letters import welcome_at
from bot.learning import Learning, report
from bot.platforms.mattermost.setup import Setup, SetupReport
from bot.platforms.mattermost.web_api import WebApi
from bot.ports import ChatPlatform, Clock
from bot.receiving import Receiver
from bot.replies import changes
from bot.replies.changes import Aging
from bot.replies.compose import Composer
from bot.replies.wording import wording
from bot.schedule import Schedule
from bot.sending import Sender
from bot.store import UnitOfWork
from bot.worker import Worker
from indexer import bootstrap as indexing
from indexer.corpus import Database
from indexer.municipalities import shipped
from indexer.resolution import ResolutionRules

if TYPE_CHECKING:
    from indexer.search import Search

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
SHUTDOWN_SECONDS = 3  # how long requests in hand may take to end

log = structlog.get_logger(__name__)


class SystemClock:
    """The computer's clock."""

    def now(self) -> datetime:
        """The present moment, UTC."""
        return datetime.now(UTC)


@dataclass
class Bot:
    """The community with the workers that carry events in and messages out, and the HTTP side."""

    community: Community
    platforms: dict[str, ChatPlatform] = field(default_factory=dict)
    workers: dict[str, Worker] = field(default_factory=dict)
    checks: dict[str, Callable[[], bool]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.conversations: dict[str, Conversation] = {}
        unit, clock = self.community.unit, self.community.clock
        receiver = Receiver(unit, clock, self.platforms, self.conversations)
        self._sender = Sender(unit, clock, self.platforms, partial(welcome_at, self.community))
        lengthy = Receiver(unit, clock, self.platforms, self.conversations, aside=True)
        self.workers["receiver"] = Worker("receiver", self._then_wake(receiver.work, "sender", "reader"))
        self.workers["reader"] = Worker("reader", self._then_wake(lengthy.work, "sender"))
        self.workers["sender"] = Worker("sender", self._sender.work)

    def add(self, platform: ChatPlatform) -> None:
        """Serve one more platform."""
        with self.community.unit.begin() as work:
            work.corpus.record_workspace(platform.workspace)
        self.platforms[platform.workspace.id] = platform
        self.conversations[platform.workspace.id] = Conversation(self.community, platform)

    def wake(self) -> None:
        """Something has arrived in the inbox."""
        self.workers["receiver"].wake()

    def deliver(self) -> None:
        """Say all that is to be said by now, without waiting for the sender's turn."""
        while self._sender.work():
            pass

    def app(self) -> FastAPI:
        """The HTTP side with its checks, those that platforms add later included."""
        alive: dict[str, Callable[[], bool]] = {
            name: lambda worker=worker: worker.alive  # type: ignore[misc]
            for name, worker in self.workers.items()
        }
        ready = ChainMap[str, Callable[[], bool]](self.checks, {"database": self._database_answers}, alive)
        return make_app(self.community.unit, alive, ready)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Run the workers within the block."""
        for worker in self.workers.values():
            worker.start()
        try:
            yield
        finally:
            for worker in self.workers.values():
                worker.stop()

    def _then_wake(self, work: Callable[[], int], *names: str) -> Callable[[], int]:
        """Let other workers know as soon as one has done something."""

        def working() -> int:
            taken = work()
            for name in names if taken else ():
                self.workers[name].wake()
            return taken

        return working

    def _database_answers(self) -> bool:
        with self.community.unit.read() as work:
            return work.corpus.position() >= 0


def build_community(
    settings: BotSettings, database: Database, clock: Clock | None = None, *, searching: bool = True
) -> Community:
    """The community of these settings, its search loaded and warm; without one where nothing is searched."""
    channel_map = indexing.channel_map(settings)
    rules = ResolutionRules(channel_map.resolved_reactions)
    municipalities = shipped()
    ticking = clock or SystemClock()
    zone = ZoneInfo(settings.timezone)
    aging = Aging(changes.shipped(), channel_map.old_after, zone, ticking.now)
    return Community(
        unit=UnitOfWork(database, rules),
        search=indexing.open_search(settings, database, rules) if searching else cast("Search", None),
        channel_map=channel_map,
        municipalities=municipalities,
        composer=Composer(wording(settings.lang), zone, municipalities, aging),
        clock=ticking,
    )


def serve(settings: BotSettings) -> None:
    """Run the bot until it is told to stop.

    Raises NothingToServeError where no platform is configured, ConsoleExposedError where the console would be open.
    """
    end_in_order()
    _refuse_exposure(settings)
    if not connections.configured(settings):
        raise NothingToServeError
    with indexing.database(settings) as database, ExitStack() as stack:
        bot = Bot(build_community(settings, database))
        Learning(bot.community).resume()
        schedule = Schedule(bot.community.unit, bot.community.clock, settings.timezone)
        add_upkeep(schedule, bot.community)
        add_people_jobs(schedule, bot.community, bot.conversations)
        bot.checks["schedule"] = lambda: schedule.alive
        app = bot.app()
        wiring = connections.Wiring(bot.community, settings, app, bot.checks, bot.wake, stack)
        platforms = connections.connect(wiring)
        for platform in platforms:
            bot.add(platform)
        connections.listen(wiring, platforms)
        stack.enter_context(bot.working())
        schedule.start()
        stack.callback(schedule.stop)
        memory.settle()
        names = [platform.workspace.name for platform in platforms]
        log.info("serving", workspaces=names, http=f"{settings.http_host}:{settings.http_port}")
        _run_http(app, settings.http_host, settings.http_port)


def learn(settings: BotSettings) -> list[str]:
    """Refit ranking and confidence to what members said, now; what came of it, in sentences."""
    with indexing.database(settings) as database:
        community = build_community(settings, database)
        found = Learning(community).refit()
        return report(found, community.in_force, settings.lang)


def backfill(
    settings: BotSettings, platform: str, since: datetime | None, progress: Callable[[int, int], None]
) -> BackfillReport:
    """Read a platform's history into the record.

    Raises NotConfiguredError where its settings are missing, PlatformError and PlatformRefusedError.
    """
    clock, channel_map = SystemClock(), indexing.channel_map(settings)
    with indexing.database(settings) as database:
        unit = UnitOfWork(database, indexing.rules_of(settings))
        reading = Backfill(unit, channel_map, shipped(), clock)
        history = connections.history(settings, platform, unit, channel_map, clock)
        return reading.read(history, since, progress)


def set_up_mattermost(settings: BotSettings, admin_token: str) -> SetupReport:
    """Make the Mattermost server of the settings ready for the bot.

    Raises NotConfiguredError where the settings do not tell where, PlatformError and PlatformRefusedError.
    """
    needed_names = {
        "KYOSO_MATTERMOST_URL": settings.mattermost_url,
        "KYOSO_MATTERMOST_TEAM": settings.mattermost_team,
        "KYOSO_PUBLIC_URL": settings.public_url,
    }
    if missing := [name for name, value in needed_names.items() if not value]:
        raise NotConfiguredError(names=", ".join(missing))
    named = indexing.channel_map(settings)
    api = WebApi(settings.mattermost_url, admin_token)
    try:
        return Setup(api, settings, {entry.name for entry in named.entries}, named.private_names).run()
    finally:
        api.close()


def _refuse_exposure(settings: BotSettings) -> None:
    if settings.http_host not in LOOPBACK and not settings.console_token:
        raise ConsoleExposedError(host=settings.http_host)


def _run_http(app: FastAPI, host: str, port: int) -> None:
    config = uvicorn.Config(
        app, host=host, port=port, log_level="warning", ws="none", timeout_graceful_shutdown=SHUTDOWN_SECONDS
    )
    uvicorn.Server(config).run()
