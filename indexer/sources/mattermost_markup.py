"""Mattermost's Markdown as plain text: mentions, channel links, links, quotes, lists and code as a reader sees them.

Members and channels are named by their unique names (`@taro.yamada`, `~help-desk`); what cannot be named stays as it
was written. Nothing here raises, whatever the payload's shape.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from indexer.sources.names import NAMELESS, Names

_CODE = re.compile(
    r"^[ \t]*(`{3,}+|~{3,}+)[^\n`]*\n(.*?)(?:\n[ \t]*\1[ \t]*$|\Z)|(?<!`)(`++)([^\n]*?[^`\n])\3(?!`)",
    re.MULTILINE | re.DOTALL,
)
_IMAGE = re.compile(r"!\[([^\]\n]*)\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)*(?:[ \t][^()\n]*)?\)")
_LINK = re.compile(
    r"\[((?:[^\[\]\n]|\[[^\[\]\n]*\])+)\]"
    r"\(<?((?:[^()\s<>]|\([^()\s<>]*\))*)>?(?:[ \t]+(?:\"[^\"\n]*\"|'[^'\n]*'|=[\dx]+))*[ \t]*\)"
)
_AUTOLINK = re.compile(r"<((?:https?|ftp|mailto|tel):[^<>\s]+)>")
_ADDRESS = re.compile(r"(?:https?|ftp)://[^\s<>「」『』（）]+")
_HEADING = re.compile(r"^[ \t]{0,3}#{1,6}[ \t]+(.*?)[ \t]*#*$", re.MULTILINE)
_QUOTE = re.compile(r"^[ \t]{0,3}>[ \t]?", re.MULTILINE)
_BULLET = re.compile(r"^([ \t]*)[-*+][ \t]+(?:\[[ xX]\][ \t]+)?", re.MULTILINE)
_RULE = re.compile(r"^[ \t]{0,3}(?:-{3,}|\*{3,}|_{3,})[ \t]*$\n?", re.MULTILINE)
_TABLE_RULE = re.compile(r"^[ \t]*\|?(?:[ \t]*:?-{2,}:?[ \t]*\|)+(?:[ \t]*:?-{2,}:?[ \t]*)?$\n?", re.MULTILINE)
# Marks around words of their own; elsewhere they belong to file names and formulas.
_STYLED = re.compile(
    r"(?<![A-Za-z0-9\\])"
    r"(?:(\*{1,3}+)(?=\S)([^\n*]*[^\s\\*])\1|(_{1,2}+)(?=\S)([^\n_]*[^\s\\_])\3|(~~)(?=\S)([^\n~]*[^\s\\~])~~)"
    r"(?![A-Za-z0-9])"
)
_ESCAPED = re.compile(r"\\([\\`*_{}\[\]()#+\-.!~>|])")
# As Mattermost finds them: not within a word of Latin letters, which would be a mail address.
_MENTION = re.compile(r"(?<![A-Za-z0-9_@/])@([A-Za-z0-9][A-Za-z0-9._\-]{0,63})")
_CHANNEL = re.compile(r"(?<![A-Za-z0-9_~/])~([A-Za-z0-9][A-Za-z0-9._\-]{0,63})")
_ENDS = "._-"  # may end a sentence as well as a name
_KEPT = "\ufdd0"  # no character by definition; stands for what was taken out of the text and is put back as it was
_KEPT_AT = re.compile(rf"{_KEPT}(\d+){_KEPT}")
_MARKS = re.compile(r"[`*_~#>\[\]\\|@<+-]")
STYLES = 4  # how deep marks nest: ~~***`text`***~~


def plain_text(markup: str, names: Names = NAMELESS) -> str:
    """Mattermost's Markdown as a reader sees it, less the marks of style and structure."""
    text = markup.replace("\r\n", "\n").replace(_KEPT, "")
    if _MARKS.search(text) is None:
        return text.strip()
    kept: list[str] = []

    def keep(said: str) -> str:
        kept.append(said)
        return f"{_KEPT}{len(kept) - 1}{_KEPT}"

    if "`" in text or "~~~" in text:
        text = _CODE.sub(lambda match: keep(match.group(2) if match.group(1) else match.group(4).strip()), text)
    text = _lines(_links(text, keep))
    text = _named(_unstyled(text), names)
    text = _ESCAPED.sub(r"\1", text) if "\\" in text else text
    return _put_back(text, kept).strip()


def message_text(payload: Mapping[str, Any], names: Names = NAMELESS) -> str:
    """What a post says: its message; where that is empty its attachments, else its files' names."""
    message = payload.get("message")
    if isinstance(message, str) and (said := plain_text(message, names)):
        return said
    for told in (_attachments, _files):
        lines = [line for line in told(payload, names) if line.strip()]
        if lines:
            return "\n".join(lines).strip()
    return ""


def _links(text: str, keep: Any) -> str:
    """Links and images as words; addresses are taken out, lest their underscores read as marks."""
    if "[" in text:
        text = _IMAGE.sub(r"\1", text)
        text = _LINK.sub(lambda match: _link(match.group(2), match.group(1), keep), text)
    if "<" in text:
        text = _AUTOLINK.sub(lambda match: keep(_bare(match.group(1))), text)
    return _ADDRESS.sub(lambda match: keep(match.group()), text) if "://" in text else text


def _link(target: str, label: str, keep: Any) -> str:
    address = _bare(target)
    if not address:
        return label
    if label.rstrip("/") in {address, address.rstrip("/"), address.partition("://")[2].rstrip("/")}:
        return str(keep(address))
    return f"{label} ({keep(address)})"


def _bare(address: str) -> str:
    return address.removeprefix("mailto:").removeprefix("tel:")


def _lines(text: str) -> str:
    """The text without the marks that stand at the beginnings of lines and between the cells of tables."""
    if "|" in text and _TABLE_RULE.search(text):
        text = _TABLE_RULE.sub("", text)
        rows = (line.strip().strip("|") if line.lstrip().startswith("|") else line for line in text.split("\n"))
        text = "\n".join(" ".join(cell.strip() for cell in row.split("|")) if "|" in row else row for row in rows)
    if ">" in text:
        text = _QUOTE.sub("", text)
    if "#" in text:
        text = _HEADING.sub(r"\1", text)
    if "-" in text or "*" in text or "+" in text or "_" in text:
        text = _BULLET.sub(r"\1・", _RULE.sub("", text))
    return text


def _unstyled(text: str) -> str:
    for _ in range(STYLES):
        if not ("*" in text or "_" in text or "~~" in text):
            break
        bare = _STYLED.sub(lambda match: match[2] or match[4] or match[6], text)
        if bare == text:
            break
        text = bare
    return text


def _named(text: str, names: Names) -> str:
    if "@" in text:
        text = _MENTION.sub(lambda match: _call("@", "@", match, names.member), text)
    if "~" in text:
        text = _CHANNEL.sub(lambda match: _call("~", "#", match, names.channel), text)
    return text


def _call(sign: str, shown: str, match: re.Match[str], known: Any) -> str:
    """The name of whom a mention calls; the dots and dashes at its end may belong to the sentence."""
    written = match.group(1)
    name = written
    while name:
        if called := known(name.lower()):
            return f"{shown}{called}{written[len(name) :]}"
        if name[-1] not in _ENDS:
            break
        name = name[:-1]
    return sign + written


def _put_back(text: str, kept: list[str]) -> str:
    # What was kept may hold what was kept before: a link's label with code in it.
    while _KEPT in text:
        text = _KEPT_AT.sub(lambda match: kept[int(match.group(1))], text)
    return text


def _attachments(payload: Mapping[str, Any], names: Names) -> Iterator[str]:
    props = payload.get("props")
    for attachment in _dicts(props.get("attachments") if isinstance(props, Mapping) else None):
        lines = [_said(attachment.get(key), names) for key in ("pretext", "author_name", "title", "text")]
        for field in _dicts(attachment.get("fields")):
            lines += [_said(field.get(key), names) for key in ("title", "value")]
        lines.append(_said(attachment.get("footer"), names))
        yield "\n".join(line for line in lines if line) or _said(attachment.get("fallback"), names)


def _files(payload: Mapping[str, Any], _names: Names) -> Iterator[str]:
    """File names: of an export's attachments, whose paths end in them, or of the API's metadata."""
    for file in _dicts(payload.get("attachments")):
        path = file.get("path")
        yield path.rpartition("/")[2] if isinstance(path, str) else ""
    metadata = payload.get("metadata")
    for file in _dicts(metadata.get("files") if isinstance(metadata, Mapping) else None):
        name = file.get("name")
        yield name if isinstance(name, str) else ""


def _said(value: object, names: Names) -> str:
    if isinstance(value, bool):
        return ""
    return plain_text(str(value), names) if isinstance(value, str | int | float) else ""


def _dicts(value: object) -> Iterable[Mapping[str, Any]]:
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list | tuple) else ()
