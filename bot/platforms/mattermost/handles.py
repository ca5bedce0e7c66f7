"""How one command or press can be answered: by the request that still waits, by its hook, else by itself.

A handle is kept in the outbox as text. The request that brought a command or press waits a little for its answer,
since an answer within it needs nothing of the server's settings.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Self

from bot.platforms.payloads import json_in, string_in

MOST_WAITING = 16  # of the 40 threads that answer requests; others are answered later
TEXTS = ("thread_id", "ticket", "hook_id", "about_id", "about_thread_id", "post_id")


@dataclass(frozen=True, slots=True)
class Handle:
    """One call for an answer: who made it and where. `ticket`: the request; `hook_id`: a slash command's own address.

    `about_id`, `about_thread_id`: the channel and thread that it is about, where it was made in direct messages.
    `pressed`: it was a press, whose request takes text alone; `post_id`: of what, `unseen`: that nobody else sees and
    that is no post of the server's.
    """

    member_id: str
    channel_id: str
    thread_id: str = ""
    ticket: str = ""
    hook_id: str = ""
    about_id: str = ""
    about_thread_id: str = ""
    pressed: bool = False
    post_id: str = ""
    unseen: bool = False

    def to_text(self) -> str:
        """The handle as the outbox keeps it."""
        return json.dumps({name: told for name, told in asdict(self).items() if told})

    @classmethod
    def from_text(cls, text: str) -> Self | None:
        """What `to_text` wrote; None where it was something else."""
        told = json_in(text)
        member_id, channel_id = string_in(told.get("member_id")), string_in(told.get("channel_id"))
        if not member_id or not channel_id:
            return None
        rest = {name: string_in(told.get(name)) for name in TEXTS}
        return cls(member_id, channel_id, **rest, pressed=bool(told.get("pressed")), unseen=bool(told.get("unseen")))


class Waiting:
    """The requests that wait for an answer, in this process."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._answers: dict[str, dict[str, Any] | None] = {}

    @contextmanager
    def ticket(self, name: str) -> Iterator[bool]:
        """Take answers to `name` for the length of the block; False where too many wait already."""
        with self._changed:
            free = len(self._answers) < MOST_WAITING
            if free:
                self._answers[name] = None
        try:
            yield free
        finally:
            with self._changed:
                self._answers.pop(name, None)

    def answer(self, name: str, seconds: float) -> dict[str, Any] | None:
        """The answer to `name`; None where none comes in time, and from then on none is taken."""
        with self._changed:
            self._changed.wait_for(lambda: self._answers.get(name) is not None, seconds)
            return self._answers.pop(name, None)

    def waits(self, name: str) -> bool:
        """Whether a request waits for this answer."""
        with self._changed:
            return name in self._answers and self._answers[name] is None

    def give(self, name: str, answer: dict[str, Any]) -> bool:
        """Answer a request; False where it waits no longer."""
        with self._changed:
            if self._answers.get(name, answer) is not None:
                return False
            self._answers[name] = answer
            self._changed.notify_all()
            return True
