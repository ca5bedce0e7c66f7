"""The small community of `town`, on the web console: inbox, receiver, sender and pages are the real ones."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

from builders import NOON, WORKSPACE
from nicegui import Client
from nicegui.testing import User
from nicegui.testing.user_simulation import user_simulation
from town import ASKER, Town

from bot.conversation import Conversation
from bot.platforms.console.client import ConsolePlatform
from bot.platforms.console.desk import Desk
from bot.platforms.console.mount import add_pages
from bot.platforms.console.rooms import Rooms
from bot.platforms.console.stage import Stage
from bot.receiving import Receiver
from bot.sending import Sender
from indexer.corpus import Database
from indexer.model import Workspace

URL = "https://console.example"
Visit = Callable[[User], Awaitable[None]]


class ConsoleTown:
    """A console with the town's people and channels. What is put into the inbox is worked off at once."""

    def __init__(self, database: Database) -> None:
        self.town = Town(database)
        self.unit, self.clock, self.community = self.town.unit, self.town.clock, self.town.community
        self.platform = ConsolePlatform(self.unit, self.clock, Workspace(WORKSPACE, "見本", URL))
        conversations = {WORKSPACE: Conversation(self.community, self.platform)}
        platforms = {WORKSPACE: self.platform}
        self.receiver = Receiver(self.unit, self.clock, platforms, conversations)
        self.reader = Receiver(self.unit, self.clock, platforms, conversations, aside=True)
        self.sender = Sender(self.unit, self.clock, platforms)
        self.desk = Desk(self.unit, self.clock, self.platform, self.work)
        self.rooms = Rooms(self.community, self.platform)
        with self.unit.begin() as work:
            work.corpus.record_workspace(self.platform.workspace)
        self.town.past(
            "10", "償却資産の電子申告を増やすには", "申告書にeLTAXのちらしを同封し、税理士会に説明しました。"
        )
        self.town.past("20", "課税明細の様式を変えたい", "標準仕様の様式に合わせ、封筒だけ作り直しました。")
        assert self.clock.now() > NOON

    def work(self) -> None:
        """Everything that is due, in and out."""
        while self.receiver.work() + self.reader.work() + self.sender.work():
            pass

    def move_clock(self, by: timedelta) -> None:
        self.clock.forward(by.total_seconds())

    def sees(self, root_id: str, member_id: str = ASKER, channel_id: str = "C0HELP") -> list[str]:
        """The opening lines of what a member sees of the bot in a thread."""
        thread = self.rooms.thread(member_id, channel_id, root_id)
        assert thread is not None
        return [saying.reply.text for saying in thread.sayings]

    def visit(self, scenario: Visit) -> None:
        """Play a visitor of the pages, without a browser."""

        async def play() -> None:
            async with user_simulation() as user:
                add_pages(
                    self.community,
                    self.platform,
                    self.work,
                    "ja",
                    Stage(self.move_clock, operators=frozenset({"UOP"}), ambassadors=frozenset({"UAMB"})),
                )
                try:
                    await scenario(user)
                finally:
                    Client.page_routes.clear()  # else the simulation unloads this package's modules

        asyncio.run(play())
