"""Platform-neutral cards. Text is plain: each platform escapes it and adds its own links and buttons."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Literal, Self


@dataclass(frozen=True, slots=True)
class Button:
    """A button. `action` names what it does, `value` (at most 2,000 characters) to what; `url` only opens a page."""

    action: str
    label: str
    value: str = ""
    style: Literal["", "primary", "danger"] = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Card:
    """One thread: its linked title, an excerpt of the accepted answer, one line of facts, an optional caution."""

    title: str
    url: str
    excerpt: str
    facts: str
    caution: str = ""
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole message: an opening line, cards, closing notes, buttons for the message as a whole.

    `links` are channels to point to, as (channel id, name); a platform renders them its own way after `notes`.
    """

    text: str
    cards: tuple[Card, ...] = ()
    notes: tuple[str, ...] = ()
    buttons: tuple[Button, ...] = ()
    links: tuple[tuple[str, str], ...] = ()

    def to_json(self) -> str:
        """The reply as the outbox keeps it."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What `to_json` wrote."""
        data: dict[str, Any] = json.loads(text)
        return cls(
            text=data["text"],
            cards=tuple(Card(**card | {"buttons": _buttons(card["buttons"])}) for card in data["cards"]),
            notes=tuple(data["notes"]),
            buttons=_buttons(data["buttons"]),
            links=tuple((channel_id, name) for channel_id, name in data["links"]),
        )


def _buttons(data: list[dict[str, Any]]) -> tuple[Button, ...]:
    return tuple(Button(**button) for button in data)
