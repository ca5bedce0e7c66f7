"""Which municipality or prefecture a member works for, read from a display name or title.

The table is `data/municipalities.csv` (47 prefectures and all 1,741 municipalities, population on 2022-01-01). Names
are matched leftmost and longest, so that 「津市」 is never found inside 「大津市」. Where several bear a name and no
prefecture or reading in the text tells which, the member stays unresolved: a wrong place misleads more than none.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Self

from indexer.config import SHIPPED

# Characters that people use for each other in place names (鎌ヶ谷, 塩釜, 竜ケ崎, 桧原 …), folded on both sides.
# 嶋 and 島 stay apart: 鹿嶋市 and 鹿島市 are two places.
_VARIANTS = str.maketrans("ヶヵ竜釜竃桧梼澤瀧渕國廣邊邉曾", "ケカ龍竈竈檜檮沢滝淵国広辺辺曽")
# What may stand right before a name although it is a kanji: the end of a unit (「情報政策課福岡市」) or a district.
_UNIT_ENDS = frozenset("課係室部局班署所会員郡")
# What turns a name's last character into another word: 「中央市場」, 「中央市街地」, 「北区域」.
_OTHER_WORDS = re.compile(r"市(?=[場街販])|区(?=[域間分画])|村(?=落)")
_BRACKETS = re.compile(r"[(\[【〈<「『〔{][^)\]】〉>」』〕}]*[)\]】〉>」』〕}]")
_KANA_SUFFIX = re.compile(r"(?:チョウ|マチ|ムラ|ソン|シ|ク)$")
_KANA_RUN = re.compile(r"[ァ-ヺー]+")
_BARE_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True, slots=True)
class Municipality:
    """A municipality, or a prefecture as an employer. `code` is the 6-digit 団体コード."""

    code: str
    prefecture: str
    name: str
    kana: str
    kind: str
    population: int

    @property
    def prefecture_code(self) -> str:
        """The two-digit code of the prefecture."""
        return self.code[:2]

    @property
    def is_prefecture(self) -> bool:
        """Whether this is the prefecture itself."""
        return self.kind == "prefecture"


@dataclass(frozen=True, slots=True)
class _Found:
    """A name seen in a text: who bears it, and where it stands."""

    bearers: tuple[Municipality, ...]
    start: int
    end: int


class Municipalities:
    """All municipalities, found by code, by name and in what members call themselves."""

    def __init__(self, rows: Iterable[Municipality]) -> None:
        self.by_code = {row.code: row for row in rows}
        named: dict[str, list[Municipality]] = defaultdict(list)
        bare: dict[str, list[Municipality]] = defaultdict(list)
        for row in self.by_code.values():
            named[_folded(row.name)].append(row)
            bare[_bare(row)].append(row)
        self._named = {name: tuple(bearers) for name, bearers in named.items()}
        self._bare = {name: tuple(bearers) for name, bearers in bare.items()}
        lengths: dict[str, set[int]] = defaultdict(set)
        for name in self._named:
            lengths[name[0]].add(len(name))
        # How long the names are that begin with a character, the longest first.
        self._lengths = {first: sorted(found, reverse=True) for first, found in lengths.items()}

    @classmethod
    def load(cls, path: Path = SHIPPED / "municipalities.csv") -> Self:
        """Read the table."""
        with path.open(encoding="utf-8", newline="") as file:
            return cls(_municipality(row) for row in csv.DictReader(file))

    def __iter__(self) -> Iterator[Municipality]:
        return iter(self.by_code.values())

    def find(self, name: str) -> Municipality | None:
        """What a person names on purpose: 「池田町（北海道）」, 「福岡県」, or a short form of only one (「札幌」)."""
        found = self._in(name)
        if found is not None:
            return found
        bearers = self._bare.get(_folded(name).strip(), ())
        return bearers[0] if len(bearers) == 1 else None

    def prefecture(self, name: str) -> Municipality | None:
        """The prefecture called 「福岡県」 or 「福岡」."""
        name = _folded(name).strip()
        bearers = self._named.get(name, ()) + self._bare.get(name, ())
        return next((bearer for bearer in bearers if bearer.is_prefecture), None)

    def of(self, display_name: str, title: str = "") -> Municipality | None:
        """Where a member works, by the display name, or by the title where that names no place."""
        for text, other in ((display_name, title), (title, display_name)):
            folded = _folded(text)
            if any(True for _ in self._names(folded)):
                return self._in(text, other)
        return None

    def _in(self, text: str, other: str = "") -> Municipality | None:
        """The one place that `text` names; brackets and `other` only help to tell namesakes apart."""
        text, other = _folded(text), _folded(other)
        everything = f"{text}\n{other}"
        after_at = text.rpartition("@")[2] if "@" in text else ""
        for part in (after_at, _BRACKETS.sub(" ", text), text):
            found = list(self._names(part))
            if found:
                return self._one(found, everything)
        return None

    def _one(self, found: Sequence[_Found], everything: str) -> Municipality | None:
        places = [name for name in found if not name.bearers[0].is_prefecture]
        if not places:
            prefectures = {name.bearers[0] for name in found}
            return prefectures.pop() if len(prefectures) == 1 else None
        if any(name.bearers[0].kind == "designated_city" for name in places):
            # 「札幌市中央区」: the ward is one of the city's own, not Tokyo's.
            places = [name for name in places if name.bearers[0].kind != "special_ward"]
        hints = self._prefectures(everything)
        told = {_told_apart(name.bearers, hints, everything) for name in places}
        return told.pop() if len(told) == 1 else None

    def _names(self, text: str) -> Iterator[_Found]:
        """The names in `text`, leftmost and longest first, that stand as words of their own."""
        start, before = 0, -1
        while start < len(text):
            found = self._at(text, start)
            if found is None:
                start += 1
                continue
            after_prefecture = before == found.start
            if (after_prefecture or _begins_word(text, start)) and not _OTHER_WORDS.match(text, found.end - 1):
                yield found
                before = found.end
            start = found.end

    def _at(self, text: str, start: int) -> _Found | None:
        for length in self._lengths.get(text[start], ()):
            bearers = self._named.get(text[start : start + length])
            if bearers and start + length <= len(text):
                return _Found(bearers, start, start + length)
        return None

    def _prefectures(self, text: str) -> set[str]:
        """The prefectures named in full, or in short as a word (「池田町（福井）」)."""
        full = {found.bearers[0].prefecture for found in self._names(text) if found.bearers[0].is_prefecture}
        short = {
            bearer.prefecture
            for word in _BARE_WORD.findall(text)
            for bearer in self._bare.get(word, ())
            if bearer.is_prefecture
        }
        return full | short


@lru_cache(maxsize=1)
def shipped() -> Municipalities:
    """The table that ships with Kyoso, read once."""
    return Municipalities.load()


def _told_apart(bearers: Sequence[Municipality], hints: set[str], text: str) -> Municipality | None:
    """The bearer that the text means: by prefecture, else by reading, else the only one there is."""
    there = [bearer for bearer in bearers if bearer.prefecture in hints]
    if len(there) == 1:
        return there[0]
    if len(bearers) == 1:
        # 「大阪府 北区」 is a ward of Osaka City, which has no code of its own here.
        return None if hints and bearers[0].kind == "special_ward" else bearers[0]
    readings = set(_KANA_RUN.findall(_katakana(text)))
    for reading in (_whole, _stem):
        read = [bearer for bearer in bearers if reading(bearer) in readings]
        if len(read) == 1:
            return read[0]
    return None


def _municipality(row: dict[str, str]) -> Municipality:
    return Municipality(
        row["code"], row["prefecture"], row["name"], row["kana"], row["kind"], int(row["population"] or 0)
    )


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).translate(_VARIANTS)


def _bare(row: Municipality) -> str:
    """The name without what says that it is a city, town, village, ward or prefecture; 北海道 keeps its 道."""
    return _folded(row.name if row.name == "北海道" else row.name[:-1])


def _begins_word(text: str, start: int) -> bool:
    """Whether a name at `start` is not merely the tail of a longer word."""
    if start == 0:
        return True
    before = text[start - 1]
    if _is_hiragana(before):
        return not _is_hiragana(text[start])
    return not _is_kanji(before) or before in _UNIT_ENDS


def _is_kanji(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff" or character in "々〆"


def _is_hiragana(character: str) -> bool:
    return "\u3041" <= character <= "\u309f"


def _katakana(text: str) -> str:
    return "".join(chr(ord(c) + 0x60) if "\u3041" <= c <= "\u3096" else c for c in text)


def _whole(row: Municipality) -> str:
    return row.kana


def _stem(row: Municipality) -> str:
    return _KANA_SUFFIX.sub("", row.kana)
