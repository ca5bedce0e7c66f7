"""The bot in the tests' own process, on a real connection to a platform, with a clock that tests move forward.

Everything is as in `serve` but the search, which finds what a script says, and the schedule: tests call its jobs.
"""

from __future__ import annotations

import signal
import threading
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

import uvicorn
from chats import Chat
from served import until
from town import ScriptedSearch

from bot import connections
from bot.bootstrap import Bot
from bot.community import Community
from bot.config import BotSettings
from bot.digest import Digest
from bot.recognition import Recognition
from bot.replies.compose import Composer
from bot.replies.wording import JA
from bot.store import UnitOfWork
from indexer.channel_map import ChannelMap, Edition, Entry, Kind, Policy, Thresholds
from indexer.corpus import Database
from indexer.model import Message, MessageRef, Reaction, Visibility
from indexer.municipalities import shipped
from indexer.resolution import RESOLVING_EMOJI, ResolutionRules

JAPAN = ZoneInfo("Asia/Tokyo")
QUARTER = timedelta(minutes=15)  # how often the bot looks for waiting questions


def channel_map(chat: Chat, *ambassadors: str) -> ChannelMap:
    """The rooms of `chats`; `ambassadors` serve 税 and 県内担当."""
    ids = tuple(chat.id_of(who) for who in ambassadors)
    return ChannelMap(
        entries=(
            Entry("何でも相談", Kind.GENERAL, Policy.THREAD),
            Entry("税", Kind.TOPIC, Policy.WHISPER, ("課税",), ambassadors=ids),
            Entry("県内担当", Kind.TOPIC, Policy.THREAD, visibility=Visibility.PRIVATE, ambassadors=ids),
            Entry("雑談", Kind.SOCIAL, Policy.OFF),
            Entry("週のまとめ", Kind.ANNOUNCEMENTS, Policy.OFF, digest=Edition.COMMUNITY),
        ),
        thresholds=Thresholds(0.75, 0.5),
        resolved_reactions=RESOLVING_EMOJI,
        operators=frozenset({chat.id_of("operator")}),
    )


class MovedClock:
    """The computer's clock, put forward by hand."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def move(self, to: datetime) -> None:
        assert to >= self.now(), "time does not run backwards"
        self._ahead = to - datetime.now(UTC)


@dataclass
class Office:
    """A bot at work on one platform, and what happens there by the clock."""

    chat: Chat
    database: Database
    channel_map: ChannelMap
    clock: MovedClock = field(default_factory=MovedClock)

    def __post_init__(self) -> None:
        self.unit = UnitOfWork(self.database, ResolutionRules())
        composer = Composer(JA, JAPAN, shipped())
        self.search = ScriptedSearch(self.database)
        self.community = Community(self.unit, self.search, self.channel_map, shipped(), composer, self.clock)  # type: ignore[arg-type]
        self.bot = Bot(self.community)
        self._stack = ExitStack()
        names = self.chat.settings() | {"KYOSO_HTTP_PORT": str(self.chat.port)}
        given = {name.removeprefix("KYOSO_").lower(): value for name, value in names.items()}
        self._settings = BotSettings.model_validate(given)

    def __enter__(self) -> Self:
        app = self.bot.app()
        wiring = connections.Wiring(self.community, self._settings, app, self.bot.checks, self.bot.wake, self._stack)
        (self.platform,) = connections.connect(wiring)
        self.workspace_id = self.platform.workspace.id
        self.bot.add(self.platform)
        connections.listen(wiring, [self.platform])
        self._stack.enter_context(self.bot.working())
        config = uvicorn.Config(app, host=self._settings.http_host, port=self.chat.port, log_level="warning", ws="none")
        http = uvicorn.Server(config)
        thread = threading.Thread(target=http.run, daemon=True)
        thread.start()
        self._stack.callback(thread.join, 5.0)
        self._stack.callback(http.handle_exit, signal.SIGTERM, None)
        until(lambda: http.started and all(check() for check in self.bot.checks.values()) and self._met())
        self.chat.bot = self
        return self

    def __exit__(self, *_exc: object) -> None:
        self._stack.close()

    def idle(self) -> None:
        """Wait until nothing is to be understood and nothing to be said."""
        until(self._nothing_left)

    # Time

    def wait(self, hours: float, since: datetime) -> None:
        """Let so many working hours pass since a moment."""
        self.clock.move(self.community.working_time.after(since, timedelta(hours=hours)))

    def tomorrow(self) -> date:
        """Let it be ten in the morning of the next working day."""
        working, today = self.community.working_time, self.clock.now().astimezone(JAPAN).date()
        day = next(day for number in range(1, 30) if working.is_working_day(day := today + timedelta(days=number)))
        self.clock.move(datetime.combine(day, time(10), JAPAN).astimezone(UTC))
        return day

    # What the schedule does

    def care(self) -> None:
        """Look for waiting questions."""
        self.bot.conversations[self.workspace_id].care.tell(self.workspace_id)
        self.chat.settle()

    def digest(self) -> int:
        """Post last week's digests, if it is the day; how many editions."""
        editions = Digest(self.community).on_day(self.workspace_id, self.clock.now())
        self.chat.settle()
        return sum(edition.posted for edition in editions)

    def tiers(self) -> None:
        """Tell tiers newly earned."""
        Recognition(self.community).tell_tiers(self.workspace_id)
        self.chat.settle()

    def thanks(self) -> None:
        """Give thanks for last month, if it is the day."""
        Recognition(self.community).give_thanks(self.workspace_id, self.clock.now())
        self.chat.settle()

    # What was before

    def helped(self, asker: str, helper: str, room: str, at: datetime, words: tuple[str, str]) -> None:
        """A question of the past that was answered, to the asker's content, as an import tells of it."""
        chat, number = self.chat, f"{at.timestamp():.0f}"
        root, reply = (
            MessageRef(self.workspace_id, chat.room_id(room), name) for name in (f"{number}.0001", f"{number}.0002")
        )
        asked = Message(root, root, chat.id_of(asker), words[0], at)
        thanked = (Reaction("white_check_mark", (chat.id_of(asker),)),)
        answered = Message(reply, root, chat.id_of(helper), words[1], at + timedelta(minutes=30), reactions=thanked)
        with self.unit.begin() as work:
            work.corpus.record([asked, answered], self.clock.now())

    def _met(self) -> bool:
        """Whether the bot knows the people and rooms."""
        with self.unit.read() as work:
            rooms = {room.name for room in work.corpus.channels(self.workspace_id)}
            known = work.corpus.member(self.workspace_id, self.chat.id_of("operator"))
        return known is not None and {entry.name for entry in self.channel_map.entries} <= rooms

    def _nothing_left(self) -> bool:
        with self.unit.read() as work:
            inbox, outbox = work.inbox.counts(), work.outbox.counts()
        return not (inbox.get("new", 0) or outbox.get("waiting", 0) or outbox.get("sending", 0))
