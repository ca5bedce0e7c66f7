"""Whom and what the bot was not told of before, and what it leaves alone, on each platform."""

from __future__ import annotations

import pytest
from chats import Chat

from bot.replies.wording import JA

KEYS = "アヒルを放して公園の池の藻を減らした団体はありますか。餌の費用が心配です。"
SAID = "藻は三か月で減りました"


@pytest.fixture(scope="module")
def _known(_chat: Chat) -> Chat:
    """Threads of the past like the question, more of them than are shown at once."""
    for number in range(7):
        root = _chat.say("answerer", "chat", f"{number}町です。{KEYS}")
        reply = _chat.say("asker", "chat", f"{SAID}。{number}羽です。", root)
        _chat.react("answerer", "chat", reply, "white_check_mark")
    return _chat


@pytest.fixture
def chat(_known: Chat) -> Chat:
    _known.settle()
    _known.clear()
    return _known


def test_a_channel_and_a_member_of_after_the_start_are_met(chat: Chat) -> None:
    newcomer = chat.arrive("奥尻町 情報係", ())
    chat.open_room("new", "新しい部屋")
    chat.enter(newcomer, "new")
    root = chat.say(newcomer, "new", KEYS)
    chat.settle()
    assert len(chat.answers("new", root)) == 1


def test_what_other_bots_and_the_bot_itself_say_is_not_answered(chat: Chat) -> None:
    others = chat.say_as_integration("help", KEYS)
    own = chat.say("asker", "help", KEYS)
    chat.settle()
    assert chat.answers("help", others) == []
    assert len(chat.answers("help", own)) == 1


def test_a_mention_in_a_private_room_off_the_map_is_answered_and_not_kept(chat: Chat) -> None:
    badger = "アナグマの通り道を庁舎の図面に写した団体はありますか。"
    root = chat.say("asker", "own", f"{chat.mention()} {badger}")
    chat.settle()
    assert len(chat.private("asker")) == 1
    assert chat.answers("own", root) == []
    chat.clear()
    chat.command("asker", "help", "similar", badger)
    chat.settle()
    assert not any("図面に写した団体はありますか**" in said.words for said in chat.private("asker"))


def test_more_is_shown_to_whoever_looked_and_to_nobody_else(chat: Chat) -> None:
    chat.command("asker", "help", "similar", KEYS)
    chat.settle()
    (found,) = chat.private("asker")
    assert SAID in found.words
    chat.clear()
    chat.press("asker", "help", found, JA.more)
    chat.settle()
    (more,) = chat.private("asker")
    assert SAID in more.words
    assert JA.share in more.buttons
