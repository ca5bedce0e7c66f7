"""Documents as Markdown (CommonMark with GitHub's tables). Members' words are escaped: they stay words."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bot.documents.document import Block, Document, Entry, Facts, Figures, Paragraph, Section, Table

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~])")
_LINE_START = re.compile(r"^(\s*)([#+\-=:]|\d+(?=[.)]))", re.MULTILINE)
_UNSAFE_IN_URL = re.compile(r"[\s<>]")


def to_markdown(document: Document) -> str:
    """The document as text, ending in a line break."""
    parts = [f"# {_inline(document.title)}", _inline(document.subtitle), *map(_block, document.lead)]
    for section in document.sections:
        parts.extend(_section(section, 2))
    parts += ["---", _inline(document.footer)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _section(section: Section, level: int) -> Iterator[str]:
    yield f"{'#' * level} {_inline(section.heading)}"
    yield from map(_block, section.blocks)
    for below in section.sections:
        yield from _section(below, level + 1)


def _block(block: Block) -> str:
    match block:
        case Paragraph(text=text):
            return _text(text)
        case Facts(pairs=pairs) | Figures(pairs=pairs):
            return "\n".join(f"- **{_inline(name)}**: {_inline(value)}" for name, value in pairs)
        case Table():
            return _table(block)
        case Entry():
            return _entry(block)


def _table(table: Table) -> str:
    rules = tuple("---:" if number in table.right else "---" for number in range(len(table.header)))
    rows = (table.header, *table.rows)
    lines = [_row([_inline(cell) for cell in row]) for row in rows]
    return "\n".join([lines[0], _row(rules), *lines[1:]])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _entry(entry: Entry) -> str:
    title = _inline(entry.title)
    head = f"**[{title}](<{_UNSAFE_IN_URL.sub('', entry.url)}>)**" if entry.url else f"**{title}**"
    lines = [f"- {head}  ", f"  {_inline(entry.facts)}"]
    for label, text in entry.remarks:
        lines.append("")
        quoted = _text(text).split("\n")
        lines += [f"  > **{_inline(label)}**: {quoted[0]}", *(f"  > {line}" if line else "  >" for line in quoted[1:])]
    return "\n".join(lines)


def _text(text: str) -> str:
    """Several lines, each break kept."""
    escaped = _LINE_START.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", text.strip()))
    return re.sub(r"(?<!\n)\n(?!\n)", "  \n", escaped)


def _inline(text: str) -> str:
    return _LINE_START.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", " ".join(text.split())))
