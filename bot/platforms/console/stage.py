"""What a demo adds to the pages: a clock that visitors move, and who holds an office, so each part can be played."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from functools import partial

from nicegui import run

from bot.platforms.console import parts
from bot.platforms.console.rooms import Person
from bot.platforms.console.wording import ConsoleWording

# Moves the community's clock forward and plays what falls due on the way.
MoveClock = Callable[[timedelta], object]


@dataclass(frozen=True, slots=True)
class Stage:
    """A demo's additions. The ids are those of members."""

    move_clock: MoveClock | None = None
    operators: frozenset[str] = frozenset()
    ambassadors: frozenset[str] = frozenset()
    newcomers: frozenset[str] = frozenset()

    def cast(self, people: Iterable[Person], words: ConsoleWording) -> dict[str, str]:
        """Whom one can act as, by id: those with an office first, which their name tells."""
        named = [(self._office(person, words), person) for person in people]
        named.sort(key=lambda one: not one[0])
        return {person.id: f"{office}{_name(person)}" for office, person in named}

    def _office(self, person: Person, words: ConsoleWording) -> str:
        if person.id in self.operators:
            return f"【{words.operator}】"
        if person.id in self.newcomers:
            return f"【{words.newcomer}】"
        return f"【{words.ambassador}】" if person.id in self.ambassadors else ""


def _name(person: Person) -> str:
    return f"{person.name}({person.place})" if person.place else person.name


class ClockControl:
    """The time, and buttons that move it; while it moves they wait."""

    def __init__(
        self, words: ConsoleWording, zone: tzinfo, move: MoveClock, after: Callable[[], Awaitable[None]]
    ) -> None:
        self._words = words
        self._zone = zone
        self._move = move
        self._after = after
        steps = {words.an_hour: timedelta(hours=1), words.a_day: timedelta(days=1), words.a_week: timedelta(days=7)}
        with parts.box("clock", role="group", aria_label=words.move_clock, title=words.move_clock) as self._box:
            self._time = parts.text("", "now").mark("clock")
            for label, step in steps.items():
                parts.button(f"⏩ {label}", partial(self._forward, step), "quiet", mark="move")

    def show(self, now: datetime) -> None:
        """Let it read `now`."""
        self._time.text = self._words.clock.format(now.astimezone(self._zone))

    async def _forward(self, step: timedelta) -> None:
        self._box.classes(add="busy")
        await run.io_bound(self._move, step)
        self._box.classes(remove="busy")
        await self._after()
