"""Who is told of waiting questions, and what comes of it, played through the one door of the conversation."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from builders import WORKSPACE, channel, member, message, ref
from fakes import Said
from town import ANSWERER, ASKER, OTHER, Town

from bot.conversation import Conversation
from bot.events import ChannelSeen, Deleted, MemberSeen, Posted, Pressed, Reacted, Unreacted
from bot.replies.wording.unanswered import JA
from indexer.corpus import Database
from indexer.model import Message, Visibility

JST = ZoneInfo("Asia/Tokyo")
QUESTION = "償却資産の申告書をオンラインで受けたいのですが、どう始めればよいでしょうか。"
OTHER_QUESTION = "課税明細の封筒を作り直したいのですが、業者はどうやって選べばよいでしょうか。"
SECOND = "UAMB2"


class Office:
    """The town with two ambassadors, at work; the channel map names UAMB for 税."""

    def __init__(self, database: Database) -> None:
        self.town = Town(database)
        self.town.platform.people[SECOND] = member(SECOND, "税務課＠松山市")
        with self.town.unit.begin() as work:
            work.corpus.record_members([member(SECOND, "税務課＠松山市")], self.town.clock.now())
        self.care = self.town.conversation.care
        self.go(2, 9)

    def go(self, day: int, hour: int, minute: int = 0) -> None:
        """It is now that moment of April 2026, in Japan."""
        self.town.clock.at = datetime(2026, 4, day, hour, minute, tzinfo=JST).astimezone(UTC)

    def ask(self, message_id: str, text: str = QUESTION, channel_id: str = "CTAX", author: str = ASKER) -> None:
        here, now = ref(message_id, channel_id), self.town.clock.now()
        self.town.happens(Posted(Message(here, here, author, text, now)))
        self.town.clock.at = now

    def reply(self, root: str, author: str, text: str = "本市では申告書にちらしを同封しました。") -> None:
        here = ref(f"{root}9{author[1:]}", "CTAX")
        self.town.happens(Posted(Message(here, ref(root, "CTAX"), author, text, self.town.clock.now())))

    def tell(self) -> list[Said]:
        """Let the bot look, and read the letters that came."""
        before = {letter.key for letter in self.letters()}
        self.care.tell(WORKSPACE)
        self.town.deliver()
        return [letter for letter in self.letters() if letter.key not in before]

    def letters(self, member_id: str | None = None) -> list[Said]:
        letters = [said for said in self.town.platform.posts if said.key.startswith("told:")]
        return [said for said in letters if member_id in (None, said.member_id)]

    def join(self, member_id: str, *settings: str) -> None:
        now = self.town.clock.now()
        for setting in ("参加", *settings):
            self.town.command(member_id, "kyoso", f"アンバサダー {setting}", "CTAX")
        self.town.clock.at = now

    def press(self, letter: Said, action: str, chosen: str = "", card: int = 0) -> str:
        shown = next(said for said in self.town.platform.posts if said.id == letter.id).reply.cards[card]
        acts = {act.action: act.value for act in (*shown.buttons, *shown.menus)}
        handle = f"press-{self.town._events}"
        event = Pressed(WORKSPACE, "D1", str(letter.member_id), action, acts[action], handle, chosen=chosen)
        self.town.happens(event)
        return self.town.platform.answers[handle][-1].text

    def read_again(self, letter: Said) -> str:
        """What the first card of a letter says by now."""
        card = next(said for said in self.town.platform.posts if said.id == letter.id).reply.cards[0]
        return card.excerpt or card.title

    def thread_says(self, root: str) -> list[str]:
        return [said.reply.text for said in self.town.platform.posts if said.thread_id == root]


@pytest.fixture
def office(any_database: Database) -> Office:
    return Office(any_database)


def test_ambassadors_are_told_after_four_working_hours_and_of_each_question_once(office: Office) -> None:
    office.ask("100")
    office.go(2, 12, 45)
    assert office.tell() == []
    office.go(2, 13)
    [letter] = office.tell()
    assert (letter.member_id, letter.reply.text) == ("UAMB", JA.told)
    card = letter.reply.cards[0]
    assert card.title == QUESTION
    assert [button.label for button in card.buttons] == [JA.take, JA.later, JA.not_mine]
    assert [(menu.label, menu.people) for menu in card.menus] == [(JA.hand, True)]
    office.go(2, 16)
    assert office.tell() == []


def test_nobody_is_told_outside_working_hours(office: Office) -> None:
    office.go(3, 16)  # Friday
    office.ask("100")
    for day, hour in ((3, 20), (4, 12), (5, 12), (6, 8)):
        office.go(day, hour)
        assert office.tell() == []
    office.go(6, 11, 15)  # Monday, after 1:15 and 2:45
    assert len(office.tell()) == 1


def test_a_letter_that_the_process_died_with_arrives_in_its_readers_hours_and_reads_as_matters_stand(
    office: Office,
) -> None:
    office.ask("100")
    office.go(2, 16, 45)
    office.care.tell(WORKSPACE)
    for day, hour in ((2, 19), (3, 7)):  # a new process, when the community is not at work
        office.go(day, hour)
        office.town.deliver()
        assert office.letters() == []
    office.reply("100", OTHER)
    office.go(3, 9)
    office.town.deliver()
    [letter] = office.letters("UAMB")
    assert letter.reply.cards[0].excerpt == JA.settled


def test_a_letter_waits_until_quiet_hours_end(office: Office) -> None:
    office.ask("100")
    with office.town.unit.begin() as work:
        work.preferences.set(WORKSPACE, "UAMB", "quiet", "13-15")
    office.go(2, 13)
    assert office.tell() == []
    office.go(2, 15)
    assert [letter.member_id for letter in office.tell()] == ["UAMB"]


def test_a_question_taken_is_said_quietly_and_rests_until_it_lapses(office: Office) -> None:
    office.join(SECOND)
    office.ask("100")
    office.go(2, 13)
    first, second = office.tell()
    assert office.press(first, "take") == JA.took
    [said] = office.thread_says("100")
    assert said.endswith("さんが回答を準備しています。")
    assert [button.action for button in office.letters(second.member_id)[0].reply.cards[0].buttons] == []
    office.go(3, 12)
    assert office.tell() == []
    office.go(3, 13, 15)
    office.tell()
    assert office.thread_says("100") == []
    [lapsed] = office.letters(first.member_id)
    assert lapsed.reply.cards[0].excerpt == JA.lapsed
    assert office.press(second, "take") == JA.took


def test_the_one_who_took_it_replies_and_the_line_goes(office: Office) -> None:
    office.ask("100")
    office.go(2, 13)
    [letter] = office.tell()
    office.press(letter, "take")
    office.reply("100", "UAMB")
    assert office.thread_says("100") == []
    [now] = office.letters("UAMB")
    assert now.reply.cards[0].excerpt == JA.settled
    assert now.reply.cards[0].buttons == ()


def test_of_two_who_take_it_the_first_has_it(office: Office) -> None:
    office.join(SECOND)
    office.ask("100")
    office.go(2, 13)
    first, second = office.tell()
    values = [letter.reply.cards[0].buttons[0].value for letter in (first, second)]
    assert office.town.press(str(first.member_id), "take", values[0]) == JA.took
    assert "先に担当されました" in office.town.press(str(second.member_id), "take", values[1])
    assert len(office.thread_says("100")) == 1
    assert office.town.press(str(first.member_id), "take", values[0]) == JA.took
    assert len(office.thread_says("100")) == 1


def test_not_my_field_makes_room_for_another_and_is_remembered(office: Office) -> None:
    office.join(SECOND)
    office.join(OTHER)
    office.ask("100")
    office.go(2, 13)
    told = office.tell()
    assert len(told) == 2
    assert office.press(told[0], "not_mine") == JA.declined
    office.go(2, 13, 15)
    [third] = office.tell()
    assert third.member_id not in {letter.member_id for letter in told}
    with office.town.unit.read() as work:
        [declined] = work.notices.declined(WORKSPACE)
        assert declined.member_id == told[0].member_id


def test_later_comes_again_on_the_next_working_day(office: Office) -> None:
    office.ask("100")
    office.go(2, 13)
    [letter] = office.tell()
    assert office.press(letter, "later") == JA.snoozed
    office.go(2, 17)
    assert office.tell() == []
    office.go(3, 8, 45)
    [again] = office.tell()
    assert again.member_id == "UAMB"
    assert again.reply.cards[0].title == QUESTION
    assert office.letters("UAMB") == [again]  # the first letter is gone: the question stands in one place


def test_a_letter_says_that_a_question_was_put_off(office: Office) -> None:
    office.ask("100")
    office.go(2, 13)
    [letter] = office.tell()
    office.press(letter, "later")
    [shown] = office.letters("UAMB")
    assert shown.reply.cards[0].excerpt == JA.put_off
    assert [button.label for button in shown.reply.cards[0].buttons] == [JA.take, JA.not_mine]
    assert [menu.action for menu in shown.reply.cards[0].menus] == ["hand"]


def test_of_a_letter_with_several_questions_only_what_was_put_off_moves_on(office: Office) -> None:
    office.ask("100")
    office.ask("101", OTHER_QUESTION)
    office.go(2, 13)
    [letter] = office.tell()
    office.press(letter, "later", card=1)
    office.go(3, 8, 45)
    [again] = office.tell()
    first, second = office.letters("UAMB")
    assert second == again
    assert [card.title for card in first.reply.cards] == [QUESTION]
    assert [card.title for card in again.reply.cards] == [OTHER_QUESTION]


def test_a_question_told_of_again_and_then_deleted_stands_in_no_letter(office: Office) -> None:
    office.ask("100")
    office.go(2, 13)
    [letter] = office.tell()
    office.press(letter, "later")
    office.go(3, 8, 45)
    office.tell()
    office.town.delete("100", "CTAX")
    assert not [said for said in office.letters() if QUESTION in str(said.reply)]


def test_a_named_person_is_told_if_they_can_be(office: Office) -> None:
    office.ask("100")
    office.go(2, 13)
    [letter] = office.tell()
    assert office.press(letter, "hand", ASKER) == JA.handed_nobody
    assert office.press(letter, "hand", "UNOBODY") == JA.handed_nobody
    assert "お知らせします" in office.press(letter, "hand", OTHER)
    office.go(2, 13, 15)
    [named] = office.tell()
    assert named.member_id == OTHER
    assert "詳しいとうかがいました" in named.reply.text


def test_many_questions_are_one_letter_and_the_cap_holds(office: Office) -> None:
    for number in range(5):
        office.ask(
            f"10{number}", f"償却資産の申告について{number}番目の質問です。{'税' * number}どうすればよいでしょうか。"
        )
    office.go(2, 13)
    [letter] = office.tell()
    assert letter.reply.text == JA.told_many.format(count=3)
    assert len(letter.reply.cards) == 3
    office.go(2, 16)
    assert office.tell() == []  # three a day
    office.go(3, 8, 45)
    [next_day] = office.tell()
    assert len(next_day.reply.cards) == 2


def test_hours_quiet_days_leave_and_topics_are_kept(office: Office) -> None:
    office.join("UAMB", "時間 15:00-16:00", "休む曜日 金")
    office.ask("100")
    office.go(2, 13)
    assert office.tell() == []
    office.go(2, 15)
    assert len(office.tell()) == 1
    office.ask("101", OTHER_QUESTION)
    office.go(3, 15)  # Friday
    assert office.tell() == []
    office.town.command("UAMB", "kyoso", "ambassador away 4/6-4/7", "CTAX")
    office.go(6, 15)
    assert office.tell() == []


def test_a_term_that_has_ended_and_a_member_who_left_are_told_nothing(office: Office) -> None:
    office.join("UAMB")
    office.town.clock.at += timedelta(days=368)  # April 5th 2027, a Monday
    office.ask("100")
    office.town.clock.at += timedelta(hours=4)
    assert office.tell() == []
    office.join("UAMB")
    gone = member("UAMB", "税務課＠小諸市")
    office.town.happens(
        MemberSeen(type(gone)(gone.workspace_id, gone.id, gone.display_name, deleted=True), office.town.clock.now())
    )
    assert office.tell() == []


def test_an_unknown_ambassador_in_the_channel_map_stops_nothing(office: Office) -> None:
    with office.town.unit.begin() as work:
        work.preferences.set(WORKSPACE, "UGHOST", "ambassador.since", "2026-01-01")
    office.ask("100")
    office.go(2, 13)
    assert [letter.member_id for letter in office.tell()] == ["UAMB"]


def test_nobody_hears_of_a_channel_that_they_cannot_see(office: Office) -> None:
    office.join(SECOND)
    office.ask("100", channel_id="GPREF")  # private: ASKER and ANSWERER are in it
    office.go(2, 13)
    assert office.tell() == []
    office.join(ANSWERER)
    assert [letter.member_id for letter in office.tell()] == [ANSWERER]


def test_a_channel_that_is_gone_or_turned_private_is_told_of_to_nobody(office: Office) -> None:
    office.ask("100")
    office.go(2, 13)
    hidden = channel("CTAX", "税", private=True, members=(ASKER,))
    office.town.happens(ChannelSeen(hidden, office.town.clock.now()))
    assert hidden.visibility is Visibility.PRIVATE
    assert office.tell() == []


@pytest.mark.parametrize("gone", [{"visibility": Visibility.PRIVATE}, {"archived": True}])
def test_a_channel_that_changed_after_a_look_is_told_of_to_nobody(office: Office, gone: dict[str, Any]) -> None:
    office.ask("100")
    office.go(2, 12, 30)
    assert office.tell() == []  # the question is known from now on
    office.town.happens(ChannelSeen(replace(channel("CTAX", "税"), **gone), office.town.clock.now()))
    office.go(2, 14)
    assert office.tell() == []


def test_a_letter_says_that_a_reaction_resolved_its_question_and_when_it_was_taken_back(office: Office) -> None:
    office.ask("100")
    office.go(2, 13)
    [letter] = office.tell()
    office.reply("100", OTHER, "うちも知りたいです。")
    mark = (ref(f"1009{OTHER[1:]}", "CTAX"), "white_check_mark", ASKER, office.town.clock.now())
    assert office.read_again(letter) == QUESTION
    office.town.happens(Reacted(*mark))
    assert office.read_again(letter) == JA.settled
    office.town.happens(Unreacted(*mark))
    assert office.read_again(letter) == QUESTION
    assert office.press(letter, "later") == JA.snoozed


def test_letters_follow_what_a_process_heard_before_it_died(office: Office) -> None:
    office.ask("100")
    office.go(2, 13)
    [letter] = office.tell()
    reply = message("101", "本市では申告書にちらしを同封しました。", root="100", author=OTHER, channel_id="CTAX")
    office.town.conversation.hear(Posted(reply), "event:last")  # and died
    office.town.conversation = Conversation(office.town.community, office.town.platform)
    assert office.read_again(letter) == QUESTION
    office.town.conversation.follow()
    office.town.deliver()
    assert office.read_again(letter) == JA.settled


def test_letters_follow_what_another_process_heard(office: Office) -> None:
    office.ask("100")
    office.go(2, 13)
    [letter] = office.tell()
    office.town.conversation.follow()
    reply = message("101", "本市では申告書にちらしを同封しました。", root="100", author=OTHER, channel_id="CTAX")
    other = Conversation(office.town.community, office.town.platform)
    other.hear(Posted(reply), "event:other")
    office.town.conversation.follow()
    other.follow()
    office.town.deliver()
    assert office.read_again(letter) == JA.settled
    with office.town.unit.read() as work:
        assert work.renewals.due(WORKSPACE) == set()


def test_a_deleted_question_vanishes_from_the_letter_and_cannot_be_taken(office: Office) -> None:
    office.ask("100")
    office.ask("101", OTHER_QUESTION)
    office.go(2, 13)
    [letter] = office.tell()
    value = letter.reply.cards[0].buttons[0].value
    office.town.happens(Deleted(ref("100", "CTAX"), office.town.clock.now()))
    [now] = office.letters("UAMB")
    assert [card.title for card in now.reply.cards] == [OTHER_QUESTION]
    assert office.town.press("UAMB", "take", value) == JA.gone
    office.town.happens(Deleted(ref("101", "CTAX"), office.town.clock.now()))
    [now] = office.letters("UAMB")
    assert (now.reply.text, now.reply.cards) == (JA.gone, ())


def test_a_deletion_after_the_letter_was_forgotten_is_no_error(office: Office) -> None:
    office.ask("100")
    office.go(2, 13)
    [letter] = office.tell()
    office.town.clock.at += timedelta(days=31)
    with office.town.unit.begin() as work:
        assert work.outbox.prune(office.town.clock.now()) > 0
    office.town.happens(Deleted(ref("100", "CTAX"), office.town.clock.now()))
    assert office.town.press(str(letter.member_id), "take", letter.reply.cards[0].buttons[0].value) == JA.gone


def test_a_resolved_thread_shown_beside_a_question_vanishes_with_its_deletion(office: Office) -> None:
    office.town.past("10", "償却資産の電子申告を増やすには", "申告書にeLTAXのちらしを同封し、税理士会に説明しました。")
    office.town.search.script = {"10": 0.9}
    office.ask("100")
    office.go(2, 13)
    [letter] = office.tell()
    assert letter.reply.cards[1].title == "↳ 償却資産の電子申告を増やすには"
    office.town.happens(Deleted(ref("10", "CTAX"), office.town.clock.now()))
    [now] = office.letters("UAMB")
    assert [card.title for card in now.reply.cards] == [QUESTION]


def test_after_a_working_day_the_wider_circle_hears_of_it_once_a_week(office: Office) -> None:
    office.town.past("10", "償却資産の電子申告を増やすには", "申告書にeLTAXのちらしを同封し、税理士会に説明しました。")
    office.ask("100")
    office.go(2, 13)
    office.tell()
    office.go(3, 9, 15)
    [wider] = office.tell()
    assert (wider.member_id, wider.reply.text) == (ANSWERER, JA.told_wider)
    assert [button.action for button in wider.reply.buttons] == ["no_more"]
    office.ask("101", OTHER_QUESTION)
    office.go(7, 9)
    assert [letter.member_id for letter in office.tell() if letter.member_id == ANSWERER] == []
    office.town.press(ANSWERER, "no_more", wider.reply.buttons[0].value)
    office.ask("102", "償却資産の調査で税務署の資料を見ています。どこまで写せますか。")
    office.go(14, 9)
    assert ANSWERER not in [letter.member_id for letter in office.tell()]


def test_what_waits_is_listed_and_can_be_taken_from_the_list(office: Office) -> None:
    office.ask("100")
    office.ask("101", "県内の会議の日程を決めたいです。どうやって調整していますか。", channel_id="GPREF")
    shown = office.town.command(OTHER, "kyoso", "未回答", "CTAX")
    assert [card.title for card in shown.cards] == [QUESTION]
    assert office.town.press(OTHER, "take", shown.cards[0].buttons[0].value) == JA.took
    assert office.town.command(OTHER, "kyoso", "unanswered", "CTAX").text == JA.nothing_waits
    assert office.town.press(OTHER, "take", "q:GPREF:101") == JA.gone
    assert office.town.press(OTHER, "take", "nonsense") == JA.gone
    assert office.town.command(ASKER, "kyoso", "未回答", "CTAX").cards == ()


def test_a_message_of_the_same_words_elsewhere_is_told_once_and_answered_anywhere(office: Office) -> None:
    office.ask("100")
    office.ask("101", "お疲れ様です。" + QUESTION, channel_id="C0HELP")
    office.go(2, 13)
    [letter] = office.tell()
    assert len(letter.reply.cards) == 1
    here = ref("102")
    answer = message("102", "本市では申告書にちらしを同封しました。", root="101", author=OTHER)
    assert answer.ref == here
    office.town.happens(Posted(Message(here, ref("101"), OTHER, answer.text, office.town.clock.now())))
    office.go(3, 13)
    assert office.tell() == []
    [now] = office.letters("UAMB")
    assert now.reply.cards[0].caution == ""  # its own thread has no answer, but nobody is asked for one any more
    assert office.care.waiting(WORKSPACE, OTHER) == []
