"""Mattermost's Markdown becomes what a reader sees; nothing raises."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from indexer.sources.mattermost_markup import message_text, plain_text
from indexer.sources.mattermost_post import emoji_name
from indexer.sources.names import Names

NAMES = Names({"uejima": "上島町 情報係", "taro.yamada": "山田＠福岡市"}.get, {"gaba-kura": "標準化・ガバクラ"}.get)


@pytest.mark.parametrize(
    ("markup", "seen"),
    [
        ("ふつうの文です。", "ふつうの文です。"),
        ("@uejima さん", "@上島町 情報係 さん"),
        ("よろしく@uejimaさん", "よろしく@上島町 情報係さん"),
        ("@Uejima: どうですか", "@上島町 情報係: どうですか"),
        ("ありがとう @taro.yamada.", "ありがとう @山田＠福岡市."),
        ("@nobody と @all と @channel", "@nobody と @all と @channel"),
        ("joho@uejima.example.jp", "joho@uejima.example.jp"),
        ("~gaba-kura へどうぞ", "#標準化・ガバクラ へどうぞ"),
        ("~unknown へ、約~10件", "~unknown へ、約~10件"),
        ("**重要** *斜体* _斜体_ ~~取消~~ です", "重要 斜体 斜体 取消 です"),
        ("これは**重要**です", "これは重要です"),
        ("~~**`どれも`**~~", "どれも"),
        ("***太い斜体***", "太い斜体"),
        ("file_name_v2.xlsx と *.csv と 2*3*4", "file_name_v2.xlsx と *.csv と 2*3*4"),
        ("`sudo *a*` と ``a`b``", "sudo *a* と a`b"),
        ("```bash\nx = *y* @uejima\n```\nです", "x = *y* @uejima\nです"),
        ("~~~\nx_y_z\n~~~", "x_y_z"),
        ("```\n閉じない *x*", "閉じない *x*"),
        ("[手引き](https://example.jp/a_b_c)", "手引き (https://example.jp/a_b_c)"),
        ('[手引き](https://example.jp/a "題")', "手引き (https://example.jp/a)"),
        ("[括弧](https://example.jp/a_(b))", "括弧 (https://example.jp/a_(b))"),
        ("[example.jp](http://example.jp/)", "http://example.jp/"),
        ("[空]()", "空"),
        ("<https://example.jp/_a_/x>", "https://example.jp/_a_/x"),
        ("https://example.jp/_a_/**x**", "https://example.jp/_a_/**x**"),
        ("[係](mailto:joho@example.jp)", "係 (joho@example.jp)"),
        ("![図](https://example.jp/a.png =100x20)の説明", "図の説明"),
        ("# 見出し\n## 小見出し ##\n#タグ", "見出し\n小見出し\n#タグ"),
        ("> 引用\n>> 二重\n本文", "引用\n> 二重\n本文"),
        ("- 一つ\n* 二つ\n+ 三つ\n1. 番号", "・一つ\n・二つ\n・三つ\n1. 番号"),
        ("- [x] 済み\n- [ ] 未", "・済み\n・未"),
        ("上\n---\n下", "上\n下"),
        ("| 名 | 数 |\n|:--|--:|\n| 甲 | 1 |", "名 数\n甲 1"),
        ("a | b", "a | b"),
        (r"\*そのまま\* と \_こちら\_", "*そのまま* と _こちら_"),
        ("了解 :+1: :pray:", "了解 :+1: :pray:"),
        ("5 < 6 && 7 > 3", "5 < 6 && 7 > 3"),
        ("一行目\r\n二行目", "一行目\n二行目"),
        ("", ""),
    ],
)
def test_markdown_reads_as_people_see_it(markup: str, seen: str) -> None:
    assert plain_text(markup, NAMES) == seen


ATTACHMENT: dict[str, Any] = {
    "pretext": "障害のお知らせ",
    "title": "**証明書**発行",
    "text": "停止中です",
    "fields": [{"title": "開始", "value": 9, "short": True}, {"value": None}],
}


def test_attachments_and_files_stand_in_for_a_missing_message() -> None:
    said = message_text({"message": "", "props": {"attachments": [ATTACHMENT, {"fallback": "代わり"}]}})
    assert said.splitlines() == ["障害のお知らせ", "証明書発行", "停止中です", "開始", "9", "代わり"]
    assert message_text({"message": " ", "attachments": [{"path": "20201023/channels/c/様式.xlsx"}]}) == "様式.xlsx"
    assert message_text({"metadata": {"files": [{"name": "図.png"}, {}]}}) == "図.png"


def test_skin_tones_are_one_emoji() -> None:
    assert [emoji_name(name) for name in ("+1", ":+1:", "+1_medium_light_skin_tone", "pray_dark_skin_tone", None)] == [
        "+1",
        "+1",
        "+1",
        "pray",
        "",
    ]


JSONISH = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = st.sampled_from(["message", "props", "attachments", "metadata", "files", "text", "fields", "path"])


@given(st.text(alphabet="*_~`[]()<>#|-+@\\a本 \n!:/", max_size=40))
def test_no_markdown_raises(markup: str) -> None:
    assert isinstance(plain_text(markup, NAMES), str)


@given(st.dictionaries(KEYS, JSONISH | st.dictionaries(KEYS, JSONISH, max_size=3), max_size=4))
def test_no_payload_raises(payload: dict[str, Any]) -> None:
    assert isinstance(message_text(payload, NAMES), str)
