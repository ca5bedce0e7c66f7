"""What processes of their own do in tests: here, since a process that is spawned has to find it by its name."""

from __future__ import annotations

from datetime import datetime
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier

from town import Town

from bot.events import Pressed
from indexer.corpus import Database


def press_alone(url: str, press: Pressed, at: datetime, together: Barrier, said: Queue[str]) -> None:
    """Press a button as soon as the other process is ready, too, and tell what is answered."""
    alone, key = Town(Database(url)), f"event:{press.member_id}"
    alone.clock.at = at
    together.wait(30)
    alone.conversation.hear(press, key)
    with alone.unit.read() as work:
        kept = work.outbox.get(key)
    said.put(kept.outgoing.reply.text if kept else "")
