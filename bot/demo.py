"""`kyoso demo`: the sample community in a temporary folder, on the web console, with the bot answering."""

from __future__ import annotations

import socket
import sys
import tempfile
import threading
import warnings
import webbrowser
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import uvicorn

from bot.bootstrap import Bot, SystemClock, build_community
from bot.config import BotSettings
from bot.jobs import add_people_jobs
from bot.platforms.console.client import ConsolePlatform
from bot.platforms.console.mount import mount
from bot.platforms.console.stage import Stage
from bot.ports import Clock
from bot.schedule import MovableClock, Schedule
from bot.similar import Place
from indexer import bootstrap as indexing
from indexer.channel_map import Entry, Kind, Policy
from indexer.channel_map_file import SHIPPED_MAP
from indexer.config import SHIPPED
from indexer.corpus import Database
from indexer.errors import BadInputError
from indexer.model import Channel, Member, Visibility, Workspace
from indexer.sources.slack_export import ImportOptions, import_slack

HOST = "127.0.0.1"
AMBASSADORS = 3  # others who help as much are left to be named to the operators
OPERATORS = frozenset({"U0C1E6A8FE", "U03CE72F7A"})  # デジタル共創事務局 and 共創事務局 コミュニティ担当 of the sample
WORKSPACE = "console:sample"
REMINDER = timedelta(days=7)
# A private channel beside the sample's: of what is asked there only these learn.
PRIVATE = Channel(
    WORKSPACE,
    "GEHIME",
    "愛媛県内の担当者",
    Visibility.PRIVATE,
    members=frozenset({"U05EB76484", "U02931FFD3", "U0F5530C01"}),  # 上島町, 松山市 and 西条市, an ambassador
)
NEWCOMER = Member(WORKSPACE, "UNEWCOMER", "情報政策課＠飯田市")  # has written nothing yet, so can be welcomed

Tell = Callable[[str, str], None]


class PortTakenError(BadInputError):
    """Another program listens on the port."""

    ja = "ポート {port} は使われています。`kyoso demo --port 8766` のように別の番号を指定してください。"
    en = "port {port} is taken; choose another: `kyoso demo --port 8766`"


def demo(settings: BotSettings, port: int, *, browser: bool) -> None:
    """Load the sample community, build its index and serve the console until told to stop.

    The settings' language, time zone and encoder count; their database, folders and platforms do not.
    """
    _refuse_taken(port)
    with tempfile.TemporaryDirectory(prefix="kyoso-demo-") as folder:
        ours = settings.model_copy(update={"data_dir": Path(folder), "database_url": "", "channel_map": SHIPPED_MAP})
        tell: Tell = lambda ja, en: print(ja if ours.lang == "ja" else en, file=sys.stderr, flush=True)  # noqa: E731, T201
        _play(ours, port, tell, browser=browser)


def prepare(settings: BotSettings, database: Database, clock: Clock, address: str) -> tuple[Bot, ConsolePlatform]:
    """The sample community, imported and indexed, with a bot that talks on a console at `address`."""
    import_slack(SHIPPED / "sample", database, clock.now(), ImportOptions(workspace_id=WORKSPACE))
    community = build_community(settings, database, clock)
    staged = replace(
        community.channel_map,
        operators=community.channel_map.operators | OPERATORS,
        entries=(
            *community.channel_map.entries,
            Entry(PRIVATE.name, Kind.TOPIC, Policy.THREAD, visibility=PRIVATE.visibility),
        ),
        newcomer_reminder=REMINDER,  # off unless an operator wants it, but to be seen here
    )
    bot = Bot(replace(community, channel_map=staged))
    console = ConsolePlatform(bot.community.unit, clock, Workspace(WORKSPACE, "見本のコミュニティ", address))
    bot.add(console)
    _appoint(bot)
    with bot.community.unit.begin() as work:
        work.corpus.record_members([bot.community.placed(NEWCOMER)], clock.now())
        work.corpus.record_channels([PRIVATE], clock.now())
    return bot, console


def _appoint(bot: Bot) -> None:
    """Make those who answered most the sample community's ambassadors."""
    with bot.community.unit.begin() as work:
        threads = work.corpus.threads(change.thread_id for change in work.corpus.changed_since(0))
        helped = Counter(thread.accepted.author_id for thread in threads if thread.accepted is not None)
    for member_id, _ in helped.most_common(AMBASSADORS):
        bot.conversations[WORKSPACE].ambassadors.join(Place(WORKSPACE, "", member_id))


def _play(settings: BotSettings, port: int, tell: Tell, *, browser: bool) -> None:
    address = f"http://{HOST}:{port}"
    tell("見本のコミュニティを準備しています(20秒ほど)…", "Preparing the sample community (some 20 s)…")
    with indexing.database(settings) as database:
        clock = MovableClock(SystemClock())
        bot, console = prepare(settings, database, clock, address)
        schedule = Schedule(bot.community.unit, clock, settings.timezone)
        add_people_jobs(schedule, bot.community, bot.conversations)
        schedule.start()
        app = bot.app()

        def move_clock(by: timedelta) -> None:
            schedule.play(clock, by, bot.deliver)
            bot.workers["sender"].wake()

        with bot.community.unit.read() as work:
            ambassadors = bot.conversations[WORKSPACE].ambassadors.sitting(work, WORKSPACE)
        stage = Stage(move_clock, bot.community.channel_map.operators, ambassadors, frozenset({NEWCOMER.id}))
        mount(app, bot.community, console, bot.wake, lang=settings.lang, stage=stage)
        # NiceGUI looks through all objects for the server; touching torch's deprecated ones makes them complain.
        warnings.filterwarnings("ignore", category=FutureWarning, module="nicegui")
        server = uvicorn.Server(uvicorn.Config(app, host=HOST, port=port, log_level="warning"))
        with bot.working():
            threading.Thread(target=_announce, args=(server, address, tell, browser), daemon=True).start()
            server.run()
        schedule.stop()


def _announce(server: uvicorn.Server, address: str, tell: Tell, browser: bool) -> None:
    """Say where the page is as soon as it answers, and open it."""
    waiting = threading.Event()
    while not server.started and not server.should_exit:
        waiting.wait(0.05)
    if server.should_exit:
        return
    tell(f"準備ができました: {address} (終わるには Ctrl+C)", f"Ready: {address} (Ctrl+C to stop)")
    if browser:
        webbrowser.open(address)


def _refuse_taken(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise PortTakenError(port=port) from error
