"""Every reply becomes a message within Slack's limits, in which members' words do nothing by themselves."""

from __future__ import annotations

import json
import re
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from slack_methods import check_message

from bot.platforms.slack import rendering
from bot.replies import Button, Card, Menu, Reply

CARD = Card(
    "証明書が<出ない> & 困る",
    "https://test.slack.com/archives/C1/p1?a=1&b=2",
    "再起動で直りました <!channel>",
    "福岡市 2026-04-01",
    "2年前の回答です",
    (Button("helpful", "役に立った", "1"), Button("wrong", "違う", "1", "danger")),
)

TITLE = "*<https://test.slack.com/archives/C1/p1?a=1&amp;b=2|証明書が&lt;出ない&gt; &amp; 困る>*"


def texts(blocks: list[dict[str, Any]]) -> list[str]:
    found = []
    for block in blocks:
        found += [block["text"]["text"]] if "text" in block else []
        found += [e["text"] if block["type"] == "context" else e["text"]["text"] for e in block.get("elements", [])]
    return found


def test_a_card_is_a_linked_title_an_excerpt_facts_and_buttons() -> None:
    reply = Reply("似たスレッドです", (CARD,), ("注記",), (Button("more", "もっと見る"),), (("C2", "防災"),))
    blocks = rendering.message(reply)["blocks"]
    assert texts(blocks) == [
        "似たスレッドです",
        TITLE + "\n再起動で直りました &lt;!channel&gt;",
        "福岡市 2026-04-01",
        "2年前の回答です",
        "役に立った",
        "違う",
        "注記",
        "<#C2>",
        "もっと見る",
    ]
    ids = [button["action_id"] for block in blocks if block["type"] == "actions" for button in block["elements"]]
    assert ids == ["helpful#0", "wrong#1", "more#2"]


def test_a_menu_carries_its_value_in_its_id_and_is_left_out_where_it_offers_nothing() -> None:
    menus = (
        Menu("topics", "話題", (("tax", "税"), ("x" * 200, "長すぎる"))),
        Menu("hand", "この人が詳しい", people=True, value="7:1"),
        Menu("empty", "何もない"),
        Menu("long", "長すぎる", people=True, value="x" * 300),
    )
    [_, actions] = rendering.message(Reply("文", menus=menus))["blocks"]
    assert [element["type"] for element in actions["elements"]] == ["static_select", "users_select"]
    assert [element["action_id"] for element in actions["elements"]] == ["topics#0#", "hand#1#7:1"]
    assert [option["value"] for option in actions["elements"][0]["options"]] == ["tax"]


def test_the_key_stands_in_metadata_and_in_a_block_id() -> None:
    rendered = rendering.message(Reply("文"), "answer:1")
    assert rendered["blocks"][0]["block_id"] == "kyoso:answer:1"
    assert rendered["metadata"] == {"event_type": "kyoso", "event_payload": {"key": "answer:1"}}
    assert rendering.carries({"metadata": rendered["metadata"]}, "answer:1")
    assert rendering.carries({"blocks": rendered["blocks"]}, "answer:1")
    assert not rendering.carries(rendered, "answer:2")
    assert not rendering.carries({"metadata": 1, "blocks": "x"}, "answer:1")


def test_a_long_text_is_cut_outside_entities() -> None:
    assert rendering.fitted("a&b", 5) == "a…"
    assert rendering.fitted("a&b", 7) == "a&amp;b"
    assert rendering.fitted("あ" * 40_000, 3_000) == "あ" * 2_999 + "…"


def test_a_button_with_a_page_or_an_overlong_value() -> None:
    buttons = (Button("see", "開く", url="https://example.jp"), Button("x", "長い", "v" * 2_001), Button("y", " ", ""))
    elements = rendering.message(Reply("文", buttons=buttons))["blocks"][1]["elements"]
    assert [(e["action_id"], e.get("url")) for e in elements] == [("open_page#0", "https://example.jp"), ("y#1", None)]
    assert elements[1]["text"]["text"] == "…"


def test_in_a_thread_three_cards_stand_at_most() -> None:
    blocks = rendering.message(Reply("文", (CARD,) * 9), most_cards=rendering.THREAD_CARDS)["blocks"]
    assert sum("証明書" in text for text in texts(blocks)) == 3


def test_many_cards_stop_where_the_message_is_full_and_the_closing_stays() -> None:
    reply = Reply("文", (CARD,) * 60, ("注記",), (Button("share", "スレッドに共有", "1"),))
    rendered = rendering.message(reply)
    assert len(rendered["blocks"]) <= 50
    assert texts(rendered["blocks"])[-2:] == ["注記", "スレッドに共有"]


words = st.text(max_size=80) | st.sampled_from(
    ["", " ", "&" * 9_000, "あ" * 40_000, "<!here> <@U1>", '"' * 5_000, "\n"]
)
buttons = st.builds(
    Button,
    action=st.sampled_from(["helpful", "solved", "a" * 300]),
    label=words,
    value=st.sampled_from(["", "1", "v" * 2_000, "v" * 2_001]),
    style=st.sampled_from(["", "primary", "danger"]),
    url=st.sampled_from(["", "https://example.jp", "javascript:x", "https://e.jp/" + "x" * 4_000]),
)
rows = st.lists(buttons, max_size=30).map(tuple)
cards = st.builds(
    Card,
    title=words,
    url=st.sampled_from(["", "https://example.jp/?a|b>c", "x", "https://e.jp/" + "&" * 1_990]),
    excerpt=words,
    facts=words,
    caution=words,
    buttons=rows,
)
replies = st.builds(
    Reply,
    text=words,
    cards=st.lists(cards, max_size=6).flatmap(lambda some: st.sampled_from([tuple(some), tuple(some) * 12])),
    notes=st.lists(words, max_size=12).map(tuple),
    buttons=rows,
    links=st.lists(st.tuples(st.sampled_from(["C1", "<!x>", "C" * 60]), words), max_size=4).map(tuple),
)
CALLING = re.compile(r"<[!@][^>]*>")


@given(replies, st.none() | st.sampled_from(["k", "k" * 255]))
@settings(max_examples=80, deadline=None)
def test_every_message_keeps_slacks_limits(reply: Reply, key: str | None) -> None:
    rendered = rendering.message(reply, key)
    check_message(rendered)
    assert rendered["text"].strip()
    assert rendered["blocks"]
    assert len(json.dumps(rendered["blocks"], ensure_ascii=False)) + len(rendered["text"]) <= 13_000
    marked_up = [block for block in rendered["blocks"] if block["type"] != "actions"]
    assert not CALLING.search(rendered["text"] + "".join(texts(marked_up)))
    if key is not None:
        assert rendering.carries({"blocks": rendered["blocks"]}, key)
