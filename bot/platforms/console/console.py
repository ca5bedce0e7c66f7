"""What every page of the console works with."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import tzinfo

from bot.platforms.console.desk import Desk
from bot.platforms.console.rooms import Rooms
from bot.platforms.console.stage import Stage
from bot.platforms.console.wording import ConsoleWording

REREAD_SECONDS = 5.0  # another process on the same database is noticed this late


@dataclass(frozen=True, slots=True)
class Console:
    """What every page works with."""

    rooms: Rooms
    desk: Desk
    words: ConsoleWording
    zone: tzinfo
    stage: Stage = field(default_factory=Stage)

    def stamp(self) -> tuple[int, int, int]:
        """Something that is another when a page should read again."""
        return self.desk.platform.beats, self.rooms.position(), int(time.monotonic() / REREAD_SECONDS)

    def inside(self, address: str) -> str:
        """The path of an address within this console; empty for any other."""
        base = self.desk.platform.workspace.url.rstrip("/")
        path = address.removeprefix(base) if base and address.startswith(f"{base}/") else address
        return path if path.startswith("/c/") else ""
