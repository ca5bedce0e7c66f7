"""Polls, newcomers and the menu of one's own settings, on each platform."""

from __future__ import annotations

import csv
from io import StringIO

from chats import Chat, Shown

POLL = "皆さんのところは窓口の受付時間の短縮、どうしていますか。\n1. もう短縮した\n2. 検討中\n3. 予定なし\n"
TOWNS = ("松山市", "奥尻町", "小諸市", "三鷹市", "福岡市", "内子町")


def test_a_polls_tally_is_edited_in_place_with_its_table(chat: Chat) -> None:
    towns = [chat.arrive(f"情報係＠{name}") for name in TOWNS]
    root = chat.say("asker", "help", POLL)

    def tallies() -> list[Shown]:
        return [said for said in chat.answers("help", root) if "📊" in said.words]

    def table(tally: Shown) -> list[list[str]]:
        return list(csv.reader(StringIO(chat.files(tally)["csv"].decode("utf-8-sig"), newline="")))

    for number, town in enumerate(towns[:5]):
        chat.say(town, "help", f"{1 + number % 2}です。昨年からです。", root)
    chat.settle()
    (first,) = tallies()
    assert "📊 5団体" in first.words
    assert sorted(row[1] for row in table(first)[1:]) == sorted(TOWNS[:5])
    answer = chat.say(towns[5], "help", "=1+1 で検討中です。", root)
    chat.settle()
    (second,) = tallies()
    assert "📊 6団体" in second.words
    assert "'=1+1 で検討中です。" in [row[5] for row in table(second)]
    chat.delete(towns[5], "help", answer)
    chat.settle()
    (third,) = tallies()
    assert "📊 5団体" in third.words
    assert "1+1" not in str(table(third))
    chat.clear()
    chat.command("asker", "tax", "similar", "窓口の受付時間の短縮")
    chat.settle()
    assert any("それぞれのやり方を回答しています" in said.words for said in chat.private("asker"))
    chat.delete("asker", "help", root)
    chat.settle()
    assert tallies() == []


def test_a_newcomer_is_welcomed_once(chat: Chat) -> None:
    newcomer = chat.arrive("税務課＠久万高原町")
    root = chat.say(newcomer, "hello", "はじめまして。税務課で課税を担当しています。よろしくお願いします。")
    again = chat.say(newcomer, "hello", "追記です。釣りが好きです。")
    chat.settle()
    (welcome,) = chat.answers("hello", root)
    assert "税務課＠久万高原町 さん、ようこそ!" in welcome.words
    assert chat.room_link("try") in welcome.words
    assert not chat.answers("hello", again)


def test_the_menu_keeps_settings_and_closes_a_question(chat: Chat) -> None:
    root = chat.say("asker", "tax", "住民税の納付書を封入する機械の保守はどうしていますか?")
    chat.settle()
    chat.clear()
    chat.dm("asker", "メニュー")
    chat.settle()
    page = chat.private("asker")[-1]
    assert "住民税の納付書を封入する" in page.words
    assert "毎週のまとめ: 受け取らない" in page.words
    chat.clear()
    for option, shown in (("on", "月曜の朝に受け取る"), ("off", "受け取らない")):
        chat.choose("asker", "", page, "毎週のまとめ", option)
        chat.settle()
        page = chat.direct("asker")[-1]  # the page itself reads anew
        assert f"毎週のまとめ: {shown}" in page.words
    chat.press("asker", "", page, "解決済みにする")
    chat.settle()
    page = chat.direct("asker")[-1]
    assert "解決済みにしました" in page.words
    assert "解決済みにする" not in page.buttons
    assert chat.private("asker") == []
    chat.delete("asker", "tax", root)
    chat.settle()
