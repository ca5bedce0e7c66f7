"""Replies as posts with message attachments. What is too long is cut, cards that no longer fit are left out.

Members' words are escaped: they format nothing, link nowhere by themselves and call nobody, neither by `@name` nor by
`~channel`. Source of the attachments' shape: https://developers.mattermost.com/integrate/reference/message-attachments/
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.platforms.mattermost.contexts import Place, Signer
from bot.replies import Button, Card, Menu, Reply

POST = 16_383  # characters of a post's text, from `PostMessageMaxRunesV2` of the server
# Characters of a post's props as JSON: 8,000 before version 6, 800,000 since, less what the server adds itself.
OLD_PROPS, PROPS = 7_600, 760_000
OLD_VERSIONS = 6

# Kyoso's own bounds, under Mattermost's.
TITLE = 150
EXCERPT = 3_000
NOTE = 500
LABEL = 75
VALUE = 2_000
LINK = 2_000
OPTIONS = 100
CARDS = 20
THREAD_CARDS = 3
MARGIN = 300  # characters of a post that notes and links may need

KEY_PROP, FILES_PROP = "kyoso_key", "kyoso_files"
BLANK = "…"  # a post must say something
WORDLESS = "\u200b"  # stands unseen between a sign and the name that it would call

Attachment = dict[str, Any]

_URL = re.compile(r"https?://[^\s<>()（）「」『』、。]+")
# A sign that calls: `@name`, `~channel`, but not the @ within a mail address.
_CALL = re.compile(r"(?<![A-Za-z0-9._+-])@(?=[\w.-])|~(?=[\w-])")
_MARKUP = re.compile(r"([\\`*\[\]|<>#])|(?<![A-Za-z0-9])(_)|(_)(?![A-Za-z0-9])")
_LINE_MARK = re.compile(r"^([ \t]*)([-+=])", re.MULTILINE)
_ENTITY = re.compile(r"&(?=#?\w+;)")
_CODE = re.compile(r"(`[^`\n]+`)")
_BOLD_LINE = re.compile(r"^\\\*([^*\n]+)\\\*$", re.MULTILINE)
_STRUCK = re.compile(r"~~")


@dataclass(frozen=True, slots=True)
class Page:
    """What a server takes and how it reaches the bot: `address` of buttons, empty where there are none."""

    address: str
    signer: Signer
    team_url: str
    characters: int = POST
    props: int = PROPS


def post(reply: Reply, page: Page, place: Place, now: datetime, *, most_cards: int = CARDS) -> dict[str, Any]:
    """`message` and, where there are cards or buttons, `props` with attachments."""
    draw = _Drawer(page, place, now)
    text = sentence(reply.text.strip(), page.characters)
    parts = list(draw.parts(reply, most_cards))
    attachments = _fitting(parts, page.props)
    rendered: dict[str, Any] = {"message": text or ("" if attachments else BLANK)}
    return rendered | ({"props": {"attachments": attachments}} if attachments else {})


def command_response(reply: Reply, page: Page, place: Place, now: datetime) -> dict[str, Any]:
    """A private answer to a slash command."""
    rendered = post(reply, page, place, now)
    attachments = rendered.get("props", {}).get("attachments", [])
    return {
        "response_type": "ephemeral",
        "text": rendered["message"],
        "attachments": attachments,
        "skip_slack_parsing": True,
    }


def markdown(reply: Reply, page: Page) -> str:
    """A reply as text alone, its buttons left out."""
    lines = [sentence(reply.text.strip(), page.characters - MARGIN)]
    for card in reply.cards:
        body = (_excerpt(card), *_facts(card))
        lines.append("\n".join(line for line in (_heading(card), *body) if line))
    lines += _closing(reply, page)
    kept: list[str] = []
    for line in lines:
        if line and len("\n\n".join([*kept, line])) <= page.characters:
            kept.append(line)
    return "\n\n".join(kept) or BLANK


def interactive(reply: Reply) -> bool:
    """Whether a reply can be answered: it carries buttons or menus that do something."""
    buttons = (*reply.buttons, *(button for card in reply.cards for button in card.buttons))
    menus = (*reply.menus, *(menu for card in reply.cards for menu in card.menus))
    return bool(menus) or any(not button.url for button in buttons)


def carries(payload: Mapping[str, Any], key: str) -> bool:
    """Whether a post read back carries `key`."""
    props = payload.get("props")
    return isinstance(props, Mapping) and props.get(KEY_PROP) == key


def escaped(text: str) -> str:
    """Plain text that Mattermost shows as it is, and that calls nobody."""
    parts: list[str] = []
    at = 0
    for match in _URL.finditer(text):
        parts += [_escaped(text[at : match.start()]), match.group().replace("@", "%40")]
        at = match.end()
    return "".join((*parts, _escaped(text[at:])))


def fitted(text: str, limit: int) -> str:
    """Plain text escaped and cut to `limit` characters, never inside an escape."""
    plain = text[: limit + 1]  # escaping only lengthens
    whole = escaped(plain)
    while len(whole) > limit:
        plain = plain[: min(len(plain) - 1, len(plain) * limit // len(whole))]
        whole = escaped(plain) + "…"
    return whole


def sentence(text: str, limit: int) -> str:
    """A sentence of the bot's own, which may hold members' words: `code` and lines in *bold* stay what they are."""
    if len(text) > limit or len(escaped(text)) > limit:
        return fitted(text, limit)
    told = "".join(
        part if part.startswith("`") and part.endswith("`") and len(part) > 1 else escaped(part)
        for part in _CODE.split(text)
    )
    return _BOLD_LINE.sub(r"**\1**", told)


def _escaped(text: str) -> str:
    text = _ENTITY.sub("&amp;", text)
    text = _MARKUP.sub(lambda match: "\\" + (match[1] or match[2] or match[3]), text)
    text = _LINE_MARK.sub(r"\1\\\2", text)
    text = _CALL.sub(lambda match: match.group() + WORDLESS, text)
    return _STRUCK.sub(rf"~{WORDLESS}~", text)


FIRST_CARD = 2  # the rank after closing notes, links and buttons


@dataclass(frozen=True, slots=True)
class _Part:
    """An attachment: `place` orders them in the post, `rank` says who comes first for room."""

    place: int
    rank: int
    attachment: Attachment


@dataclass(frozen=True, slots=True)
class _Drawer:
    page: Page
    place: Place
    now: datetime

    def parts(self, reply: Reply, most_cards: int) -> Iterator[_Part]:
        for number, card in enumerate(reply.cards[:most_cards], start=1):
            yield _Part(number, FIRST_CARD + number, self._card(card))
        said = "\n".join(line for line in (*_closing(reply, self.page), *_opening_pages(reply.buttons)) if line)
        actions = self._actions(reply.buttons, reply.menus)
        if said or actions:
            closing: Attachment = {"fallback": said or BLANK, "text": said}
            yield _Part(1 + len(reply.cards), 1, closing | ({"actions": actions} if actions else {}))

    def _card(self, card: Card) -> Attachment:
        title = fitted(" ".join(card.title.split()), TITLE)
        text = "\n".join(line for line in (_excerpt(card), *_opening_pages(card.buttons)) if line)
        shown: Attachment = {"fallback": title or BLANK, "title": title, "text": text}
        if _is_link(card.url):
            shown["title_link"] = card.url
        if facts := _facts(card):
            shown["fields"] = [{"title": "", "value": fact, "short": False} for fact in facts]
        if actions := self._actions(card.buttons, card.menus):
            shown["actions"] = actions
        return shown

    def _actions(self, buttons: Iterable[Button], menus: Iterable[Menu]) -> list[dict[str, Any]]:
        """What is too long is left out: a value cut short would name another thing."""
        if not self.page.address:
            return []
        shown = [self._button(button) for button in buttons if not button.url and len(button.value) <= VALUE]
        return shown + [drawn for menu in menus if (drawn := self._menu(menu))]

    def _button(self, button: Button) -> dict[str, Any]:
        style = {"style": button.style} if button.style else {}
        return {"type": "button", "name": _label(button.label), **style} | self._integration(
            button.action, button.value
        )

    def _menu(self, menu: Menu) -> dict[str, Any] | None:
        shown: dict[str, Any] = {"type": "select", "name": _label(menu.label)}
        options = [{"text": _label(text), "value": value} for value, text in menu.options if value][:OPTIONS]
        if len(menu.value) > VALUE or not (options or menu.people):
            return None
        source = {"data_source": "users"} if menu.people else {"options": options}
        return shown | source | self._integration(menu.action, menu.value)

    def _integration(self, action: str, value: str) -> dict[str, Any]:
        context = self.page.signer.context(action, value, self.place, self.now)
        return {"integration": {"url": self.page.address, "context": context}}


def _fitting(parts: Sequence[_Part], room: int) -> list[Attachment]:
    kept: list[_Part] = []
    for part in sorted(parts, key=lambda part: part.rank):
        tried = [kept_part.attachment for kept_part in (*kept, part)]
        if _length(tried) <= room:
            kept.append(part)
        elif part.rank >= FIRST_CARD:  # a later card would look as if it came next
            break
    return [part.attachment for part in sorted(kept, key=lambda part: part.place)]


def _length(attachments: object) -> int:
    """The characters of props as the server counts them: its JSON writes `<`, `>` and `&` with six each."""
    told = json.dumps(attachments, ensure_ascii=False, separators=(",", ":"))
    return len(told) + 5 * sum(told.count(sign) for sign in "<>&")


def _heading(card: Card) -> str:
    title = fitted(" ".join(card.title.split()), TITLE)
    return f"**[{title}]({card.url})**" if title and _is_link(card.url) else f"**{title}**" if title else ""


def _excerpt(card: Card) -> str:
    return fitted(card.excerpt.strip(), EXCERPT)


def _facts(card: Card) -> list[str]:
    return [fitted(line.strip(), NOTE) for line in (card.facts, card.caution) if line.strip()]


def _closing(reply: Reply, page: Page) -> list[str]:
    """Notes, then channels to point to, by the address that opens a channel by its id."""
    links = [
        f"[{fitted(name, TITLE)}]({page.team_url}/channels/{channel_id})"
        for channel_id, name in reply.links
        if re.fullmatch(r"\w{1,50}", channel_id)
    ]
    # Files carry no description here: it stands in words below them.
    told = (*reply.notes, *(file.alt for file in reply.attachments if file.picture))
    return [*(fitted(note.strip(), NOTE) for note in told if note.strip()), " ・ ".join(links)]


def _opening_pages(buttons: Iterable[Button]) -> list[str]:
    """Buttons that only open a page are links here: Mattermost has no such button."""
    return [f"[{_label(button.label)}]({button.url})" for button in buttons if _is_link(button.url)]


def _label(label: str) -> str:
    told = label.strip()
    return (told if len(told) <= LABEL else told[: LABEL - 1] + "…") or BLANK


def _is_link(url: str) -> bool:
    return url.startswith(("https://", "http://")) and len(url) <= LINK and not re.search(r"[\s()<>\[\]]", url)
