"""Polls: the tally comes once, with enough answers, and changes in place; then the thread is resolved for searches."""

from __future__ import annotations

import csv
from dataclasses import replace
from datetime import timedelta
from io import StringIO

import pytest
from builders import NOON, WORKSPACE, channel, member, message, ref
from town import ASKER, MAP, Town

from bot.events import Edited, Posted
from bot.polls import Polls
from bot.replies import Reply
from indexer.corpus import Corpus, Database
from indexer.model import Mark, MarkKind, ResolvedBy, Thread

POLL = "皆さんのところは窓口の受付時間の短縮、どうしていますか。\n1. もう短縮した\n2. 検討中\n3. 予定なし\n"
TOWNS = ("松山市", "奥尻町", "小諸市", "三鷹市", "福岡市", "内子町", "愛媛県")


@pytest.fixture
def town(database: Database) -> Town:
    here = Town(database)
    people = [here.community.placed(member(f"UP{number}", f"情報係＠{name}")) for number, name in enumerate(TOWNS)]
    here.platform.people |= {one.id: one for one in people}
    with here.unit.begin() as work:
        work.corpus.record_members(people, NOON)
    return here


def answer(town: Town, number: int, text: str, *, by: int | None = None, channel_id: str = "C0HELP") -> None:
    who = f"UP{number if by is None else by}"
    town.happens(Posted(message(str(10 + number), text, root="1", author=who, channel_id=channel_id)))


def answered(town: Town, count: int, *, channel_id: str = "C0HELP") -> None:
    town.ask("1", POLL, channel_id=channel_id)
    for number in range(count):
        answer(town, number, f"{1 + number % 2}です。昨年からです。", channel_id=channel_id)


def tallies(town: Town) -> list[Reply]:
    return [said.reply for said in town.platform.posts if said.key.startswith("tally:")]


def thread(town: Town, channel_id: str = "C0HELP") -> Thread:
    with town.unit.read() as work:
        found = work.corpus.thread(ref("1", channel_id))
    assert found is not None
    return found


def rows(reply: Reply) -> list[list[str]]:
    (table,) = reply.attachments
    return list(csv.reader(StringIO(table.content.decode("utf-8-sig"), newline="")))


def test_with_enough_answers_the_tally_comes_once_and_the_thread_is_resolved(town: Town) -> None:
    answered(town, 4)
    assert tallies(town) == []
    assert not thread(town).resolved
    answer(town, 4, "2です。来年度の予定です。")
    (reply,) = tallies(town)
    assert reply.text.startswith("📊 5団体からの回答をまとめました")
    assert reply.cards[0].excerpt == "・もう短縮した: 2団体\n・検討中: 3団体\n・予定なし: 0団体"
    assert reply.cards[1].excerpt.splitlines()[:2] == [
        "■ 人口1万人未満(1団体)",
        "・奥尻町(北海道): 2です。昨年からです。",
    ]
    assert [row[1] for row in rows(reply)] == ["団体", "奥尻町", "小諸市", "三鷹市", "松山市", "福岡市"]
    assert rows(reply)[1][7] == "https://test.example/archives/C0HELP/p11"
    resolution = thread(town).resolution
    assert resolution is not None
    assert resolution.by is ResolvedBy.TALLY


def test_further_answers_change_the_tally_in_place(town: Town) -> None:
    answered(town, 5)
    (first,) = [said.id for said in town.platform.posts if said.key.startswith("tally:")]
    answer(town, 5, "3です。予定はありません。")
    answer(town, 7, "3です。二度目の回答です。", by=0)
    answer(town, 8, "ありがとうございます、参考になります", by=6)
    (said,) = [said for said in town.platform.posts if said.key.startswith("tally:")]
    assert said.id == first
    assert said.reply.text.startswith("📊 6団体")
    assert len(rows(said.reply)) == 7


def test_an_edited_answer_and_a_deleted_one_leave_no_trace_in_the_tally(town: Town) -> None:
    answered(town, 6)
    changed = message("10", "3です。やめました。", root="1", author="UP0")
    town.happens(Edited(replace(changed, edited_at=NOON + timedelta(days=1))))
    assert "松山市(愛媛県): 3です。やめました。" in tallies(town)[0].cards[1].excerpt
    town.delete("10")
    (reply,) = tallies(town)
    assert reply.text.startswith("📊 5団体")
    assert "やめました" not in reply.to_json()
    assert all("松山市" not in cell for row in rows(reply) for cell in row)


def test_a_tally_goes_with_its_question(town: Town) -> None:
    answered(town, 5)
    town.delete("1")
    assert tallies(town) == []


def test_a_tally_without_answers_is_taken_back_and_comes_again_with_them(town: Town) -> None:
    answered(town, 5)
    for number in range(5):
        town.delete(str(10 + number))
    assert tallies(town) == []
    assert not thread(town).resolved
    for number in range(5):
        answer(town, 20 + number, "1です。改めて。", by=number)
    assert len(tallies(town)) == 1
    assert thread(town).resolved


def test_a_question_that_is_edited_into_no_poll_loses_its_tally(town: Town) -> None:
    answered(town, 5)
    root = thread(town).root
    town.edit(root, "コンビニ交付が止まりました。原因をご存じの方はいますか？")
    assert tallies(town) == []
    assert not thread(town).resolved


def test_where_the_bot_may_only_whisper_the_asker_decides(town: Town) -> None:
    answered(town, 5, channel_id="CTAX")
    assert tallies(town) == []
    assert thread(town, "CTAX").resolved
    (offer,) = [said for said in town.platform.whispers if said.key.startswith("tally-offer:")]
    (button,) = offer.reply.buttons
    assert offer.member_id == ASKER
    assert "載せました" in town.press(ASKER, button.action, button.value, channel_id="CTAX")
    assert "載せました" in town.press(ASKER, button.action, button.value, channel_id="CTAX")
    assert len(tallies(town)) == 1
    answer(town, 5, "1です。うちもです。", channel_id="CTAX")
    assert tallies(town)[0].text.startswith("📊 6団体")
    assert len([said for said in town.platform.whispers if said.key.startswith("tally-offer:")]) == 1


def test_where_the_bot_is_silent_it_says_nothing(town: Town) -> None:
    answered(town, 5, channel_id="CCHAT")
    assert tallies(town) == []
    assert town.platform.whispers == []
    assert thread(town, "CCHAT").resolved


@pytest.mark.parametrize("value", ["", "99", "not a message"])
def test_a_button_for_what_is_gone_says_so(town: Town, value: str) -> None:
    assert "もう表示できません" in town.press(ASKER, "tally", value)


def test_too_few_answers_are_not_tallied_on_demand(town: Town) -> None:
    answered(town, 2)
    assert "まだ" in town.press(ASKER, "tally", "1")
    assert tallies(town) == []


def test_how_many_answers_are_enough_is_the_operators_choice(town: Town) -> None:
    fewer = Polls(replace(town.community, channel_map=replace(MAP, poll_answers=2)))
    answered(town, 2)
    assert tallies(town) == []
    fewer.posted(message("11", "x", root="1", author="UP1"))
    town.deliver()
    assert len(tallies(town)) == 1


def test_polls_of_an_imported_record_are_recognised_in_silence_once(town: Town) -> None:
    replies = [message(str(10 + n), "2です。検討中です。", root="1", author=f"UP{n}") for n in range(5)]
    with town.unit.begin() as work:
        work.corpus.record([message("1", POLL), *replies, message("2", POLL, channel_id="CTAX")], NOON)
    polls = Polls(town.community)
    assert [polls.recognise(WORKSPACE) for _ in range(2)] == [1, 0]
    town.deliver()
    assert town.platform.posts == []
    assert thread(town).resolved
    with town.unit.begin() as work:
        work.corpus.mark(ref("1"), Mark(MarkKind.REOPENED, ASKER, town.clock.now()))
    assert polls.recognise(WORKSPACE) == 0
    later = [
        message(str(30 + n), "1です。短縮しました。", root="2", author=f"UP{n}", channel_id="CTAX") for n in range(5)
    ]
    with town.unit.begin() as work:
        work.corpus.record(later, NOON)
    assert polls.recognise(WORKSPACE) == 1  # what came since the last look is looked at


def test_a_search_shows_how_many_answered(town: Town) -> None:
    answered(town, 5)
    town.search.script = {"1": 0.9}
    (card,) = town.command("U2", "similar", "窓口の受付時間").cards
    assert card.excerpt == "5名の方が、それぞれのやり方を回答しています。"
    assert card.facts == "2026年4月1日 ・ #何でも相談"


def test_members_who_left_and_are_unknown_count_by_themselves(town: Town, database: Database) -> None:
    town.ask("1", POLL)
    for number in range(5):
        town.happens(Posted(message(str(20 + number), "1です。短縮しました。", root="1", author=f"UGONE{number}")))
    (reply,) = tallies(town)
    assert reply.cards[1].excerpt.splitlines()[0] == "■ 団体が分からない方(5団体)"
    with database.read() as connection:
        assert Corpus(connection).channel(WORKSPACE, "C0HELP") == channel()
