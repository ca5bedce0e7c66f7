"""Slack's markup becomes what a reader sees; nothing raises and no raw mention survives."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.sources.names import Names
from indexer.sources.slack_markup import emoji_name, message_text, plain_text

NAMES = Names({"U1": "上島町 情報係"}.get, {"C1": "標準化・ガバクラ"}.get)
RAW_MENTION = re.compile(r"<[@#!]")


@pytest.mark.parametrize(
    ("markup", "seen"),
    [
        ("<@U1> さん", "@上島町 情報係 さん"),
        ("<@U1|uejima> さん", "@上島町 情報係 さん"),
        ("<@U9|福岡市> さん", "@福岡市 さん"),
        ("<@U9> さん", "@U9 さん"),
        ("<#C1> へ", "#標準化・ガバクラ へ"),
        ("<#C9|雑談> へ", "#雑談 へ"),
        ("<#C9|> へ", "#C9 へ"),
        ("<!here> <!channel> <!everyone>", "@here @channel @everyone"),
        ("<!here|here>", "@here"),
        ("<!subteam^S1|@ambassadors>", "@ambassadors"),
        ("<!subteam^S1>", "@S1"),
        ("<!date^1392734382^{date} に公開^https://example.jp|2014年2月18日>", "2014年2月18日"),
        ("<!date^1392734382^{date}>", "1392734382"),
        ("<https://example.jp/a?b=1&amp;c=2>", "https://example.jp/a?b=1&c=2"),
        ("<https://example.jp/a|手引き>", "手引き (https://example.jp/a)"),
        ("<http://example.jp|example.jp>", "http://example.jp"),
        ("<mailto:joho@example.jp|joho@example.jp>", "joho@example.jp"),
        ("A &lt; B &amp;&amp; C &gt; D", "A < B && C > D"),
        ("&amp;lt;", "&lt;"),
        ("了解 :+1::skin-tone-3: :pray:", "了解 :+1: :pray:"),
        ("*重要* _斜体_ ~取消~ です", "重要 斜体 取消 です"),
        ("file_name_v2.xlsx と *.csv と 2*3*4", "file_name_v2.xlsx と *.csv と 2*3*4"),
        ("`sudo *a*` と ```\nx = *y*\n```", "sudo *a* と \nx = *y*"),
        ("<https://example.jp/_a_/x>", "https://example.jp/_a_/x"),
        ("&lt;@U1&gt; と書くと呼べます", "‹@U1> と書くと呼べます"),
        ("閉じない <@U1", "閉じない ‹@U1"),
        ("", ""),
    ],
)
def test_markup_reads_as_people_see_it(markup: str, seen: str) -> None:
    assert plain_text(markup, NAMES) == seen


RICH: dict[str, Any] = {
    "type": "rich_text",
    "elements": [
        {
            "type": "rich_text_section",
            "elements": [
                {"type": "user", "user_id": "U1"},
                {"type": "text", "text": " さん、a < b & *c* "},
                {"type": "emoji", "name": "pray", "skin_tone": 2},
                {"type": "link", "url": "https://example.jp", "text": "手引き"},
            ],
        },
        {
            "type": "rich_text_list",
            "elements": [
                {"type": "rich_text_section", "elements": [{"type": "text", "text": "一つ目"}]},
                {"type": "rich_text_section", "elements": [{"type": "channel", "channel_id": "C1"}]},
            ],
        },
        {"type": "rich_text_preformatted", "elements": [{"type": "text", "text": "ping 10.0.0.1"}]},
        {"type": "rich_text_quote", "elements": [{"type": "broadcast", "range": "here"}]},
    ],
}


def test_rich_text_stands_in_for_a_missing_text() -> None:
    assert message_text({"text": "", "blocks": [RICH]}, NAMES).splitlines() == [
        "@上島町 情報係 さん、a < b & *c* :pray:手引き (https://example.jp)",
        "・一つ目",
        "・#標準化・ガバクラ",
        "ping 10.0.0.1",
        "@here",
    ]


def test_text_comes_before_blocks_before_attachments_before_files() -> None:
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "節"}, "fields": [{"text": "欄"}]}
    attachment = {"pretext": "前置き", "text": "<https://example.jp|本文>", "fallback": "代わり"}
    file = {"title": "仕様書.pdf", "name": "spec.pdf"}
    whole = {"text": "文", "blocks": [section], "attachments": [attachment], "files": [file]}
    assert message_text(whole) == "文"
    assert message_text(whole | {"text": ""}) == "節\n欄"
    assert message_text(whole | {"text": None, "blocks": []}) == "前置き\n本文 (https://example.jp)"
    assert message_text({"attachments": [{"fallback": "代わり"}]}) == "代わり"
    assert message_text({"files": [file, {"name": "b.xlsx"}, 3]}) == "仕様書.pdf\nb.xlsx"
    assert message_text({}) == ""


def test_a_reaction_loses_its_skin_tone() -> None:
    assert [emoji_name(name) for name in ("+1::skin-tone-6", ":tada:", "ok", None)] == ["+1", "tada", "ok", ""]


pieces = st.sampled_from(
    [
        "<@U1>",
        "<@",
        "<#C1|",
        "<!",
        "<!date^",
        "|",
        ">",
        "<",
        "&lt;",
        "&amp;",
        "`",
        "```",
        "*",
        "_",
        "~",
        ":skin-tone-2:",
        "^",
        " ",
        "語",
    ]
)
markups = st.lists(pieces | st.text(max_size=5), max_size=20).map("".join)


@given(markups)
@settings(max_examples=300)
def test_no_markup_raises_or_leaves_a_raw_mention(markup: str) -> None:
    assert not RAW_MENTION.search(plain_text(markup, NAMES))


kinds = st.sampled_from(
    [
        "rich_text",
        "rich_text_section",
        "rich_text_list",
        "text",
        "link",
        "user",
        "emoji",
        "section",
        "context",
        "image",
        "x",
    ]
)
keys = st.sampled_from(
    ["type", "text", "elements", "blocks", "fields", "url", "user_id", "name", "attachments", "files", "fallback"]
)
odd: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | kinds | markups,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4),
    max_leaves=25,
)


@given(st.dictionaries(keys, odd, max_size=5))
@settings(max_examples=300)
def test_no_payload_raises_or_leaves_a_raw_mention(payload: dict[str, Any]) -> None:
    assert not RAW_MENTION.search(message_text(payload, NAMES))
