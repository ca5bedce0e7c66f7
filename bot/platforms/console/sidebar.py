"""The channels on the left: grouped, searchable, the open one marked."""

from __future__ import annotations

from collections.abc import Callable

from nicegui import ui

from bot.platforms.console import parts
from bot.platforms.console.parts import Act
from bot.platforms.console.rooms import Group, Room
from bot.platforms.console.wording import ConsoleWording


class Sidebar:
    """Draws the list of channels; only what changed is drawn again."""

    def __init__(
        self, words: ConsoleWording, open_room: Callable[[str], Act], open_home: Act, open_direct: Act
    ) -> None:
        self._words = words
        self._open_room = open_room
        self._rooms: tuple[Room, ...] = ()
        self._drawn: tuple[tuple[Room, ...], str, str] | None = None
        self._active = ""
        with parts.box("side", "nav", aria_label=words.channels):
            parts.button(f"🏠 {words.home}", open_home, "direct", mark="open-home")
            self._direct = parts.button(f"💬 {words.direct}", open_direct, "direct", mark="open-direct")
            self._search = ui.input(placeholder=words.find_channel, on_change=self._draw)
            self._search.props("outlined dense clearable debounce=150").mark("find-channel")
            self._search.props["aria-label"] = words.find_channel
            self._list = parts.box()

    def draw(self, rooms: tuple[Room, ...], active: str, unheard: int) -> None:
        """Show these channels, and how many direct messages have come since one last looked."""
        self._rooms, self._active = rooms, active
        self._direct.text = f"💬 {self._words.direct}" + (f" ({unheard})" if unheard > 0 else "")
        self._draw()

    def _draw(self) -> None:
        wanted = str(self._search.value or "").strip().lstrip("#")
        what = (self._rooms, self._active, wanted)
        if what == self._drawn:
            return
        self._drawn = what
        shown = [room for room in self._rooms if wanted.casefold() in room.name.casefold()]
        titles = {
            Group.GENERAL: self._words.general,
            Group.TOPIC: self._words.topic,
            Group.PREFECTURE: self._words.prefecture,
        }
        self._list.clear()
        with self._list:
            for group in Group:
                self._group(titles[group], [room for room in shown if room.group is group], unfolded=bool(wanted))

    def _group(self, title: str, rooms: list[Room], *, unfolded: bool) -> None:
        if not rooms:
            return
        here = any(room.id == self._active for room in rooms)
        with parts.box(tag="details") as details:
            if unfolded or here or rooms[0].group is not Group.PREFECTURE:
                details.props["open"] = True
            parts.text(f"{title} ({len(rooms)})", tag="summary")
            for room in rooms:
                look = "room on" if room.id == self._active else "room"
                link = parts.link(f"# {room.name}", f"/c/{room.id}", self._open_room(room.id), look)
                if room.id == self._active:
                    link.props["aria-current"] = "page"
