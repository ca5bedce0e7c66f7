"""Replies as Block Kit. What is too long is cut, cards that no longer fit are left out: Slack takes every message.

Members' words are escaped and marked `verbatim`: they call nobody and link nowhere by themselves.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from bot.platforms.slack.events import OPENS_PAGE, UNIQUE
from bot.platforms.slack.files import Uploaded
from bot.replies import Button, Card, Menu, Reply

# Limits of https://docs.slack.dev/reference/block-kit/blocks/, in characters unless they count things.
BLOCKS = 50
SECTION = 3_000
MESSAGE = 13_000
BUTTON_LABEL = 75
BUTTON_VALUE = 2_000
ACTIONS = 25
CONTEXT_ELEMENTS = 10
ALT = 2_000
OPTIONS = 100
OPTION_LABEL = 75
OPTION_VALUE = 150
PLACEHOLDER = 150
HOME_BLOCKS = 100
ID = 255

# Kyoso's own bounds, under Slack's.
CARD_TITLE = 150
FACTS = 500
LINK = 2_000
FALLBACK = 1_000
THREAD_CARDS = 3
HOME_PAGE = 100_000  # a view may have 250 kB

KEY_BLOCK = "kyoso:"  # a block id that begins so carries the message's key
METADATA_EVENT = "kyoso"
BLANK = "…"  # Slack takes no empty message

Block = dict[str, Any]


def message(
    reply: Reply, key: str | None = None, *, most_cards: int = BLOCKS, files: Sequence[Uploaded] = ()
) -> dict[str, Any]:
    """`text` and `blocks` of a message; `key` goes into its first block's id and its metadata.

    `files`: the reply's attachments as uploaded. A picture is a block; any other is shared by its permalink.
    """
    summary = [reply.text.strip(), *(f"・{card.title}" for card in reply.cards[:most_cards])]
    text = fitted("\n".join(line for line in summary if line), FALLBACK) or BLANK
    text += "".join(f"\n{_file(file)}" for file in files if not file.attachment.picture)
    blocks = _fitting(_parts(reply, most_cards, files), Room(BLOCKS, MESSAGE - len(text)), key)
    if not blocks:
        blocks = _laid_out([_Part(0, 0, tuple(_section(BLANK)))], key)
    rendered: dict[str, Any] = {"text": text, "blocks": blocks}
    if key is not None:
        rendered["metadata"] = {"event_type": METADATA_EVENT, "event_payload": {"key": key}}
    return rendered


def home(reply: Reply) -> dict[str, Any]:
    """The view of a home page."""
    blocks = _fitting(_parts(reply, HOME_BLOCKS, ()), Room(HOME_BLOCKS, HOME_PAGE), None)
    return {"type": "home", "blocks": blocks or list(_section(BLANK))}


def block_id(key: str) -> str:
    """The block id that carries `key`; one too long is carried by its hash."""
    whole = KEY_BLOCK + key
    return whole if len(whole) <= ID else KEY_BLOCK + hashlib.sha256(key.encode()).hexdigest()


def carries(payload: Mapping[str, Any], key: str) -> bool:
    """Whether a message read back from Slack carries `key`, in its metadata or in a block's id."""
    metadata = payload.get("metadata")
    kept = metadata.get("event_payload") if isinstance(metadata, Mapping) else None
    if isinstance(kept, Mapping) and kept.get("key") == key:
        return True
    blocks = payload.get("blocks")
    wanted = block_id(key)
    return any(
        isinstance(block, Mapping) and block.get("block_id") == wanted
        for block in (blocks if isinstance(blocks, list) else ())
    )


def escaped(text: str) -> str:
    """Plain text that Slack shows as it is."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def fitted(text: str, limit: int) -> str:
    """Plain text escaped and cut to `limit` characters, never inside an entity."""
    whole = escaped(text)
    if len(whole) <= limit:
        return whole
    return re.sub(r"&[a-z]*$", "", whole[: limit - 1]) + "…"


FIRST_CARD = 3  # the rank after opening, buttons, links and notes


class Room(NamedTuple):
    """How much a message or page takes."""

    blocks: int
    characters: int


@dataclass(frozen=True, slots=True)
class _Part:
    """Blocks that stand or fall together: `place` orders them on the page, `rank` says who comes first for room."""

    place: int
    rank: int
    blocks: tuple[Block, ...]


def _parts(reply: Reply, most_cards: int, files: Sequence[Uploaded]) -> Iterator[_Part]:
    count = iter(range(1_000_000))
    yield _Part(0, 0, tuple(_section(fitted(reply.text.strip(), SECTION))))
    for place, card in enumerate(reply.cards[:most_cards], start=1):
        yield _Part(place, FIRST_CARD + place, tuple(_card(card, count)))
    closing = 1 + len(reply.cards)
    yield _Part(closing, 1, tuple(_files(files)))
    notes = [fitted(note.strip(), FACTS) for note in reply.notes]
    yield _Part(closing + 1, 2, tuple(_context(notes)))
    links = " ".join(f"<#{channel_id}>" for channel_id, _ in reply.links if re.fullmatch(r"\w{1,50}", channel_id))
    yield _Part(closing + 2, 1, tuple(_section(links if len(links) <= SECTION else "")))
    yield _Part(closing + 3, 1, tuple(_acts(reply.buttons, reply.menus, count)))


def _fitting(parts: Iterable[_Part], room: Room, key: str | None) -> list[Block]:
    kept: list[_Part] = []
    for part in sorted(parts, key=lambda part: part.rank):
        tried = _laid_out([*kept, part], key)
        if len(tried) <= room.blocks and len(json.dumps(tried, ensure_ascii=False)) <= room.characters:
            kept.append(part)
        elif part.rank >= FIRST_CARD:  # a later card would look as if it came next
            break
    return _laid_out(kept, key)


def _laid_out(parts: Sequence[_Part], key: str | None) -> list[Block]:
    blocks = [block for part in sorted(parts, key=lambda part: part.place) for block in part.blocks]
    if key is not None and blocks:
        blocks[0] = {**blocks[0], "block_id": block_id(key)}
    return blocks


def _card(card: Card, count: Iterator[int]) -> Iterator[Block]:
    title = fitted(" ".join(card.title.split()), CARD_TITLE)
    heading = f"*<{_address(card.url)}|{title}>*" if title and _is_link(card.url) else f"*{title}*" if title else ""
    excerpt = fitted(card.excerpt.strip(), SECTION - len(heading) - 1)
    yield from _section("\n".join(line for line in (heading, excerpt) if line))
    facts = [fitted(line.strip(), FACTS) for line in (card.facts, card.caution)]
    yield from _context(facts)
    yield from _acts(card.buttons, card.menus, count)


def _files(files: Iterable[Uploaded]) -> Iterator[Block]:
    for file in files:
        if file.attachment.picture:
            alt = (file.attachment.alt or file.attachment.name)[:ALT]
            yield {"type": "image", "slack_file": {"id": file.id}, "alt_text": alt}
        else:
            yield from _section(f"📎 {_file(file)}")


def _file(file: Uploaded) -> str:
    return f"<{_address(file.permalink)}|{fitted(file.attachment.name, CARD_TITLE)}>"


def _section(markup: str) -> Iterator[Block]:
    if markup:
        yield {"type": "section", "text": _mrkdwn(markup)}


def _context(lines: Iterable[str]) -> Iterator[Block]:
    if elements := [_mrkdwn(line) for line in lines if line][:CONTEXT_ELEMENTS]:
        yield {"type": "context", "elements": elements}


def _mrkdwn(markup: str) -> Block:
    return {"type": "mrkdwn", "text": markup, "verbatim": True}


def _acts(buttons: Iterable[Button], menus: Iterable[Menu], count: Iterator[int]) -> Iterator[Block]:
    """One row of buttons and menus. What is too long is left out: a value cut short would name another thing."""
    shown = [_button(button, next(count)) for button in buttons if len(button.value) <= BUTTON_VALUE]
    shown += [menu for given in menus if (menu := _menu(given, next(count)))]
    if shown:
        yield {"type": "actions", "elements": shown[:ACTIONS]}


def _button(button: Button, number: int) -> Block:
    label = button.label.strip()
    cut = label if len(label) <= BUTTON_LABEL else label[: BUTTON_LABEL - 1] + "…"
    link = _is_link(button.url)
    unique = f"{UNIQUE}{number}"
    action = OPENS_PAGE if link else button.action[: ID - len(unique)]
    block: Block = {
        "type": "button",
        "text": {"type": "plain_text", "text": cut or BLANK, "emoji": True},
        "action_id": action + unique,
    }
    if button.value:
        block["value"] = button.value
    if button.style:
        block["style"] = button.style
    if link:
        block["url"] = button.url
    return block


def _menu(menu: Menu, number: int) -> Block | None:
    """A menu; a menu has no value of its own on Slack, so it rides in the id. None where it has nothing to offer."""
    action_id = f"{menu.action}{UNIQUE}{number}{UNIQUE}{menu.value}"
    label = menu.label.strip() or BLANK
    placeholder = {"type": "plain_text", "text": label[:PLACEHOLDER], "emoji": True}
    options = [
        {"text": {"type": "plain_text", "text": text.strip()[:OPTION_LABEL] or BLANK, "emoji": True}, "value": value}
        for value, text in menu.options
        if 0 < len(value) <= OPTION_VALUE
    ][:OPTIONS]
    if len(action_id) > ID or not (options or menu.people):
        return None
    if menu.people:
        return {"type": "users_select", "action_id": action_id, "placeholder": placeholder}
    return {"type": "static_select", "action_id": action_id, "placeholder": placeholder, "options": options}


def _is_link(url: str) -> bool:
    return url.startswith(("https://", "http://")) and len(_address(url)) <= LINK and not re.search(r"\s", url)


def _address(url: str) -> str:
    return url.replace("&", "&amp;").replace("<", "%3C").replace(">", "%3E").replace("|", "%7C")
