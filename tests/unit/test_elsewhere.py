"""「こちらで議論されていますよ」: an open thread on the same matter elsewhere, as long as it stands and is open."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from builders import channel, message, ref
from town import ANSWERER, ASKER, OTHER, Town

from bot.elsewhere import ALIKE, LATEST, SURE
from bot.events import ChannelSeen, Posted, Reacted, Unreacted
from bot.replies.wording.elsewhere import JA as WORDS
from indexer.corpus import Database
from indexer.model import Message

QUESTION = "償却資産の申告書の様式を変更したいのですが、他の団体ではどうしていますか"
OPEN = "償却資産の申告書の様式を、他の団体ではどう変更していますか"


def opened(town: Town, *, channel_id: str = "CTAX", text: str = OPEN, replies: int = 1) -> Message:
    """An open thread, 10, with replies 11 and on."""
    root = message("10", text, author=OTHER, channel_id=channel_id)
    said = [
        message(str(11 + number), "うちも検討中です。", root="10", author=ANSWERER, channel_id=channel_id)
        for number in range(replies)
    ]
    with town.unit.begin() as work:
        work.corpus.record([root, *said], town.clock.now())
    return root


@pytest.fixture
def town(database: Database) -> Town:
    """A town with a resolved thread, 1, and an open one, 10, like the question; both in #税."""
    made = Town(database)
    made.past("1", "償却資産の申告書を様式変更した団体はありますか", "令和5年度から国の様式に合わせて変更しました。")
    opened(made)
    made.search.script = {"1": 0.9, "10": SURE}
    made.search.likeness = ALIKE
    return made


def cards(town: Town) -> list[tuple[str, str]]:
    """Titles and facts of what the answer shows."""
    return [(card.title, card.facts) for card in town.platform.posts[-1].reply.cards]


def discussed(replies: int = 1) -> tuple[str, str]:
    return (OPEN, WORDS.discussed.format(channel="税", replies=replies, date="2026年4月1日"))


def test_the_discussion_is_linked_last_and_without_buttons(town: Town) -> None:
    town.ask("100", QUESTION)
    shown = town.platform.posts[-1].reply.cards
    assert cards(town)[1:] == [discussed()]
    assert shown[1].url == town.platform.workspace.permalink(ref("10", "CTAX"))
    assert shown[1].buttons == ()


def test_with_no_answer_it_is_whispered(town: Town) -> None:
    town.search.script = {"10": SURE}
    town.ask("100", QUESTION)
    assert town.platform.posts == []
    (whisper,) = town.platform.whispers
    assert whisper.member_id == ASKER
    assert whisper.reply.text == WORDS.alone_whispered
    assert [(card.title, card.facts) for card in whisper.reply.cards] == [discussed()]


def test_a_thread_nobody_has_replied_to_is_not_called_a_discussion(database: Database) -> None:
    town = Town(database)
    opened(town, replies=0)
    town.search.script, town.search.likeness = {"10": SURE}, ALIKE
    town.ask("100", QUESTION)
    assert town.platform.whispers[0].reply.cards[0].facts == WORDS.asked.format(channel="税", date="2026年4月1日")


def test_it_vanishes_when_the_thread_is_deleted(town: Town) -> None:
    town.ask("100", QUESTION)
    town.delete("10", "CTAX")
    assert [title for title, _ in cards(town)] == ["償却資産の申告書を様式変更した団体はありますか"]


def test_it_becomes_an_answer_when_the_thread_is_resolved_and_goes_back_when_reopened(town: Town) -> None:
    town.ask("100", QUESTION)
    now = town.clock.now()
    town.happens(Reacted(ref("11", "CTAX"), "white_check_mark", OTHER, now))
    shown = town.platform.posts[-1].reply.cards
    assert [card.title for card in shown] == ["償却資産の申告書を様式変更した団体はありますか", OPEN]
    assert shown[1].excerpt == "うちも検討中です。"
    assert [button.action for button in shown[1].buttons] == ["helpful", "solved", "wrong"]
    town.happens(Unreacted(ref("11", "CTAX"), "white_check_mark", OTHER, now))
    assert cards(town)[1:] == [discussed()]


def test_new_replies_there_are_counted(town: Town) -> None:
    town.ask("100", QUESTION)
    town.happens(Posted(message("12", "参考になります。", root="10", author=ASKER, channel_id="CTAX")))
    assert cards(town)[1:] == [discussed(2)]


def test_an_answer_that_was_reopened_leaves(town: Town) -> None:
    town.ask("100", QUESTION)
    town.happens(Unreacted(ref("2", "CTAX"), "white_check_mark", OTHER, town.clock.now()))
    reply = town.platform.posts[-1].reply
    assert "償却資産の申告書を様式変更した団体はありますか" not in [card.title for card in reply.cards if card.buttons]


def test_when_the_only_answer_is_deleted_the_discussion_stands_alone(town: Town) -> None:
    town.ask("100", QUESTION)
    town.delete("1", "CTAX")
    assert town.platform.posts[-1].reply.text == WORDS.alone
    assert cards(town) == [discussed()]
    town.delete("10", "CTAX")
    assert town.platform.posts == []


def test_what_the_asker_called_wrong_does_not_come_back(town: Town) -> None:
    town.past("5", "償却資産の申告の受付の様式を変更しましたか", "様式を電子化しました。")
    town.search.script |= {"5": 0.89}
    town.ask("100", QUESTION)
    wrong = town.platform.posts[-1].reply.cards[0].buttons[0].value
    town.press(ASKER, "wrong", wrong)
    town.happens(Posted(message("12", "参考になります。", root="10", author=ASKER, channel_id="CTAX")))
    assert [title for title, _ in cards(town)] == ["償却資産の申告の受付の様式を変更しましたか", OPEN]


def test_a_settled_answer_stays_settled(town: Town) -> None:
    town.ask("100", QUESTION)
    solved = town.platform.posts[-1].reply.cards[0].buttons[1]
    town.press(ASKER, "solved", solved.value)
    town.happens(Posted(message("12", "参考になります。", root="10", author=ASKER, channel_id="CTAX")))
    reply = town.platform.posts[-1].reply
    assert reply.notes == (town.community.words.marked_solved,)
    assert not any(card.buttons for card in reply.cards)


@pytest.mark.parametrize(("confidence", "likeness"), [(SURE - 0.01, ALIKE), (SURE, ALIKE - 0.1)])
def test_below_either_threshold_nothing_is_said_of_it(town: Town, confidence: float, likeness: float) -> None:
    town.search.script, town.search.likeness = {"1": confidence, "10": confidence - 0.01}, likeness
    town.ask("100", QUESTION)
    assert [title for title, _ in cards(town)] == ["償却資産の申告書を様式変更した団体はありますか"]


def silent(database: Database, channel_id: str, text: str = OPEN) -> Town:
    town = Town(database)
    opened(town, channel_id=channel_id, text=text)
    town.search.script, town.search.likeness = {"10": 0.99}, ALIKE
    return town


@pytest.mark.parametrize(
    ("channel_id", "text"),
    [
        ("C0HELP", OPEN),  # the same channel: everybody there has seen it
        ("CCHAT", OPEN),  # small talk
        ("GPREF", OPEN),  # a private channel, which not everybody in the room can open
        ("CTAX", "償却資産の申告書の勉強会を開催します。ふるってご参加ください。"),  # no question
    ],
)
def test_what_is_no_question_open_to_everybody_elsewhere_is_left_alone(
    database: Database, channel_id: str, text: str
) -> None:
    town = silent(database, channel_id, text)
    town.ask("100", QUESTION)
    assert not any(said.reply.cards for said in town.platform.whispers)


def test_an_archived_channel_discusses_nothing(database: Database) -> None:
    town = silent(database, "CTAX")
    town.happens(ChannelSeen(replace(channel("CTAX", "税"), archived=True), town.clock.now()))
    town.ask("100", QUESTION)
    assert not any(said.reply.cards for said in town.platform.whispers)


def test_a_thread_long_fallen_silent_is_no_discussion(database: Database) -> None:
    town = silent(database, "CTAX")
    town.clock.forward((LATEST + timedelta(days=1)).total_seconds())
    town.ask("100", QUESTION)
    assert not any(said.reply.cards for said in town.platform.whispers)
