"""What members teach, as the record tells it: by buttons, by links, by an ambassador's word; and how it is unlearnt."""

from __future__ import annotations

from datetime import timedelta

import pytest
from builders import NOON, message, ref
from town import ANSWERER, ASKER, MAP, OTHER, Town

from bot.events import Posted, Reacted
from bot.labels import Taught, Word, combined, corrected, taught, trusted_members
from bot.learning import report
from indexer.corpus import Database
from indexer.ranking.precision import InForce, Why

QUESTION = "償却資産の申告書の様式を変更したいのですが、他の団体ではどうしていますか"


@pytest.fixture
def town(database: Database) -> Town:
    made = Town(database)
    made.past("1", "償却資産の申告書を様式変更した団体はありますか", "令和5年度から国の様式に合わせて変更しました。")
    made.past("5", "軽自動車税の減免の申請を電子化しましたか", "ぴったりサービスで受け付けています。")
    made.search.script = {"1": 0.9}
    return made


def answers(town: Town) -> dict[str, dict[str, int]]:
    """By question: which threads answer it, by their root's id."""
    with town.unit.read() as work:
        told = taught(town.community)
        names = {thread.id: thread.ref.message_id for thread in work.corpus.threads(range(1, 100))}
    return {one.text: {names[thread_id]: grade for thread_id, grade in one.answers.items()} for one in told}


def suggested(town: Town) -> str:
    return town.platform.posts[-1].reply.cards[0].buttons[0].value


def reply(town: Town, message_id: str, text: str, *, author: str = ANSWERER, root: str = "100") -> None:
    town.happens(Posted(message(message_id, text, root=root, author=author)))


LINK = "こちらで議論されていますよ https://test.example/c/CTAX/5"


def test_what_is_pressed_is_taught_and_a_deleted_question_takes_it_along(town: Town) -> None:
    town.ask("100", QUESTION)
    town.press(ANSWERER, "helpful", suggested(town))
    assert answers(town) == {QUESTION: {"1": 1}}
    town.delete("100")
    assert answers(town) == {}


def test_a_deleted_answer_takes_its_label_along(town: Town) -> None:
    town.ask("100", QUESTION)
    town.press(ANSWERER, "helpful", suggested(town))
    town.delete("1", "CTAX")
    assert answers(town) == {}


def test_an_edited_question_is_taught_as_it_reads_now(town: Town) -> None:
    said = town.ask("100", QUESTION)
    town.press(ANSWERER, "helpful", suggested(town))
    town.edit(said, QUESTION + "(追記)")
    assert answers(town) == {QUESTION + "(追記)": {"1": 1}}


def test_a_link_between_threads_teaches_and_more_once_it_is_accepted(town: Town) -> None:
    town.ask("100", QUESTION)
    reply(town, "101", LINK)
    assert answers(town) == {QUESTION: {"5": 1}}
    town.happens(Reacted(ref("101"), "white_check_mark", ASKER, town.clock.now()))
    assert answers(town) == {QUESTION: {"5": 2}}
    town.delete("101")
    assert answers(town) == {}


def test_an_ambassadors_link_counts_as_much_as_an_accepted_one(town: Town) -> None:
    town.ask("100", QUESTION)
    reply(town, "101", LINK, author="UAMB")
    assert answers(town) == {QUESTION: {"5": 2}}


def test_who_joined_the_ambassadors_by_command_is_trusted_for_their_term(town: Town) -> None:
    town.ask("100", QUESTION)
    reply(town, "101", LINK)
    reply(town, "102", "こちらは #税 の話題です")
    assert (answers(town), belongs(town)) == ({QUESTION: {"5": 1}}, [])
    town.command(ANSWERER, "kyoso", "アンバサダー 参加")
    assert (answers(town), belongs(town)) == ({QUESTION: {"5": 2}}, ["税"])
    town.clock.forward(400 * 24 * 3600)
    assert (answers(town), belongs(town)) == ({QUESTION: {"5": 1}}, [])


def test_who_is_no_ambassador_any_more_is_no_longer_trusted(town: Town) -> None:
    town.ask("100", QUESTION)
    reply(town, "101", LINK, author="UAMB")
    town.command("UAMB", "kyoso", "アンバサダー 終了")
    assert answers(town) == {QUESTION: {"5": 1}}


def test_an_ambassador_sets_right_what_the_bot_answered(town: Town) -> None:
    """違う on the bot's answer, and the link of the right thread in its place."""
    town.ask("100", QUESTION)
    value = suggested(town)
    town.press(ANSWERER, "helpful", value)
    town.clock.forward(60)
    town.press("UAMB", "wrong", value)
    reply(town, "101", LINK, author="UAMB")
    assert answers(town) == {QUESTION: {"1": 0, "5": 2}}


def test_people_who_tell_where_they_asked_too_teach_nothing(town: Town) -> None:
    town.search.script = {}
    town.ask("100", QUESTION)
    town.ask("200", QUESTION, channel_id="CTAX")
    reply(town, "101", "こちらにも書きました https://test.example/c/CTAX/200", author=ASKER)
    assert answers(town) == {}


def test_a_search_teaches_without_its_filters(town: Town) -> None:
    found = town.command(ASKER, "similar", "償却資産 県:愛媛県")
    town.press(ASKER, "helpful", found.cards[0].buttons[0].value)
    assert answers(town) == {"償却資産": {"1": 1}}


@pytest.mark.parametrize(
    ("said", "grade"),
    [
        ([(1, False)], 1),
        ([(1, False), (0, False)], None),
        ([(1, False), (2, False), (0, False)], 2),
        ([(1, False), (1, False), (0, True)], 0),
        ([(0, True), (2, True)], 2),
        ([(2, True), (0, True), (1, False)], 0),
    ],
)
def test_the_latest_trusted_word_decides_else_the_majority(said: list[tuple[int, bool]], grade: int | None) -> None:
    words = [
        Word("質問", 1, 7, given, NOON + timedelta(minutes=number), trusted)
        for number, (given, trusted) in enumerate(said)
    ]
    assert combined(words) == ([] if grade is None else [Taught("質問", 1, {7: grade})])


def test_a_question_is_not_taught_to_be_its_own_answer() -> None:
    assert combined([Word("質問", 7, 7, 2, NOON)]) == []


def belongs(town: Town) -> list[str]:
    with town.unit.read() as work:
        return list(corrected(work.corpus, MAP, trusted_members(work, town.community)).values())


def test_an_ambassador_tells_which_channel_a_question_belongs_to(town: Town) -> None:
    town.ask("100", QUESTION)
    reply(town, "101", "こちらは #税 の話題です", author=OTHER)
    assert belongs(town) == []
    reply(town, "102", "こちらは #税 の話題です", author="UAMB")
    assert belongs(town) == ["税"]
    town.delete("102")
    assert belongs(town) == []


def test_who_names_several_channels_points_to_none(town: Town) -> None:
    town.ask("100", QUESTION)
    reply(town, "101", "#税 か #県内担当 でしょうか", author="UOP")
    assert belongs(town) == []


def test_before_the_first_night_that_is_said() -> None:
    assert report(None, InForce(MAP.thresholds, Why.EXPLICIT), "ja") == [
        "学習はまだ行われていません。",
        "案内する確信度: スレッド 0.75、本人だけ 0.50",
        "channel_map.yaml の値です。",
    ]
