"""The glossary: other names widen a query, and what cannot be used is said with file and line."""

from __future__ import annotations

from pathlib import Path

import pytest

from indexer.errors import BadGlossaryError, NoSuchFileError
from indexer.text import words
from indexer.text.glossary import Glossary, Term, load, shipped


def test_the_shipped_glossary_covers_municipal_it() -> None:
    assert len(shipped().terms) >= 400
    names = {name for term in shipped().terms for name in term.names}
    known = {
        "ガバクラ",
        "標準準拠システム",
        "附票",
        "三層分離",
        "αモデル",
        "βモデル",
        "β′モデル",
        "LGWAN",
        "ぴったりサービス",
    }
    assert known | {"J-LIS", "eLTAX", "GIGAスクール"} <= names


@pytest.mark.parametrize(
    ("asked", "stands"),
    [("ガバクラ", "ガバメントクラウド"), ("原付の廃車", "バイク"), ("スズメバチ", "ハチの巣"), ("妊活", "不妊")],
)
def test_other_names_are_looked_for(asked: str, stands: str) -> None:
    added = shipped().expand(words(asked).terms)
    assert set(words(stands).terms) <= added.keys()
    assert not added.keys() & set(words(asked).terms)


def test_the_longest_name_counts_and_broader_words_lead_back_weakly() -> None:
    glossary = Glossary([Term("-", ("公開端末", "窓口端末"), ("機器",)), Term("-", ("端末", "装置"))])
    added = glossary.expand(words("公開端末").terms)
    assert words("装置").terms[0] not in added
    assert added[words("窓口").terms[0]] == 0.5
    back = glossary.expand(words("機器").terms)
    assert back[words("公開").terms[0]] == 0.1
    assert glossary.expand(words("関係ない話").terms) == {}
    assert glossary.expand(()) == {}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("情報:\n  - A = B\n  - C\n", 3),
        ("情報:\n  - A = \n", 2),
        ("情報:\n  - A = B\n  - B = A\n", 3),
        ("情報:\n  - {A: B}\n", 2),
        ("情報: A = B\n", 1),
        ("- A = B\n", 1),
        ("", 1),
        ("情報:\n  - 'A = B\n", 3),
    ],
)
def test_mistakes_are_named_with_their_line(tmp_path: Path, text: str, line: int) -> None:
    path = tmp_path / "glossary.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BadGlossaryError) as caught:
        load(path)
    assert caught.value.facts["line"] == line
    assert caught.value.facts["file"] == path


def test_a_missing_glossary_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoSuchFileError):
        load(tmp_path / "none.yaml")
