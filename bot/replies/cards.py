"""Platform-neutral cards. Text is plain: each platform escapes it and adds its own links and buttons."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
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
class Menu:
    """A menu. What is chosen comes back as `Pressed.chosen`, beside `action` and `value`.

    `options` are at most 100 pairs (what comes back, what people read), each at most 75 characters; with `people` the
    menu offers the workspace's members instead, and a member id comes back.
    """

    action: str
    label: str
    options: tuple[tuple[str, str], ...] = ()
    people: bool = False
    value: str = ""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a message. `name` with its ending; `alt` describes a picture to those who cannot see it."""

    name: str
    content: bytes
    alt: str = ""

    @property
    def picture(self) -> bool:
        """Whether the message shows it, rather than offer it for download."""
        return self.name.endswith(".png")


# A card's `url` may name another post of the bot's, which is linked to once it stands: this and its outbox key.
OWN_POST = "own-post:"


@dataclass(frozen=True, slots=True)
class Card:
    """One thread or one matter: its linked title, an excerpt, one line of facts, an optional caution."""

    title: str
    url: str
    excerpt: str
    facts: str
    caution: str = ""
    buttons: tuple[Button, ...] = ()
    menus: tuple[Menu, ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole message: an opening line, cards, closing notes, buttons and menus for the message as a whole.

    `links` are channels to point to, as (channel id, name); a platform renders them its own way after `notes`.
    `attachments` arrive in the same message, all or none; only posts, direct messages and their updates carry them.
    `instead`: what answers a press takes the place of what was pressed, where nobody but its presser sees that.
    """

    text: str
    cards: tuple[Card, ...] = ()
    notes: tuple[str, ...] = ()
    buttons: tuple[Button, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    menus: tuple[Menu, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    instead: bool = False

    def to_json(self) -> str:
        """The reply as the outbox keeps it."""
        return _JSON.encode(self)

    @classmethod
    def from_json(cls, text: str) -> Self:
        """What `to_json` wrote."""
        data: dict[str, Any] = json.loads(text)
        return cls(
            text=data["text"],
            cards=tuple(_card(card) for card in data["cards"]),
            notes=tuple(data["notes"]),
            buttons=_buttons(data["buttons"]),
            links=tuple((channel_id, name) for channel_id, name in data["links"]),
            menus=_menus(data.get("menus", [])),
            attachments=tuple(
                Attachment(**one | {"content": base64.b64decode(one["content"])}) for one in data.get("attachments", [])
            ),
            instead=data.get("instead", False),
        )


def _plain(value: Any) -> Any:
    """What JSON has no word for: the contents of a file, and the parts of a reply one level at a time."""
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return {name: getattr(value, name) for name in value.__slots__}


_JSON = json.JSONEncoder(ensure_ascii=False, default=_plain)


def _card(data: dict[str, Any]) -> Card:
    return Card(**data | {"buttons": _buttons(data["buttons"]), "menus": _menus(data.get("menus", []))})


def _menus(data: list[dict[str, Any]]) -> tuple[Menu, ...]:
    return tuple(Menu(**menu | {"options": tuple((key, label) for key, label in menu["options"])}) for menu in data)


def _buttons(data: list[dict[str, Any]]) -> tuple[Button, ...]:
    return tuple(Button(**button) for button in data)
