"""Mounts the console on the HTTP side."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal
from urllib.parse import unquote

import nicegui
from fastapi import FastAPI, Request
from nicegui import ui

from bot import memory
from bot.community import Community
from bot.platforms.console.access import Guard
from bot.platforms.console.client import ConsolePlatform
from bot.platforms.console.console import Console
from bot.platforms.console.desk import Desk
from bot.platforms.console.pages import MEMBER_COOKIE, Page
from bot.platforms.console.rooms import Rooms
from bot.platforms.console.stage import Stage
from bot.platforms.console.wording import console_wording

ICON = "💬"


def mount(  # noqa: PLR0913 - the composition root's wiring
    app: FastAPI,
    community: Community,
    platform: ConsolePlatform,
    wake: Callable[[], None],
    token: str = "",
    lang: Literal["ja", "en"] = "ja",
    stage: Stage | None = None,
) -> None:
    """Put the console's pages on `app`, under every path that nothing else takes: call it last.

    `wake` is called when something was put into the inbox. Without a token only loopback names are answered.
    """
    words = console_wording(lang)
    add_pages(community, platform, wake, lang, stage)
    nicegui.app.on_startup(memory.settle)
    nicegui.app.add_middleware(Guard, token=token, words=words, lang=lang)
    ui.run_with(
        app,
        title=words.title,
        favicon=ICON,
        language="ja" if lang == "ja" else "en-US",
        show_welcome_message=False,
        tailwind=False,
    )


def add_pages(
    community: Community,
    platform: ConsolePlatform,
    wake: Callable[[], None],
    lang: str,
    stage: Stage | None = None,
) -> None:
    """Define the pages: the channels, and permalinks `/c/channel/message`. `stage`: what a demo adds."""
    desk = Desk(community.unit, community.clock, platform, wake)
    rooms = Rooms(community, platform)
    console = Console(rooms, desk, console_wording(lang), community.composer.zone, stage or Stage())

    @ui.page("/")
    def home(request: Request) -> None:
        Page(console, _acting(request), "", "")

    @ui.page("/c/{channel_id}")
    def channel(request: Request, channel_id: str) -> None:
        Page(console, _acting(request), channel_id, "")

    @ui.page("/c/{channel_id}/{message_id}")
    def thread(request: Request, channel_id: str, message_id: str) -> None:
        Page(console, _acting(request), channel_id, message_id)


def _acting(request: Request) -> str:
    return unquote(request.cookies.get(MEMBER_COOKIE, ""))
