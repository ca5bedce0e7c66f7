"""「#〇〇 にも投稿する」: offered to the asker, said once, linked both ways, and gone with the question."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from builders import WORKSPACE, channel, message, ref
from fakes import Said
from town import ANSWERER, ASKER, OTHER, Town

from bot.crosspost import crossposted
from bot.errors import PlatformRefusedError
from bot.events import ChannelSeen, MemberSeen, Posted, Reacted
from bot.replies import Button
from bot.replies.wording.crosspost import JA as WORDS
from bot.replies.wording.unanswered import JA as CARE
from indexer.corpus import Database

QUESTION = "固定資産の課税明細の様式を変更したいのですが、他の団体ではどうしていますか"


@pytest.fixture
def town(database: Database) -> Town:
    """A town whose question belongs to #税: an open thread like it stands there."""
    made = Town(database)
    with made.unit.begin() as work:
        asked = message("1", "課税明細の様式は独自ですか", author=OTHER, channel_id="CTAX")
        work.corpus.record([asked], made.clock.now())
    made.search.script = {"1": 0.95}
    return made


def offered(town: Town) -> Button:
    return town.platform.whispers[-1].reply.buttons[0]


def in_channel(town: Town, channel_id: str) -> list[Said]:
    return [said for said in town.platform.posts if said.channel_id == channel_id]


def test_the_asker_alone_is_offered_the_one_channel_that_is_right(town: Town) -> None:
    town.ask("100", QUESTION)
    whisper = town.platform.whispers[-1]
    assert (whisper.member_id, whisper.thread_id) == (ASKER, "100")
    assert whisper.reply.links == (("CTAX", "税"),)
    assert offered(town).label == "#税 にも投稿する"
    assert town.platform.posts == []


def test_pressing_posts_a_note_there_and_a_line_here_that_link_to_each_other(town: Town) -> None:
    town.ask("100", QUESTION)
    button = offered(town)
    assert town.press(ASKER, button.action, button.value) == WORDS.done.format(channel="税")
    (note,) = in_channel(town, "CTAX")
    (back,) = in_channel(town, "C0HELP")
    assert note.reply.text == "上島町 情報係 さんが #何でも相談 で相談しています。"
    assert note.thread_id is None
    workspace = town.platform.workspace
    assert note.reply.cards[0].url == workspace.permalink(ref("100"))
    assert back.thread_id == "100"
    assert back.reply.cards[0].url == workspace.permalink(ref(note.id, "CTAX"))
    with town.unit.read() as work:
        assert crossposted(work, ref("100")) == "CTAX"


def test_what_was_done_stands_in_the_place_of_the_offer(town: Town) -> None:
    town.ask("100", QUESTION)
    button = offered(town)
    for said in (WORDS.done, WORDS.already):
        shown = town.press_alone(ASKER, button.action, button.value)
        assert (shown.text, shown.links, shown.buttons) == (said.format(channel="税"), (("CTAX", "税"),), ())
    assert len(town.platform.whispers) == 1
    assert len(in_channel(town, "CTAX")) == 1


def test_answers_beside_the_offer_stay(town: Town) -> None:
    town.past("10", "課税明細の様式を標準に合わせました。進め方の記録です。", "まず税目ごとに差を一覧にしました。")
    town.search.script |= {"10": 0.6}
    town.ask("100", QUESTION)
    before = town.platform.whispers[-1].reply
    assert len(before.cards) == 1
    shown = town.press_alone(ASKER, offered(town).action, offered(town).value)
    assert (shown.text, shown.cards, shown.buttons) == (before.text, before.cards, ())
    assert shown.notes == (WORDS.done.format(channel="税"),)
    solved = shown.cards[0].buttons[1]
    assert solved.action == "solved"
    rest = town.press_alone(ASKER, solved.action, solved.value)
    assert rest.notes == (town.community.words.thanks_solved,)
    assert [card.buttons for card in rest.cards] == [()]


def test_nobody_else_changes_what_the_asker_was_offered(town: Town) -> None:
    town.ask("100", QUESTION)
    button = offered(town)
    assert town.press(OTHER, button.action, button.value) == WORDS.only_asker
    assert offered(town) == button


def told(town: Town, hours: float = 6) -> list[str | None]:
    """Whom the bot tells of waiting questions after so many hours of a working day."""
    town.clock.at = datetime(2026, 4, 3, 0, 0, tzinfo=UTC) + timedelta(hours=hours)
    town.conversation.care.tell(WORKSPACE)
    town.deliver()
    return [said.member_id for said in town.platform.posts if said.key.startswith("told:")]


def made_known(town: Town, text: str) -> Said:
    town.ask("100", text)
    button = offered(town)
    town.press(ASKER, button.action, button.value)
    return in_channel(town, "CTAX")[0]


def test_a_question_made_known_elsewhere_is_told_of_once_to_who_knows_about_it_there(town: Town) -> None:
    town.happens(Posted(message("2", "うちは独自の様式をやめました。", root="1", author=ANSWERER, channel_id="CTAX")))
    made_known(town, "様式を変更したいのですが、他の団体ではどうしていますか")
    assert told(town) == ["UAMB"]  # who knows about 税, which the words alone do not tell


def test_a_reply_where_a_question_was_made_known_counts_as_one(town: Town) -> None:
    town.happens(Posted(message("2", "うちは独自の様式をやめました。", root="1", author=ANSWERER, channel_id="CTAX")))
    note = made_known(town, QUESTION)
    reply = message("900", "本市では標準の様式に合わせました。", root=note.id, author=OTHER, channel_id="CTAX")
    town.happens(Posted(reply))
    assert told(town) == []


def test_letters_say_so_when_a_question_is_answered_where_it_was_made_known(town: Town) -> None:
    town.happens(Posted(message("2", "うちは独自の様式をやめました。", root="1", author=ANSWERER, channel_id="CTAX")))
    note = made_known(town, "様式を変更したいのですが、他の団体ではどうしていますか")
    assert told(town) == ["UAMB"]
    reply = message("900", "本市では標準の様式に合わせました。", root=note.id, author=OTHER, channel_id="CTAX")
    town.happens(Posted(reply))
    (letter,) = (said for said in town.platform.posts if said.key.startswith("told:"))
    assert letter.reply.cards[0].excerpt == CARE.settled
    assert not letter.reply.cards[0].buttons
    assert town.press("UAMB", "take", "q:C0HELP:100", "D1") == CARE.settled_already
    assert town.command(OTHER, "kyoso", "未回答").text == CARE.nothing_waits
    town.delete("900", "CTAX")
    (letter,) = (said for said in town.platform.posts if said.key.startswith("told:"))
    assert "take" in [button.action for button in letter.reply.cards[0].buttons]


def test_a_question_put_off_and_answered_where_it_was_made_known_is_not_told_of_again(town: Town) -> None:
    town.happens(Posted(message("2", "うちは独自の様式をやめました。", root="1", author=ANSWERER, channel_id="CTAX")))
    note = made_known(town, "様式を変更したいのですが、他の団体ではどうしていますか")
    assert told(town) == ["UAMB"]
    (letter,) = (said for said in town.platform.posts if said.key.startswith("told:"))
    assert town.press("UAMB", "later", letter.reply.cards[0].buttons[1].value, "D1") == CARE.snoozed
    reply = message("900", "本市では標準の様式に合わせました。", root=note.id, author=OTHER, channel_id="CTAX")
    town.happens(Posted(reply))
    told(town, 24 * 3 + 1)  # Monday
    assert [said.id for said in town.platform.posts if said.key.startswith("told:")] == [letter.id]


def test_asking_back_where_a_question_was_made_known_answers_nothing(town: Town) -> None:
    town.happens(Posted(message("2", "うちは独自の様式をやめました。", root="1", author=ANSWERER, channel_id="CTAX")))
    note = made_known(town, QUESTION)
    reply = message("900", "どの税目の明細でしょうか？", root=note.id, author=ASKER, channel_id="CTAX")
    town.happens(Posted(reply))
    assert told(town) == ["UAMB"]


def test_it_is_said_once(town: Town) -> None:
    town.ask("100", QUESTION)
    button = offered(town)
    town.press(ASKER, button.action, button.value)
    assert town.press(ASKER, button.action, button.value) == WORDS.already.format(channel="税")
    assert len(in_channel(town, "CTAX")) == len(in_channel(town, "C0HELP")) == 1


def test_nobody_else_may_press(town: Town) -> None:
    town.ask("100", QUESTION)
    button = offered(town)
    assert town.press(ANSWERER, button.action, button.value) == WORDS.only_asker
    assert town.platform.posts == []


def test_both_go_when_the_question_is_deleted(town: Town) -> None:
    town.ask("100", QUESTION)
    button = offered(town)
    town.press(ASKER, button.action, button.value)
    town.delete("100")
    assert town.platform.posts == []
    with town.unit.read() as work:
        assert crossposted(work, ref("100")) is None
    assert town.press(ASKER, button.action, button.value) == town.community.words.gone


def test_the_note_follows_the_question(town: Town) -> None:
    said = town.ask("100", QUESTION)
    button = offered(town)
    town.press(ASKER, button.action, button.value)
    town.edit(said, "償却資産の課税明細の様式について、変更された団体はありますか")
    assert in_channel(town, "CTAX")[0].reply.cards[0].title.startswith("償却資産")
    town.happens(Posted(message("101", "令和5年度に変更した団体のやり方です。", root="100", author=ANSWERER)))
    town.happens(Reacted(ref("101"), "white_check_mark", ASKER, town.clock.now()))
    assert in_channel(town, "CTAX")[0].reply.cards[0].facts == WORDS.solved
    assert town.press(ASKER, button.action, button.value) == WORDS.already.format(channel="税")


def test_a_resolved_question_needs_nobody_else(town: Town) -> None:
    town.ask("100", QUESTION)
    button = offered(town)
    town.happens(Reacted(ref("100"), "white_check_mark", ASKER, town.clock.now()))
    assert town.press(ASKER, button.action, button.value) == WORDS.not_needed
    assert town.platform.posts == []


@pytest.mark.parametrize("closed", [{"archived": True}, {"private": True}])
def test_a_closed_channel_is_neither_offered_nor_posted_in(town: Town, closed: dict[str, bool]) -> None:
    town.ask("100", QUESTION)
    button = offered(town)
    room = channel("CTAX", "税", private=closed.get("private", False), members=(OTHER,))
    room = replace(room, archived=closed.get("archived", False))
    town.clock.forward(60)
    town.happens(ChannelSeen(room, town.clock.now()))
    assert town.press(ASKER, button.action, button.value) == WORDS.not_there
    heard = len(town.platform.whispers)
    town.ask("200", QUESTION)
    assert not any(said.reply.buttons for said in town.platform.whispers[heard:])
    assert town.platform.posts == []


def test_a_guest_who_cannot_open_the_channel_is_not_sent_there(town: Town) -> None:
    guest = replace(town.platform.people[ASKER], guest=True)
    town.happens(MemberSeen(guest, town.clock.now()))
    town.ask("100", QUESTION)
    assert town.platform.whispers == []
    assert town.press(ASKER, "crosspost", "C0HELP:100:CTAX") == WORDS.not_there


def test_beside_an_answer_in_the_thread_the_offer_is_whispered(town: Town) -> None:
    town.past("5", "課税明細の様式を変えた団体はありますか", "令和5年度から国の様式に合わせて変更しました。")
    town.search.script = {"5": 0.95}
    town.ask("100", QUESTION)
    assert town.posts == [f"{town.community.words.answer} / 課税明細の様式を変えた団体はありますか"]
    assert town.platform.posts[0].reply.links == ()
    assert offered(town).label == "#税 にも投稿する"


def test_where_the_note_is_refused_nothing_is_said_of_it(town: Town) -> None:
    town.ask("100", QUESTION)
    button = offered(town)
    town.platform.failing = [PlatformRefusedError(platform="fake", method="post", why="restricted_action")]
    town.press(ASKER, button.action, button.value)
    assert town.platform.posts == []
    assert town.press(ASKER, button.action, button.value) == WORDS.not_there
    with town.unit.read() as work:
        assert crossposted(work, ref("100")) is None


@pytest.mark.parametrize("value", ["", "x", "C0HELP:100", "C0HELP:999:CTAX", "C0HELP:100:CNONE", "a:b:c:d:e"])
def test_a_button_of_nobodys_making_is_answered_kindly(town: Town, value: str) -> None:
    town.ask("100", QUESTION)
    assert town.press(ASKER, "crosspost", value) in (town.community.words.gone, WORDS.not_there)
    assert town.platform.posts == []
