"""Replies as Mattermost shows them: within its limits, and calling nobody."""

from __future__ import annotations

import json
import re

import pytest
from builders import NOON
from hostile import HOSTILE

from bot.platforms.mattermost.contexts import Place, Signer
from bot.platforms.mattermost.rendering import (
    OLD_PROPS,
    POST,
    PROPS,
    WORDLESS,
    Page,
    escaped,
    interactive,
    markdown,
    post,
    sentence,
)
from bot.replies import Button, Card, Menu, Reply

PAGE = Page("http://bot/mattermost/action", Signer("s"), "https://m/kyoso")
PLACE = Place("c1", "p1")
CARD = Card("証明書が出ない", "https://m/kyoso/pl/p7", "再起動で直りました。", "福岡市 2026-04-01", "古い回答です")


def test_a_card_is_an_attachment_with_signed_buttons() -> None:
    card = Card(**{**_facts(CARD), "buttons": (Button("helpful", "役に立った", "1:2", "primary"),)})
    said = post(Reply("似た質問です", (card,), ("ほかの人には見えません",), links=(("c9", "税"),)), PAGE, PLACE, NOON)
    first, closing = said["props"]["attachments"]
    assert (said["message"], first["title"], first["title_link"]) == ("似た質問です", CARD.title, CARD.url)
    assert [field["value"] for field in first["fields"]] == [CARD.facts.replace("-", "-"), CARD.caution]
    (action,) = first["actions"]
    press = Signer("s").read(action["integration"]["context"], NOON)
    assert press is not None
    assert (press.action, press.value, press.place, press.expired) == ("helpful", "1:2", PLACE, False)
    assert closing["text"] == "ほかの人には見えません\n[税](https://m/kyoso/channels/c9)"


def _facts(card: Card) -> dict[str, str]:
    return {name: getattr(card, name) for name in ("title", "url", "excerpt", "facts", "caution")}


def test_menus_offer_options_or_people() -> None:
    menus = (
        Menu("shift", "時間帯", (("a", "朝"), ("", "なし"))),
        Menu("hand", "この人", people=True),
        Menu("empty", "空"),
    )
    (closing,) = post(Reply("選んでください", menus=menus), PAGE, PLACE, NOON)["props"]["attachments"]
    shift, hand = closing["actions"]
    assert (shift["type"], shift["options"]) == ("select", [{"text": "朝", "value": "a"}])
    assert hand["data_source"] == "users"


def test_a_button_that_opens_a_page_is_a_link() -> None:
    reply = Reply("記録", buttons=(Button("open", "開く", url="https://m/x"),))
    (closing,) = post(reply, PAGE, PLACE, NOON)["props"]["attachments"]
    assert closing["text"] == "[開く](https://m/x)"
    assert "actions" not in closing
    assert not interactive(reply)


def test_without_an_address_there_are_no_buttons() -> None:
    mute = Page("", Signer("s"), "https://m/kyoso")
    assert post(Reply("x", buttons=(Button("more", "もっと", "1"),)), mute, PLACE, NOON) == {"message": "x"}


@pytest.mark.parametrize(
    "text",
    [
        "@all 見て",
        "(@channel)",
        "さん@here",
        "~town-square へ",
        "@yamada.taro",
        "**@all**",
        "`x` @all",
        "https://x/@all",
    ],
)
def test_nobody_is_called_by_members_words(text: str) -> None:
    shown = escaped(text) + sentence(text, POST) + json.dumps(post(Reply(text, (CARD,)), PAGE, PLACE, NOON))
    assert not re.search(r"(?<![A-Za-z0-9`])[@~][A-Za-z]", re.sub(r"`[^`]*`", "", shown))


def test_marks_are_shown_as_they_were_written() -> None:
    assert escaped("**太字** _x_ [a](http://e) #1 a_b") == r"\*\*太字\*\* \_x\_ \[a\](http://e) \#1 a_b"
    assert escaped("a@b.jp") == "a@b.jp"
    assert WORDLESS in escaped("@all")


def test_the_bots_own_sentences_keep_code_and_bold_lines() -> None:
    assert sentence("*できること*\n`/similar` を使う", POST) == "**できること**\n`/similar` を使う"


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("props", [OLD_PROPS, PROPS])
def test_whatever_is_said_the_server_takes_it(text: str, props: int) -> None:
    buttons = (Button("helpful", text, "1:2"), Button("long", "長い", text or "x"))
    card = Card(text, "https://m/" + text, text, text, text, buttons)
    page = Page(PAGE.address, PAGE.signer, PAGE.team_url, POST, props)
    said = post(Reply(text, (card,) * 30, (text,) * 5, buttons, ((text, text),)), page, PLACE, NOON)
    told = json.dumps(said.get("props", {}), ensure_ascii=False, separators=(",", ":"))
    assert len(said["message"]) <= POST
    assert said["message"] or said["props"]["attachments"]
    assert len(told) + 5 * sum(told.count(sign) for sign in "<>&") <= props + 400
    assert len(markdown(Reply(text, (card,) * 30, (text,) * 5), page)) <= POST
