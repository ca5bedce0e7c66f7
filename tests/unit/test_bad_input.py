"""What goes wrong around people and channels ends clearly: unknown, gone, too late, or two at once."""

from __future__ import annotations

import multiprocessing
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from alone import press_alone
from builders import WORKSPACE, channel, member, message, ref
from town import ANSWERER, ASKER, OTHER, ScriptedSearch, Town

from bot.events import ChannelSeen, Commanded, MemberSeen, Posted, Pressed
from bot.replies.wording.ambassadors import JA as OFFICE
from bot.replies.wording.unanswered import JA as CARE
from bot.sending import Sender
from bot.store.outbox import State
from indexer.corpus import Database
from indexer.model import Hit, Query

QUESTION = "償却資産の申告書をオンラインで受けたいのですが、どう始めればよいでしょうか。"
TAKE = "q:CTAX:100"
OTHER_QUESTION = "償却資産の調査で、税務署の資料をどう見せてもらっていますか。手順を知りたいです。"


@pytest.fixture
def town(any_database: Database) -> Town:
    """A town on a working morning, with a question that nobody answered yet."""
    made = Town(any_database)
    made.clock.at = datetime(2026, 4, 2, 0, 0, tzinfo=UTC)  # Thursday, 9:00 in Japan
    made.happens(Posted(replace(message("100", QUESTION, channel_id="CTAX"), posted_at=made.clock.now())))
    return made


def hours_later(town: Town, hours: float) -> list[str | None]:
    """Whom the bot has told of the question after so many hours."""
    town.clock.at += timedelta(hours=hours)
    town.conversation.care.tell(WORKSPACE)
    town.deliver()
    return [said.member_id for said in town.platform.posts if said.key.startswith("told:")]


def lines(town: Town) -> list[str]:
    return [said.reply.text for said in town.platform.posts if said.thread_id == "100"]


def leaves(town: Town, member_id: str) -> None:
    town.happens(MemberSeen(replace(member(member_id), deleted=True), town.clock.now()))


# Somebody unknown


def test_a_member_whom_the_bot_has_not_met_may_become_an_ambassador(town: Town) -> None:
    town.platform.people["UNEW"] = member("UNEW", "税務課＠小諸市")
    assert town.command("UNEW", "kyoso", "アンバサダー 参加").text.startswith(OFFICE.joined.partition("{")[0])


def test_a_guest_is_told_that_guests_cannot(town: Town) -> None:
    town.happens(MemberSeen(replace(member("UGUEST"), guest=True), town.clock.now()))
    assert town.command("UGUEST", "kyoso", "アンバサダー 参加").text == OFFICE.guests


@pytest.mark.parametrize("named", ["UNOBODY", "", ASKER])
def test_naming_somebody_unknown_or_the_asker_is_answered_kindly(town: Town, named: str) -> None:
    assert hours_later(town, 4) == ["UAMB"]
    notice = town.platform.posts[-1].reply.cards[0].menus[0].value
    town.happens(Pressed(WORKSPACE, "D1", "UAMB", "hand", notice, "h", chosen=named))
    assert town.platform.answers["h"][-1].text == CARE.handed_nobody


def hands(town: Town, named: str) -> str:
    """What the ambassador reads who hands the question of their letter to somebody."""
    (letter,) = (said for said in town.platform.posts if said.member_id == "UAMB")
    handle = f"hand-{named}-{town.clock.now()}"
    menu = next(card.menus[0] for card in letter.reply.cards if card.menus)
    town.happens(Pressed(WORKSPACE, "D1", "UAMB", "hand", menu.value, handle, chosen=named))
    return town.platform.answers[handle][-1].text


def test_who_cannot_be_named_is_told_so_and_the_menu_stays(town: Town) -> None:
    hours_later(town, 4)
    for odd in (replace(member("UGONE"), deleted=True), replace(member("UBOT"), bot=True)):
        town.happens(MemberSeen(odd, town.clock.now()))
        assert hands(town, odd.id) == CARE.handed_nobody
    assert hands(town, "UAMB") == CARE.handed_nobody
    town.happens(MemberSeen(replace(member("UGUEST", "委託業者"), guest=True), town.clock.now()))
    assert hands(town, "UGUEST") == CARE.handed_cannot_see.format(member="委託業者")
    assert hours_later(town, 1) == ["UAMB"]


def test_somebody_named_who_leaves_before_they_are_told_is_told_nothing(town: Town) -> None:
    hours_later(town, 4)
    assert hands(town, OTHER) == CARE.handed.format(member="情報係＠奥尻町")
    leaves(town, OTHER)
    assert OTHER not in hours_later(town, 1)
    (letter,) = (said for said in town.platform.posts if said.member_id == "UAMB")
    assert letter.reply.cards[0].excerpt == CARE.was_handed
    assert [button.action for button in letter.reply.cards[0].buttons] == ["take"]


def test_nobody_is_named_for_a_question_that_was_answered_or_taken_meanwhile(town: Town) -> None:
    hours_later(town, 4)
    with town.unit.read() as work:
        (notice,) = work.notices.of(ref("100", "CTAX"))
    town.press(ANSWERER, "take", TAKE)
    event = Pressed(WORKSPACE, "D1", "UAMB", "hand", str(notice.id), "late", chosen=OTHER)
    town.happens(event)
    assert town.platform.answers["late"][-1].text == CARE.taken_already.format(member="松山市 システム管理")
    answer = "本市では申告書にeLTAXの案内を同封し、税理士会にも説明しました。"
    town.happens(Posted(message("101", answer, root="100", author=ANSWERER, channel_id="CTAX")))
    town.happens(replace(event, handle="later"))
    assert town.platform.answers["later"][-1].text == CARE.settled_already
    assert OTHER not in hours_later(town, 1)


def test_what_is_not_ones_field_reads_so_in_the_letter(town: Town) -> None:
    hours_later(town, 4)
    buttons = {button.action: button.value for button in town.platform.posts[-1].reply.cards[0].buttons}
    assert town.press("UAMB", "not_mine", buttons["not_mine"], "D1") == CARE.declined
    (letter,) = (said for said in town.platform.posts if said.member_id == "UAMB")
    assert letter.reply.cards[0].excerpt == CARE.was_not_mine


def test_ones_own_question_cannot_be_taken(town: Town) -> None:
    assert town.press(ASKER, "take", TAKE) == CARE.own_question
    assert lines(town) == []


def test_a_question_taken_from_the_list_leaves_it(town: Town) -> None:
    town.happens(Posted(replace(message("101", OTHER_QUESTION, channel_id="CTAX"), posted_at=town.clock.now())))
    town.clock.at += timedelta(hours=5)
    listed = town.command(OTHER, "kyoso", "未回答")
    assert [card.buttons[0].action for card in listed.cards] == ["take-listed", "take-listed"]
    town.happens(Pressed(WORKSPACE, "CTAX", OTHER, "take-listed", TAKE, "one"))
    (shown,) = town.platform.answers["one"]
    assert shown.text == f"{CARE.took}\n\n{CARE.waiting}"
    assert [card.buttons[0].value for card in shown.cards] == ["q:CTAX:101"]
    assert shown.instead
    town.happens(Pressed(WORKSPACE, "CTAX", OTHER, "take-listed", "q:CTAX:101", "two"))
    assert town.platform.answers["two"][-1].text == f"{CARE.took}\n\n{CARE.nothing_waits}"


# A channel that is gone


def test_a_question_in_a_channel_that_is_gone_cannot_be_taken(town: Town) -> None:
    assert hours_later(town, 4) == ["UAMB"]
    town.happens(ChannelSeen(replace(channel("CTAX", "税"), archived=True), town.clock.now()))
    assert town.press(OTHER, "take", TAKE) == CARE.gone
    assert hours_later(town, 24) == ["UAMB"]


def test_a_channel_that_goes_while_a_claim_is_on_its_way_stops_nothing_else(town: Town) -> None:
    town.platform.rooms["CTAX"] = replace(channel("CTAX", "税"), archived=True)  # the bot has not heard of it yet
    assert town.press(OTHER, "take", TAKE) == CARE.took
    assert lines(town) == []
    with town.unit.read() as work:
        assert work.outbox.counts().get(State.FAILED.value) == 1
        assert work.notices.undertaking(ref("100", "CTAX")) is not None
    assert town.command(OTHER, "kyoso", "help").text


# Somebody who left


def test_nobody_is_sent_to_a_question_whose_asker_has_left(town: Town) -> None:
    leaves(town, ASKER)
    assert hours_later(town, 5) == []


def test_an_ambassador_who_left_is_told_nothing(town: Town) -> None:
    leaves(town, "UAMB")
    assert hours_later(town, 5) == []


def test_what_somebody_had_taken_who_then_left_is_free_again_after_a_working_day(town: Town) -> None:
    town.press(OTHER, "take", TAKE)
    leaves(town, OTHER)
    assert hours_later(town, 5) == []
    assert hours_later(town, 20) != []
    assert lines(town) == []
    assert town.press(ANSWERER, "take", TAKE) == CARE.took


# A term that has ended


def test_a_term_that_has_ended_is_told_as_such_with_a_way_back(town: Town) -> None:
    town.command(ANSWERER, "kyoso", "アンバサダー 参加")
    town.clock.at += timedelta(days=366)
    shown = town.command(ANSWERER, "kyoso", "アンバサダー 話題 税")
    assert "任期: 2027年4月2日で終わりました" in shown.text
    assert [button.action for button in shown.buttons] == ["ambassador_join"]
    town.press(ANSWERER, "ambassador_join", "")
    assert "で終わりました" not in town.command(ANSWERER, "kyoso", "アンバサダー").text


def test_a_term_holds_on_its_last_day_and_no_longer(town: Town) -> None:
    town.command(ANSWERER, "kyoso", "アンバサダー 参加")
    sitting = town.conversation.ambassadors.sitting
    town.clock.at += timedelta(days=365)  # the 2nd of April, until which it was said to last
    with town.unit.read() as work:
        assert ANSWERER in sitting(work, WORKSPACE)
    assert "任期: 2027年4月2日まで" in town.command(ANSWERER, "kyoso", "アンバサダー").text
    town.clock.at += timedelta(days=1)
    with town.unit.read() as work:
        assert ANSWERER not in sitting(work, WORKSPACE)


# Two at once


def test_of_two_who_press_at_the_same_moment_one_has_it(town: Town) -> None:
    together = threading.Barrier(2)

    def press(member_id: str) -> None:
        together.wait(10)
        event = Pressed(WORKSPACE, "CTAX", member_id, "take", TAKE, f"by-{member_id}")
        town.conversation.hear(event, f"event:{member_id}")

    with ThreadPoolExecutor(2) as pressing:
        list(pressing.map(press, (ANSWERER, OTHER)))
    town.deliver()
    told = sorted(town.platform.answers[f"by-{member_id}"][-1].text for member_id in (ANSWERER, OTHER))
    assert CARE.took in told
    [other] = [text for text in told if text != CARE.took]
    assert other.endswith(CARE.taken_already.partition("}")[2])
    assert len(lines(town)) == 1


def test_of_two_processes_that_hear_a_press_at_the_same_moment_one_gives_it_away(town: Town) -> None:
    spawned = multiprocessing.get_context("spawn")
    together, said = spawned.Barrier(2), spawned.Queue()
    url = town.unit._database.url.render_as_string(hide_password=False)
    presses = [Pressed(WORKSPACE, "CTAX", member_id, "take", TAKE, "h") for member_id in (ANSWERER, OTHER)]
    given = [(url, press, town.clock.now(), together, said) for press in presses]
    processes = [spawned.Process(target=press_alone, args=args) for args in given]
    for process in processes:
        process.start()
    told = sorted(said.get(timeout=60) for _ in processes)
    for process in processes:
        process.join(60)
    assert told.count(CARE.took) == 1
    [other] = [text for text in told if text != CARE.took]
    assert other.endswith(CARE.taken_already.partition("}")[2])
    town.deliver()
    assert len(lines(town)) == 1


# A message deleted while it is being answered


class Interrupted(ScriptedSearch):
    """A search during which something happens."""

    def __init__(self, town: Town) -> None:
        super().__init__(town.unit._database, {"10": 0.95})
        self._town = town

    def similar(self, query: Query) -> list[Hit]:
        found = super().similar(query)
        self._town.delete("200")
        return found


def test_a_question_deleted_while_the_bot_looks_for_its_answer_is_not_answered(town: Town) -> None:
    town.past("10", "償却資産の電子申告を増やすには", "申告書にeLTAXのちらしを同封し、税理士会に説明しました。")
    object.__setattr__(town.community, "search", Interrupted(town))
    town.conversation = type(town.conversation)(town.community, town.platform)
    town.ask("200", QUESTION)
    assert [said for said in town.platform.posts if said.thread_id == "200"] == []
    assert town.platform.whispers == []


def test_a_question_deleted_while_somebody_prepares_its_answer_takes_the_line_along(town: Town) -> None:
    assert hours_later(town, 4) == ["UAMB"]
    town.press("UAMB", "take", TAKE)
    assert len(lines(town)) == 1
    town.delete("100", "CTAX")
    assert hours_later(town, 1) == ["UAMB"]
    assert lines(town) == []
    assert town.platform.posts[-1].reply.text == CARE.gone


def test_an_answer_whose_thread_is_gone_when_it_is_sent_is_given_up(town: Town) -> None:
    town.platform.rooms.pop("CTAX")
    town.happens(Commanded(WORKSPACE, "CTAX", OTHER, "kyoso", "未回答", "list"))
    assert town.platform.answers["list"][-1].text == CARE.waiting
    assert Sender(town.unit, town.clock, {WORKSPACE: town.platform}).work() == 0


def test_a_question_that_lost_its_channel_between_letter_and_press_is_answered_kindly(town: Town) -> None:
    assert hours_later(town, 4) == ["UAMB"]
    town.happens(ChannelSeen(replace(channel("CTAX", "税"), archived=True), town.clock.now()))
    buttons = {button.action: button.value for button in town.platform.posts[-1].reply.cards[0].buttons}
    assert town.press("UAMB", "take", buttons["take"], "D1") == CARE.gone
    assert lines(town) == []


def test_an_answer_deleted_while_its_thread_is_looked_at_leaves_the_question_waiting(town: Town) -> None:
    assert hours_later(town, 4) == ["UAMB"]
    said = message("101", "本市では、まずeLTAXの利用を案内しました。", root="100", author=OTHER, channel_id="CTAX")
    town.happens(Posted(said))
    assert town.platform.posts[-1].reply.cards[0].excerpt == CARE.settled
    town.delete("101", "CTAX")
    buttons = [button.action for button in town.platform.posts[-1].reply.cards[0].buttons]
    assert buttons == ["take", "later", "not_mine"]


# Words that are no command


LONG = "あ" * 3_000


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (f"アンバサダー 話題 {LONG}", OFFICE.unknown_topics.format(value="あ" * 39 + "…")),
        (f"アンバサダー 県 {LONG}", OFFICE.unknown_prefectures.format(value="あ" * 39 + "…")),
        ("アンバサダー 上限 ３件", "• 1日の上限: 3件"),
        ("アンバサダー 上限 ①", "• 1日の上限: 1件"),
        ("アンバサダー 上限 百", OFFICE.bad_cap),
        ("アンバサダー 時間 ９時〜１２時", "• お知らせする時間: 09:00-12:00"),
        ("アンバサダー 時間 25:00-26:00", OFFICE.bad_hours),
        ("アンバサダー 休止 2/30-3/1", OFFICE.bad_leave),
        ("アンバサダー 曜日 祝日", OFFICE.bad_quiet),
        ("アンバサダー <@UNOBODY>", OFFICE.usage),
        (f"アンバサダー {LONG}", OFFICE.usage),
    ],
)
def test_odd_commands_are_understood_or_explained(town: Town, typed: str, said: str) -> None:
    town.command(ANSWERER, "kyoso", "アンバサダー 参加")
    assert said in town.command(ANSWERER, "kyoso", typed).text


@pytest.mark.parametrize("typed", ["令和8年度", "<@UNOBODY>", LONG, "　", "１２３", "未回答　全部"])
def test_whatever_is_typed_after_kyoso_is_answered_briefly(town: Town, typed: str) -> None:
    answer = town.command(OTHER, "kyoso", typed)
    assert 0 < len(answer.text) < 1_500


@pytest.mark.parametrize("value", ["", "x", "-1", "99999", "９", "q:", "q:CTAX", "q:CNONE:1", "1" * 40])
@pytest.mark.parametrize("action", ["take", "later", "not_mine", "hand"])
def test_buttons_of_nobodys_making_are_answered_kindly(town: Town, action: str, value: str) -> None:
    assert town.press(OTHER, action, value) == CARE.gone


@pytest.mark.parametrize(
    "typed", ["期間:99999999999999年 税", f"規模:{'9' * 400} 税", f"県:{LONG} 税", f"期間:{'1' * 5_000}日"]
)
def test_odd_filters_are_explained(town: Town, typed: str) -> None:
    answer = town.command(OTHER, "similar", typed)
    assert answer.text.startswith("絞り込み「")
    assert len(answer.text) < 200


@pytest.mark.parametrize("value", ["", ":", "1:", "²:1", f"{'1' * 40}:1", f"1:{'9' * 40}"])
@pytest.mark.parametrize("action", ["helpful", "solved", "wrong", "share", "more"])
def test_buttons_under_answers_of_nobodys_making_are_answered_kindly(town: Town, action: str, value: str) -> None:
    assert town.press(OTHER, action, value) == town.community.words.gone
