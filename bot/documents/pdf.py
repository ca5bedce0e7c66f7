"""Documents as A4 PDFs, set by Typst (in the process, from the PyPI package) with the template `document.typ`.

The template reads the document as data: members' words are never markup. Typst breaks Japanese lines by the rules for
them (禁則), repeats table heads, embeds the used part of the font, and makes the same bytes of the same document.
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import asdict
from datetime import UTC, datetime, time
from functools import cache
from pathlib import Path
from typing import Any, Literal

from fontTools.ttLib import TTFont

from bot.documents.document import Block, Document, Section
from bot.documents.fonts import font_path

TEMPLATE = Path(__file__).with_name("document.typ")
MISSING = "〓"  # what printers set where a character is not in the font
# Characters of names that the font has in another form only.
_FORMS = {"𠮷": "吉", "𠀋": "丈", "✅": "✓", "✔": "✓"}
_CONTROL = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


def to_pdf(document: Document) -> bytes:
    """The document as a PDF."""
    return bytes(_compile(document, "pdf"))


def to_pictures(document: Document, ppi: float = 100) -> list[bytes]:
    """The document's pages as PNG, to look at."""
    pages = _compile(document, "png", ppi)
    return [bytes(page) for page in pages] if isinstance(pages, list) else [bytes(pages)]


def page_count(document: Document) -> int:
    """How many pages the document has."""
    return len(to_pictures(document, ppi=10))


def _compile(document: Document, kind: Literal["pdf", "png"], ppi: float | None = None) -> Any:
    import typst

    made_at = datetime.combine(document.made_on, time(), UTC)
    return typst.compile(
        TEMPLATE,
        font_paths=[font_path().parent],
        ignore_system_fonts=True,
        format=kind,
        ppi=ppi,
        sys_inputs={"document": json.dumps(_plain(document), ensure_ascii=False)},
        timestamp=int(made_at.timestamp()),
    )


def _plain(document: Document) -> dict[str, Any]:
    """The document as the template reads it."""
    whole = _printable(
        asdict(document) | {"made_on": [document.made_on.year, document.made_on.month, document.made_on.day]}
    )
    assert isinstance(whole, dict)
    return whole | {"lead": _blocks(document.lead), "sections": [_section(one) for one in document.sections]}


def _section(section: Section) -> dict[str, Any]:
    return {
        "heading": _printable(section.heading),
        "blocks": _blocks(section.blocks),
        "sections": [_section(below) for below in section.sections],
    }


def _blocks(blocks: tuple[Block, ...]) -> list[dict[str, Any]]:
    return [{"kind": type(block).__name__.lower(), **_printable(asdict(block))} for block in blocks]


def _printable(value: Any) -> Any:
    """Text of characters that the font has; everything else as JSON takes it."""
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value).translate(_GLYPHS)
    if isinstance(value, dict):
        return {key: _printable(one) for key, one in value.items()}
    if isinstance(value, list | tuple | frozenset):
        return [_printable(one) for one in (sorted(value) if isinstance(value, frozenset) else value)]
    return value


def _glyph(character: str) -> str:
    """The character, another form of it, or 〓; pictures (emoji) and what cannot be seen are left out."""
    if character == "\n" or ord(character) in _characters():
        return character
    if character in _FORMS:
        return _FORMS[character] if ord(_FORMS[character]) in _characters() else ""
    folded = unicodedata.normalize("NFKC", character)
    if all(ord(one) in _characters() for one in folded):
        return folded
    kind = unicodedata.category(character)
    return "" if kind in _CONTROL or kind in ("So", "Sk", "Mn", "Me") else MISSING


class _Glyphs(dict[int, str]):
    """Each character's glyph as `str.translate` asks for it, found once: a record for a successor has millions."""

    def __missing__(self, character: int) -> str:
        found = self[character] = _glyph(chr(character))
        return found


_GLYPHS = _Glyphs()


@cache
def _characters() -> frozenset[int]:
    with TTFont(font_path(), lazy=True) as font:
        return frozenset(font.getBestCmap())
