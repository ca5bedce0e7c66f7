"""Japanese text: one form for what people write in many ways, and nothing that cannot be survived."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from builders import channel, message
from hostile import HOSTILE
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.model import MessageKind, Resolution, ResolvedBy, Thread
from indexer.text import normalise, text_of, text_version, words


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        ("ｺﾝﾋﾞﾆ交付", "コンビニ交付"),
        ("ＬＧＷＡＮ　接続", "LGWAN 接続"),
        ("見てください https://example.go.jp/a?b=c。よろしく", "見てください 。よろしく"),
        ("<https://example.go.jp/a|こちら>", "< こちら>"),
        ("@福岡市 情シス さん、:bow: お願いします", "情シス さん、 お願いします"),
        ("デジタル推進＠福岡市です", "デジタル推進@福岡市です"),
        ("連絡は a.b@example.lg.jp まで", "連絡は まで"),
        ("一行目 \n\n  二行目", "一行目\n二行目"),
        ("NUL\x00と\ud800", "NUL と"),
    ],
)
def test_text_is_made_plain(written: str, plain: str) -> None:
    assert normalise(written) == plain


def test_words_meet_across_spellings_and_synonyms() -> None:
    asked, stands = words("サーバーを再起動した"), words("サーバの再起動")
    assert set(stands.terms) <= set(asked.terms)
    assert "を" not in asked.terms
    assert "k:起" in words("起動").units


def test_general_words_leave_no_characters() -> None:
    assert words("教えて").characters == ()
    assert words("証明書").characters == ("証", "明", "書")


def test_text_over_the_limit_of_sudachi_is_cut_whole() -> None:
    assert len(words("証明書の交付。\n" * 5_000).terms) == 5_000 * 3


def test_the_version_names_rules_and_dictionary() -> None:
    rules, dictionary = text_version().split("/")
    assert int(rules) > 0
    assert dictionary


def test_a_thread_is_divided_into_fields_without_what_bots_said() -> None:
    root = message("1", "質問")
    answer = message("3", "答え", root="1", author="U2")
    replies = (message("2", "別の話", root="1"), answer, message("4", "自動投稿", root="1", kind=MessageKind.BOT))
    thread = Thread(7, channel(), root, replies, resolution=Resolution(ResolvedBy.MARK, answer))
    text = text_of(thread)
    assert (text.question, text.answer, text.rest) == ("質問", "答え", "別の話")


def test_threads_share_the_dictionary() -> None:
    texts = [f"証明書{number}の交付" for number in range(200)]
    alone = [words(text) for text in texts]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(words, texts)) == alone


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_gives_clean_words(text: str) -> None:
    found = words(text)
    for word in (*found.terms, *found.units):
        assert word
        assert not any(character.isspace() for character in word)
        word.encode()


@settings(max_examples=150, deadline=None)
@given(st.text(st.characters(codec=None), max_size=300))
def test_any_text_gives_clean_words(text: str) -> None:
    for word in words(text).terms:
        assert word.encode().strip() == word.encode()
    assert normalise(normalise(text)) is not None


def test_words_can_be_cut_otherwise_to_be_measured() -> None:
    code = (
        "from indexer.text import Cutting, cut_by, text_version, words\n"
        "text = '選挙管理委員会の証明書について'\n"
        "shipped, version = words(text), text_version()\n"
        "cut_by(Cutting(mode='C', groups=False, kanji=False, pieces=False))\n"
        "other = words(text)\n"
        "assert len(other.terms) < len(shipped.terms), other\n"
        "assert other.units == other.terms and not other.characters\n"
        "assert text_version() != version\n"
        "cut_by(Cutting())\n"
        "assert words(text) == shipped and text_version() == version\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
