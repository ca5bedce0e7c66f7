"""The composition root: the one place where settings become a running bot."""

from __future__ import annotations

import signal
import threading
import time
from collections import ChainMap
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, cast
from zoneinfo import ZoneInfo

import structlog
import uvicorn
from fastapi import FastAPI

from bot.community import Community
from bot.config import BotSettings
from bot.conversation import Conversation
from bot.delivery import Receiver, Sender, Worker
from bot.digest import Digest
from bot.doctor import Check, Finding
from bot.doctor import examine as diagnose
from bot.errors import ConsoleExposedError, NothingToServeError, PlatformError, PlatformRefusedError
from bot.http import make_app
from bot.learning import Learning, report
from bot.platforms.slack import http as slack_http
from bot.platforms.slack.client import SlackPlatform
from bot.platforms.slack.listeners import Listeners, bolt_app
from bot.platforms.slack.scopes import needed
from bot.platforms.slack.socket_mode import SlackSocket
from bot.ports import ChatPlatform, Clock
from bot.replies import changes
from bot.replies.changes import Aging
from bot.replies.compose import Composer
from bot.replies.wording import wording
from bot.schedule import CatchUp, Schedule, tidy
from bot.store import UnitOfWork
from indexer import bootstrap as indexing
from indexer.corpus import Corpus, Database
from indexer.municipalities import shipped
from indexer.ranking.precision import in_force
from indexer.resolution import ResolutionRules

if TYPE_CHECKING:
    from indexer.search import Search

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
PATIENCE = 60.0  # seconds to wait at the start for a server that is away
SYNC_PAUSES = (5.0, 30.0, 120.0, 600.0, 600.0)  # seconds between attempts to read channels and members
SYNC_BATCH = 1_000  # members a transaction, so that events need not wait
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
        sender = Sender(unit, clock, self.platforms)
        self.workers["receiver"] = Worker("receiver", self._then_send(receiver.work))
        self.workers["sender"] = Worker("sender", sender.work)

    def add(self, platform: ChatPlatform) -> None:
        """Serve one more platform."""
        with self.community.unit.begin() as work:
            work.corpus.record_workspace(platform.workspace)
        self.platforms[platform.workspace.id] = platform
        self.conversations[platform.workspace.id] = Conversation(self.community, platform)

    def wake(self) -> None:
        """Something has arrived in the inbox."""
        self.workers["receiver"].wake()

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

    def _then_send(self, work: Callable[[], int]) -> Callable[[], int]:
        """Let the sender know as soon as the receiver has done something."""

        def working() -> int:
            taken = work()
            if taken:
                self.workers["sender"].wake()
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
    _end_in_order()
    _refuse_exposure(settings)
    if not (settings.slack_bot_token and (settings.slack_app_token or settings.slack_signing_secret)):
        raise NothingToServeError
    with indexing.database(settings) as database, ExitStack() as stack:
        bot = Bot(build_community(settings, database))
        Learning(bot.community).resume()
        schedule = _schedule(bot, settings)
        slack = _connect_slack(bot, settings)
        app = bot.app()
        _listen_to_slack(bot, settings, slack, app, stack)
        stack.enter_context(bot.working())
        threading.Thread(target=_get_to_know, args=(bot, slack), name="slack-sync", daemon=True).start()
        schedule.start()
        stack.callback(schedule.stop)
        log.info("serving", workspace=slack.workspace.name, http=f"{settings.http_host}:{settings.http_port}")
        _run_http(app, settings.http_host, settings.http_port)


def learn(settings: BotSettings) -> list[str]:
    """Refit ranking and confidence to what members said, now; what came of it, in sentences."""
    with indexing.database(settings) as database:
        community = build_community(settings, database)
        found = Learning(community).refit()
        return report(found, community.in_force, settings.lang)


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
    checks["slack"] = slack
    return diagnose(checks, settings.lang)


def _connect_slack(bot: Bot, settings: BotSettings) -> SlackPlatform:
    community = bot.community
    on_record = community.unit.workspaces()
    slack = SlackPlatform.connect(
        settings.slack_bot_token,
        settings.slack_api_url,
        directory=community.unit,
        clock=community.clock,
        on_record=on_record,
        patience=PATIENCE,
    )
    others = [known.id for known in on_record]
    if others and slack.workspace.id not in others:
        log.warning("the threads on record are of other workspaces; they are shown to nobody", on_record=others)
    bot.add(slack)
    return slack


def _listen_to_slack(bot: Bot, settings: BotSettings, slack: SlackPlatform, app: FastAPI, stack: ExitStack) -> None:
    listeners = Listeners(bot.community.unit, slack.me, bot.community.clock, bot.wake)
    bolt = bolt_app(
        listeners,
        token=settings.slack_bot_token,
        api_url=slack.api_url,
        signing_secret=settings.slack_signing_secret,
    )
    if settings.slack_signing_secret:
        app.include_router(slack_http.router(bolt, settings.slack_signing_secret))
    if settings.slack_app_token:
        socket = SlackSocket(bolt, settings.slack_app_token, slack.api_url)
        bot.checks["slack"] = socket.connected
        socket.start()
        stack.callback(socket.close)
    stack.callback(slack.close)


def _get_to_know(bot: Bot, slack: SlackPlatform) -> None:
    """Record the channels and members as they now are; while the bot was away they may have changed.

    What the server does not tell is learnt as people speak.
    """
    unit, clock = bot.community.unit, bot.community.clock

    def channels() -> None:
        at = clock.now()  # what is reported while the list is read is newer than the list
        found = list(slack.channels())
        with unit.begin() as work:
            work.corpus.record_channels(found, at)

    def members() -> None:
        at = clock.now()
        found = [bot.community.placed(member) for member in slack.members()]
        for start in range(0, len(found), SYNC_BATCH):
            with unit.begin() as work:
                work.corpus.record_members(found[start : start + SYNC_BATCH], at)

    left = [channels, members]
    for pause in SYNC_PAUSES:
        left = [step for step in left if not _got_to_know(step)]
        if not left:
            return
        time.sleep(pause)


def _got_to_know(step: Callable[[], None]) -> bool:
    """Take one step; False where it is worth another try."""
    try:
        step()
    except PlatformError as error:
        log.warning("could not read a list yet", list=step.__name__, why=str(error))
        return False
    except PlatformRefusedError as error:
        log.warning("could not read a list", list=step.__name__, why=str(error))
    except Exception:  # the boundary: serving goes on without
        log.exception("could not read a list", list=step.__name__)
    return True


def _schedule(bot: Bot, settings: BotSettings) -> Schedule:
    schedule = Schedule(bot.community.unit, bot.community.clock, settings.timezone)
    unit, clock, search = bot.community.unit, bot.community.clock, bot.community.search
    schedule.add("tidy", "30 3 * * *", lambda _: tidy(unit, clock.now()), CatchUp(timedelta(hours=24)))
    schedule.add("snapshot", "15 * * * *", lambda _: search.save())
    add_people_jobs(schedule, bot)
    learning = Learning(bot.community)
    schedule.add("learn", "45 3 * * *", lambda _: learning.refit(), CatchUp(timedelta(hours=24)))
    schedule.add(
        "labels", "5 * * * *", lambda _: learning.resume()
    )  # a deleted question speaks no more within the hour
    bot.checks["schedule"] = lambda: schedule.alive
    return schedule


def add_people_jobs(schedule: Schedule, bot: Bot) -> None:
    """What the use cases do by the clock, in every workspace that is served; the demo plays these alone."""
    community = bot.community
    digest = Digest(community)

    def everywhere(job: Callable[[str, datetime], object]) -> Callable[[datetime], object]:
        return lambda at: [job(workspace_id, at) for workspace_id in bot.platforms]

    schedule.add("digest", "0 9 * * mon-fri", everywhere(digest.on_day), CatchUp(timedelta(hours=24)))


def _refuse_exposure(settings: BotSettings) -> None:
    if settings.http_host not in LOOPBACK and not settings.console_token:
        raise ConsoleExposedError(host=settings.http_host)


def _end_in_order() -> None:
    """Let SIGTERM unwind what runs instead of cutting it off; uvicorn hands the signal on when it has ended."""

    def end(_number: int, _frame: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        raise SystemExit(0)

    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, end)


def _run_http(app: FastAPI, host: str, port: int) -> None:
    config = uvicorn.Config(
        app, host=host, port=port, log_level="warning", ws="none", timeout_graceful_shutdown=SHUTDOWN_SECONDS
    )
    uvicorn.Server(config).run()
