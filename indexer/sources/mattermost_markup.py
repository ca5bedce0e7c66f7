"""Mattermost's Markdown as plain text: links, code and the marks of bold and italic become what a reader sees.

Mentions and channels (`@name`, `~name`) stay as they are written. Nothing here raises.
"""

from __future__ import annotations

import re

_CODE = re.compile(r"```[^\n`]*\n?(.*?)```|`([^`\n]+)`", re.DOTALL)
_LINK = re.compile(r"!?\[([^\[\]\n]{0,500})\]\(([^\s()\[\]]{1,2000})(?:\s+(?:=\S{1,20}|\"[^\"\n]{0,200}\"))?\s*\)")
_ANGLED = re.compile(r"<((?:https?|mailto):[^<>\s]{1,2000})>")
# Marks around words; between Latin letters and digits they belong to file names, addresses and sums. Bounded, so that
# a text full of marks takes no longer than another.
_STYLED = re.compile(
    r"(?<![A-Za-z0-9\\*_~])(\*\*\*|\*\*|\*|___|__|_|~~)(?=\S)([^\n]{0,300}?[^\s\\])\1(?![A-Za-z0-9*_~])"
)
_LINE_MARK = re.compile(r"^[ \t]*(?:#{1,6}[ \t]+|(?:>[ \t]?)+)", re.MULTILINE)
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+\-.!|<>~@:&])")
DEEPEST = 3  # marks within marks: bold, italic, struck


def plain_text(markdown: str) -> str:
    """Markdown as a reader sees it."""
    if not markdown:
        return ""
    parts: list[str] = []
    at = 0
    for match in _CODE.finditer(markdown):
        parts += [_read(markdown[at : match.start()]), match.group(1) or match.group(2) or ""]
        at = match.end()
    return "".join((*parts, _read(markdown[at:]))).strip()


def _read(text: str) -> str:
    if "](" in text:
        text = _LINK.sub(lambda match: _linked(match.group(1).strip(), match.group(2)), text)
    if "<" in text:
        text = _ANGLED.sub(lambda match: match.group(1).removeprefix("mailto:"), text)
    text = _LINE_MARK.sub("", text)
    for _ in range(DEEPEST if any(mark in text for mark in "*_~") else 0):
        unstyled = _STYLED.sub(r"\2", text)
        if unstyled == text:
            break
        text = unstyled
    return _ESCAPED.sub(r"\1", text) if "\\" in text else text


def _linked(label: str, address: str) -> str:
    if not label or label in {address, address.rstrip("/"), address.partition("://")[2].rstrip("/")}:
        return address
    return f"{label} ({address})"
