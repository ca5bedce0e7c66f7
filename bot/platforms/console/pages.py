"""The console's page: what stands where, what a click does, and when to look again."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from urllib.parse import quote

from nicegui import run, ui

from bot.platforms.console import parts
from bot.platforms.console.cards import Cards
from bot.platforms.console.console import Console
from bot.platforms.console.dialogs import Dialogs
from bot.platforms.console.look import CSS
from bot.platforms.console.parts import Act
from bot.platforms.console.rendering import when
from bot.platforms.console.rooms import HOME, PAGE, Person
from bot.platforms.console.sayings import Saying
from bot.platforms.console.sidebar import Sidebar
from bot.platforms.console.sight import Sight, ahead, look
from bot.platforms.console.stage import ClockControl
from bot.platforms.console.state import Line, Pending, State, Surface
from bot.platforms.console.thread_panel import RESOLVING, ThreadActs, ThreadPanel
from bot.platforms.console.timeline import Timeline, TimelineActs
from bot.replies import Button, Menu
from indexer.model import Message, MessageRef

LOOK_SECONDS = 0.06  # how often a page asks whether anything changed
MEMBER_COOKIE = "kyoso_as"
COOKIE_SECONDS = 30 * 24 * 3600
FIRST_MEMBER = "上島町 情報係"


class Page:
    """One open page."""

    def __init__(self, console: Console, member_id: str, channel_id: str, root_id: str) -> None:
        self._console = console
        self._words = console.words
        self._people = {person.id: person for person in console.rooms.people()}
        self._state = self._begin(member_id, channel_id, root_id)
        self._stamp: tuple[int, int, int] | None = None
        self._looks = 0
        self._today: date | None = None
        self._dialogs = Dialogs(console.words)
        self._build()
        self._sight = look(console.rooms, self._state, self._me)
        self._draw(self._sight)
        ui.timer(LOOK_SECONDS, self._watch, immediate=False)

    # What stands where

    def _begin(self, member_id: str, channel_id: str, root_id: str) -> State:
        if member_id not in self._people:
            named = [person.id for person in self._people.values() if person.name == FIRST_MEMBER]
            member_id = next(iter(named or self._people), "")
        rooms = self._console.rooms.open_to(member_id)
        if not any(room.id == channel_id for room in rooms):
            homes = [room.id for room in rooms if room.name == HOME] or [room.id for room in rooms]
            channel_id, root_id = next(iter(homes), ""), ""
        return State(member_id, channel_id, root_id)

    def _build(self) -> None:
        ui.add_head_html(f"<style>{CSS}</style>")
        names = {person.id: person.name for person in self._people.values()}
        cards = Cards(self._words, self._console.inside, self._open_path, names)
        self._frame = parts.box("console")
        with self._frame:
            self._top()
            self._sidebar = Sidebar(
                self._words, lambda channel_id: partial(self._open, channel_id, ""), self._open_home, self._open_direct
            )
            self._timeline = Timeline(self._words, cards, self._timeline_acts())
            self._thread = ThreadPanel(self._words, cards, self._thread_acts())

    def _top(self) -> None:
        with parts.box("top", "header"):
            parts.button("☰", self._toggle_channels, "burger", name=self._words.channels)
            parts.text(self._words.title, "brand")
            parts.text(self._words.subtitle, "tagline")
            move = self._console.stage.move_clock
            self._clock = ClockControl(self._words, self._console.zone, move, self._refresh) if move else None
            with parts.box("acting"):
                parts.text(self._words.acting_as, "acting-label")
                select = ui.select(
                    self._console.stage.cast(self._people.values(), self._words),
                    value=self._state.member_id or None,
                    with_input=True,
                    on_change=lambda e: self._act_as(e.value),
                )
                select.props("dense borderless options-dense").mark("acting-as")
                select.props["aria-label"] = self._words.acting_as

    def _timeline_acts(self) -> TimelineActs:
        return TimelineActs(
            press=lambda saying, act, chosen: partial(self._press, Surface.CHANNEL, saying, act, chosen),
            dismiss=lambda handle: partial(self._dismiss, handle),
            ask=self._ask,
            example=lambda question: partial(self._try_example, question),
            open_thread=lambda message_id: lambda: self._open(self._state.channel_id, message_id),
            older=self._older,
        )

    def _thread_acts(self) -> ThreadActs:
        return ThreadActs(
            press=lambda saying, act, chosen: partial(self._press, Surface.THREAD, saying, act, chosen),
            dismiss=lambda handle: partial(self._dismiss, handle),
            send=self._send,
            close=self._close,
            edit=lambda message: partial(self._edit, message),
            delete=lambda message: partial(self._delete, message),
            react=lambda message, given: partial(self._react, message, take_back=given),
            look_up=lambda message: partial(self._look_up, message),
        )

    # Reading and drawing

    @property
    def _me(self) -> Person:
        return self._people.get(self._state.member_id) or Person(self._state.member_id, self._state.member_id)

    async def _watch(self) -> None:
        stamp = await run.io_bound(self._console.stamp)
        if stamp != self._stamp:
            self._stamp = stamp
            await self._refresh()

    async def _refresh(self) -> None:
        self._looks += 1
        this = self._looks
        sight = await run.io_bound(look, self._console.rooms, self._state, self._me)
        if sight is not None and this == self._looks:  # else a later step of the member's reads on its own
            self._sight = sight
            self._draw(sight)
        elif this != self._looks:
            self._stamp = None

    def _show(self, state: State) -> None:
        """Show what the member did at once; what comes of it is read when it has come."""
        self._looks += 1
        self._state = state
        self._sight = ahead(self._sight, state)
        self._draw(self._sight)

    def _draw(self, sight: Sight) -> None:
        now = self._console.desk.clock.now()

        def shown(at: datetime) -> str:
            return when(at, now, self._console.zone, self._words)

        if self._clock is not None:
            self._clock.show(now)
        today = now.astimezone(self._console.zone).date()
        if today != self._today:  # 「今日」 was another day
            self._today = today
            self._timeline.forget()
            self._thread.forget()
        self._state = self._state.settled(sight.seen, sight.answers).listening(sight.told)
        self._sidebar.draw(sight.rooms, self._state.channel_id, sight.told - self._state.heard)
        self._timeline.draw(sight.channel, shown)
        self._thread.draw(sight.thread, shown)
        opened = bool(sight.thread.root_id or sight.thread.direct or sight.thread.home)
        self._frame.classes(add="thread-open" if opened else None, remove=None if opened else "thread-open")

    # Going about

    async def _go(self, state: State) -> None:
        self._state = state
        self._frame.classes(remove="nav-open")
        self._tell_address()
        await self._refresh()

    def _tell_address(self) -> None:
        """Let the browser's address be the permalink of what is open."""
        path = "/".join(quote(part, safe="") for part in ("c", self._state.channel_id, self._state.root_id) if part)
        self._frame.client.run_javascript(f"history.replaceState(null, '', {json.dumps('/' + path)})")

    async def _open(self, channel_id: str, root_id: str) -> None:
        await self._go(self._state.opened(channel_id, root_id))

    def _open_path(self, path: str) -> Act:
        """What follows a path of this console: /c/channel or /c/channel/message."""
        _, _, channel_id, root_id = [*path.split("/"), "", ""][:4]
        return partial(self._open, channel_id, root_id)

    async def _open_direct(self) -> None:
        await self._go(replace(self._state, direct=True, home=False, root_id=""))

    async def _open_home(self) -> None:
        await run.io_bound(self._console.desk.open_home, self._state.member_id)
        await self._go(replace(self._state, home=True, direct=False, root_id=""))

    async def _close(self) -> None:
        await self._go(self._state.opened(self._state.channel_id))

    async def _older(self) -> None:
        await self._go(replace(self._state, limit=self._state.limit + PAGE))

    async def _act_as(self, member_id: str | None) -> None:
        if member_id and member_id != self._state.member_id:
            cookie = f"{MEMBER_COOKIE}={quote(member_id)}; path=/; SameSite=Lax; max-age={COOKIE_SECONDS}"
            self._frame.client.run_javascript(f"document.cookie = {json.dumps(cookie)}")
            await self._go(self._state.acting_as(member_id))

    def _toggle_channels(self) -> None:
        self._frame.classes(toggle="nav-open")

    # What members do

    async def _ask(self, text: str) -> None:
        if text.startswith("/"):
            await self._command(text, Surface.CHANNEL)
        else:
            await self._post(text, "")

    async def _try_example(self, question: str) -> None:
        home = next((room.id for room in self._console.rooms.open_to(self._state.member_id) if room.name == HOME), "")
        if home and home != self._state.channel_id:
            await self._open(home, "")
        await self._post(question, "")

    async def _send(self, text: str) -> None:
        state, desk = self._state, self._console.desk
        if state.direct:
            self._show(replace(state, lines=(*state.lines, Line(text, desk.clock.now()))))
            await run.io_bound(desk.direct, state.member_id, text)
        elif text.startswith("/"):
            await self._command(text, Surface.THREAD)
        else:
            await self._post(text, state.root_id)

    async def _post(self, text: str, root_id: str) -> None:
        state, desk = self._state, self._console.desk
        message_id = await run.io_bound(desk.post, state.member_id, state.channel_id, text, root_id)
        if message_id is None:  # the console is shutting down
            return
        pending = Pending(message_id, state.channel_id, root_id or message_id, text, desk.clock.now())
        self._show(self._state.sent(pending))
        self._tell_address()

    async def _command(self, line: str, surface: Surface) -> None:
        state, desk = self._state, self._console.desk
        handle = await run.io_bound(desk.command, state.member_id, state.channel_id, line)
        if handle:
            self._expect(handle, surface, line)
        else:
            with self._frame:  # the button that was pressed may be gone by now
                ui.notify(self._words.unknown_command.format(command=line.split(maxsplit=1)[0]), position="top")

    async def _press(self, surface: Surface, saying: Saying, act: Button | Menu, chosen: str) -> None:
        state, desk = self._state, self._console.desk
        if state.home and surface is Surface.THREAD:
            await run.io_bound(desk.press_home, state.member_id, act.action, act.value, chosen)
            return
        message_id = "" if saying.private else saying.message_id
        place = MessageRef(desk.platform.workspace.id, state.channel_id, message_id)
        surface = Surface.DIRECT if state.direct and surface is Surface.THREAD else surface
        on = saying.number if saying.private else 0
        handle = await run.io_bound(desk.press, state.member_id, place, act.action, act.value, chosen, on=on)
        self._expect(handle, surface, act.label)

    async def _look_up(self, message: Message) -> None:
        handle = await run.io_bound(self._console.desk.look_up, self._state.member_id, message.ref)
        self._expect(handle, Surface.THREAD, self._words.look_up)

    def _expect(self, handle: str | None, surface: Surface, asked: str) -> None:
        if handle:
            self._show(self._state.expecting(handle, surface, asked))

    def _dismiss(self, handle: str) -> None:
        self._show(self._state.dismissed(handle))

    async def _edit(self, message: Message) -> None:
        with self._frame:  # a dialog outlives the button that opened it
            text = await self._dialogs.edited(message.text)
        if text:
            await run.io_bound(self._console.desk.edit, self._state.member_id, message.ref, text)

    async def _delete(self, message: Message) -> None:
        with self._frame:
            sure = await self._dialogs.delete()
        if sure:
            await run.io_bound(self._console.desk.delete, self._state.member_id, message.ref)

    async def _react(self, message: Message, *, take_back: bool) -> None:
        desk, me = self._console.desk, self._state.member_id
        await run.io_bound(desk.react, me, message.ref, RESOLVING, take_back=take_back)
