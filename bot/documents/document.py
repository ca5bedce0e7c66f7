"""A small document as a value, from which Markdown and PDF are made. Text is plain; links are apart from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Running text. `quiet`: set small, for remarks."""

    text: str
    quiet: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Pairs of a name and what it is: 「作成日」「令和8年4月1日」."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """A few figures in large print, as pairs of what is counted and how many."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under a header. `widths`: the columns' shares, 0 for as narrow as can be; `right`: columns of numbers."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]
    right: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Entry:
    """One matter of a list: its linked title, a line of facts, what was asked or said of it with a label each."""

    title: str
    url: str
    facts: str
    remarks: tuple[tuple[str, str], ...] = ()


Block = Paragraph | Facts | Figures | Table | Entry


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with blocks and, below, sections of their own. `level` follows from where it stands."""

    heading: str
    blocks: tuple[Block, ...] = ()
    sections: tuple[Section, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A document. `footer` stands on every page; `contents` is the table of contents' heading, empty for none.

    `compact`: set closer, for what is to fit on one page.
    """

    title: str
    subtitle: str
    made_on: date
    lead: tuple[Block, ...]
    sections: tuple[Section, ...]
    footer: str
    lang: str = "ja"
    contents: str = ""
    compact: bool = False
