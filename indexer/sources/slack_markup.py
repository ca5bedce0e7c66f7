"""Slack's markup as plain text: mentions, links, entities, emoji and rich-text blocks become what a reader sees.

Nothing here raises, whatever the payload's shape, and no `<@U…>` survives: what cannot be named keeps its id.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from indexer.sources.names import NAMELESS, Names, unnamed

DEEPEST = 12  # levels of nested blocks; Slack itself nests rich text four deep

_ANGLED = re.compile(r"<([^<>]*)>")
_SKIN_TONE = re.compile(r":skin-tone-[2-6]:")
_CODE = re.compile(r"```(.*?)```|`([^`\n]+)`", re.DOTALL)
# `*bold*`, `_italic_`, `~struck~` as words of their own; elsewhere the marks belong to file names and addresses.
_STYLED = re.compile(r"(?<![^\s(（「『、。])([*_~])(?=\S)([^\n*_~]*?[^\s*_~])\1(?![^\s)）」』、。,.!?！？:：])")
# What a raw mention would begin with, should somebody have typed one out with entities.
_RAW_MENTION = re.compile(r"<(?=[@#!])")


# Rich-text elements that call somebody or something: their sign, and the key of the id.
_MENTIONS = {
    "user": ("@", "user_id"),
    "channel": ("#", "channel_id"),
    "usergroup": ("@", "usergroup_id"),
    "broadcast": ("@", "range"),
}


def plain_text(markup: str, names: Names = NAMELESS) -> str:
    """Slack's mrkdwn as a reader sees it, less the marks of bold, italic, struck and code."""
    text = _SKIN_TONE.sub("", markup) if ":skin-tone-" in markup else markup
    if "<" in text:
        text = _ANGLED.sub(lambda match: _angled(match.group(1), names), text)
    return _without_raw_mentions(_unescaped(_unstyled(text))).strip()


def message_text(payload: Mapping[str, Any], names: Names = NAMELESS) -> str:
    """What a message says: its text; where that is empty its blocks, else its attachments, else its files' names."""
    text = payload.get("text")
    if isinstance(text, str) and (said := plain_text(text, names)):
        return said
    for told in (_blocks, _attachments, _files):
        lines = [line for line in told(payload, names) if line.strip()]
        if lines:
            return "\n".join(lines).strip()
    return ""


def emoji_name(name: object) -> str:
    """A reaction's name without colons and skin tone: `+1::skin-tone-3` is `+1`."""
    return name.strip(":").partition("::")[0] if isinstance(name, str) else ""


def _angled(inside: str, names: Names) -> str:
    target, _, label = inside.partition("|")
    if target.startswith("@"):
        member_id = target[1:]
        return "@" + (names.member(member_id) or label.removeprefix("@") or member_id)
    if target.startswith("#"):
        channel_id = target[1:]
        return "#" + (names.channel(channel_id) or label.removeprefix("#") or channel_id)
    if target.startswith("!"):
        return _special(target[1:], label)
    return _link(target, label)


def _special(command: str, label: str) -> str:
    word, _, rest = command.partition("^")
    if word == "date":
        return label or rest.partition("^")[0]
    return "@" + (label.removeprefix("@") or rest or word)


def _link(target: str, label: str) -> str:
    address = target.removeprefix("mailto:").removeprefix("tel:")
    if not label or label.rstrip("/") in {address, address.rstrip("/"), _schemeless(address)}:
        return address
    return f"{label} ({address})" if address else label


def _schemeless(address: str) -> str:
    return address.partition("://")[2].rstrip("/")


def _unstyled(text: str) -> str:
    if "`" not in text:
        return _without_marks(text)
    parts: list[str] = []
    at = 0
    for match in _CODE.finditer(text):
        parts += [_without_marks(text[at : match.start()]), match.group(1) or match.group(2) or ""]
        at = match.end()
    return "".join((*parts, _without_marks(text[at:])))


def _without_marks(text: str) -> str:
    return _STYLED.sub(r"\2", text) if "*" in text or "_" in text or "~" in text else text


def _unescaped(text: str) -> str:
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&") if "&" in text else text


def _without_raw_mentions(text: str) -> str:
    return _RAW_MENTION.sub("‹", text) if "<" in text else text


def _blocks(payload: Mapping[str, Any], names: Names) -> Iterator[str]:
    for block in _dicts(payload.get("blocks")):
        yield from _block(block, names)


def _block(block: Mapping[str, Any], names: Names) -> Iterator[str]:
    match block.get("type"):
        case "rich_text":
            yield _without_raw_mentions(_rich(block, names)).strip()
        case "section" | "header" | "context":
            for part in (block.get("text"), *_dicts(block.get("fields")), *_dicts(block.get("elements"))):
                yield _text_object(part, names)
        case "markdown":
            yield _text_object(block, names)
        case "image" | "video":
            yield _text_object(block.get("title"), names) or _string(block.get("alt_text"))
        case _:
            return


def _text_object(part: object, names: Names) -> str:
    if isinstance(part, str):
        return plain_text(part, names)
    if isinstance(part, Mapping):
        return plain_text(_string(part.get("text")), names)
    return ""


def _rich(element: Mapping[str, Any], names: Names, depth: int = 0) -> str:
    """One rich-text element; those that hold others join them, sections and quotes a line each."""
    if depth > DEEPEST:
        return ""
    kind = _string(element.get("type"))
    if "elements" not in element or kind in {"text", "link"}:
        return _rich_leaf(kind, element, names)
    inner = [_rich(part, names, depth + 1) for part in _dicts(element.get("elements"))]
    if kind == "rich_text":
        return "\n".join(part.strip("\n") for part in inner)
    if kind == "rich_text_list":
        return "\n".join(f"・{item}" for item in inner)
    return "".join(inner)


def _rich_leaf(kind: str, element: Mapping[str, Any], names: Names) -> str:
    text = _string(element.get("text"))
    if kind in _MENTIONS:
        sign, key = _MENTIONS[kind]
        called = _string(element.get(key))
        known = {"user": names.member, "channel": names.channel}.get(kind, unnamed)
        return sign + (known(called) or called)
    if kind == "link":
        return _link(_string(element.get("url")), text)
    if kind == "emoji":
        return f":{emoji_name(element.get('name'))}:"
    return text or _string(element.get("fallback")) or _string(element.get("value"))


def _attachments(payload: Mapping[str, Any], names: Names) -> Iterator[str]:
    for attachment in _dicts(payload.get("attachments")):
        lines = [_text_object(attachment.get(key), names) for key in ("pretext", "title", "text")]
        for field in _dicts(attachment.get("fields")):
            lines += [_text_object(field.get(key), names) for key in ("title", "value")]
        lines += _blocks(attachment, names)
        yield "\n".join(line for line in lines if line) or _text_object(attachment.get("fallback"), names)


def _files(payload: Mapping[str, Any], _names: Names) -> Iterator[str]:
    for file in (*_dicts(payload.get("files")), *_dicts([payload.get("file")])):
        yield _without_raw_mentions(_string(file.get("title")) or _string(file.get("name")))


def _dicts(value: object) -> Iterable[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list | tuple) else ()


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""
