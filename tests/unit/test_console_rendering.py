"""Words become safe HTML, and nothing else."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from builders import NOON
from hypothesis import given
from hypothesis import strategies as st

from bot.platforms.console.rendering import bots_text, hue, initial, members_text, web_address, when
from bot.platforms.console.wording import EN, JA


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("<b>太字</b> & <script>", "&lt;b&gt;太字&lt;/b&gt; &amp; &lt;script&gt;"),
        (
            "https://example.lg.jp/a?b=1&c=2。続き",
            (
                '<a href="https://example.lg.jp/a?b=1&amp;c=2" target="_blank" rel="noopener noreferrer nofollow">'
                "https://example.lg.jp/a?b=1&amp;c=2</a>。続き"
            ),
        ),
        ('https://x.example/"onmouseover="a', None),
        ("javascript:alert(1) data:text/html,x ftp://x", "javascript:alert(1) data:text/html,x ftp://x"),
        (
            "https://kyoso-sample.slack.com/archives/C051A81474/p1759886127420632 で",
            (
                '<a href="/c/C051A81474/1759886127.420632">'
                "https://kyoso-sample.slack.com/archives/C051A81474/p1759886127420632</a> で"
            ),
        ),
    ],
)
def test_members_words(text: str, markup: str | None) -> None:
    made = members_text(text)
    assert "onmouseover" not in made.partition(">")[0]
    if markup is not None:
        assert made == markup


@given(st.text(alphabet=st.sampled_from("<>\"'&= https://a.b/c?d=e#f\n*`")))
def test_no_words_make_an_element_of_their_own(text: str) -> None:
    for made in (members_text(text), bots_text(text)):
        for tag in made.split("<")[1:]:
            assert tag.startswith(('a href="http', 'a href="/c/', "/a>", "strong>", "/strong>", "code>", "/code>"))
            assert tag.count('"') in (0, 2, 6)


def test_the_bots_words_have_a_little_form() -> None:
    assert bots_text("*できること*\n`/similar <x>`") == "<strong>できること</strong>\n<code>/similar &lt;x&gt;</code>"


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://a.example/", True),
        ("http://a.example/", True),
        ("/c/C1/2", True),
        ("javascript:alert(1)", False),
        ("//evil.example", False),
        ("/\\evil.example", False),
        ("", False),
    ],
)
def test_only_web_addresses_are_opened(url: str, kept: bool) -> None:
    assert web_address(url) == (url if kept else "")


def test_times_are_told_as_people_do() -> None:
    zone = ZoneInfo("Asia/Tokyo")
    assert when(NOON, NOON, zone, JA) == "今日 12:00"
    assert when(NOON - timedelta(days=1), NOON, zone, JA) == "3月31日 12:00"
    assert when(NOON - timedelta(days=400), NOON, zone, JA) == "2025年2月25日"
    assert when(NOON - timedelta(days=1), NOON, zone, EN) == "31 Mar 12:00"


def test_a_member_has_a_face() -> None:
    assert [initial(name) for name in ("デジタル推進＠福岡市", "上島町 情報係", "")] == ["福", "上", "?"]
    assert hue("U1") == hue("U1")
