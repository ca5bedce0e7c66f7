"""How to call the members and channels that a text names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


def unnamed(_id: str) -> str | None:
    """Knows nobody's name."""
    return None


@dataclass(frozen=True, slots=True)
class Names:
    """How to call whom a text names: by id on Slack, by unique name on Mattermost; None where that is not known."""

    member: Callable[[str], str | None] = unnamed
    channel: Callable[[str], str | None] = unnamed


NAMELESS = Names()
