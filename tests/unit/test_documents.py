"""Documents as Markdown and PDF: what stands in them is what was said, and looks the same every time."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from bot.documents.document import Document, Entry, Facts, Figures, Paragraph, Section, Table
from bot.documents.fonts import font_path
from bot.documents.markdown import to_markdown
from bot.documents.pdf import _printable, to_pdf, to_pictures

HOSTILE = (
    '#let x = 1; $数式$ *強調* _下線_ `符号` [題](http://evil.example) <b> "引用" \\ @参照 //注 = 見出し\n'
    "# 見出し\n1. 番号"
)
ENTRY = Entry("[題名] *です*", "https://x.example/archives/C1/p1", "令和8年4月1日 ・ #税", (("決まったこと", HOSTILE),))
PAPER = Document(
    title="引き継ぎ記録",
    subtitle="愛媛県上島町",
    made_on=date(2026, 11, 22),
    lead=(Paragraph("はじめに。"), Facts((("作成日", "令和8年"),)), Figures((("回答", "3件"), ("採用", "1件")))),
    sections=(Section("税", (ENTRY,), (Section("尋ねたこと", (Paragraph("なし", quiet=True),)),)),),
    footer="記録から作成",
    contents="目次",
)


def test_markdown_has_everything_and_escapes_what_members_wrote() -> None:
    text = to_markdown(PAPER)
    assert text.startswith("# 引き継ぎ記録\n\n愛媛県上島町\n")
    assert "## 税" in text
    assert "### 尋ねたこと" in text
    assert "**[\\[題名\\] \\*です\\*](<https://x.example/archives/C1/p1>)**" in text
    assert "\\[題\\](http://evil.example) \\<b\\>" in text
    assert "  > \\# 見出し" in text
    assert "  > \\1. 番号" in text


def test_tables_in_markdown_keep_their_columns() -> None:
    table = Table(("月", "回答"), (("4月|5月", "3"),), (1, 1), frozenset({1}))
    text = to_markdown(replace(PAPER, sections=(Section("表", (table,)),)))
    assert "| 月 | 回答 |\n| --- | ---: |\n| 4月\\|5月 | 3 |" in text


def test_a_pdf_is_made_alike_every_time_and_hostile_words_stay_words() -> None:
    made = to_pdf(PAPER)
    assert made.startswith(b"%PDF-")
    assert to_pdf(PAPER) == made
    assert to_pdf(replace(PAPER, title="別の題")) != made


def test_a_long_document_runs_over_pages() -> None:
    long = replace(PAPER, sections=(Section("税", (ENTRY,) * 40),))
    assert len(to_pictures(PAPER, 20)) == 1
    assert len(to_pictures(long, 20)) > 3


@pytest.mark.parametrize(
    ("given", "printed"),
    [
        ("髙橋﨑", "髙橋﨑"),
        ("𠮷田", "吉田"),
        ("済🙇です", "済です"),
        ("①㈱", "①㈱"),
        ("\u200b字\x00", "字"),
        ("한", "〓"),
    ],
)
def test_characters_the_font_lacks_are_replaced(given: str, printed: str) -> None:
    assert _printable(given) == printed


def test_the_font_is_there_without_loading_matplotlib() -> None:
    assert font_path().read_bytes()[:4] == b"\0\1\0\0"
