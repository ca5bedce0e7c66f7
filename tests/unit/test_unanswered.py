"""Where a question stands: by its replies, by working time, by what its asker says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from builders import channel, ref

from bot.unanswered import Rules, Stage, asks_back, first_posted
from bot.working_time import WorkingTime
from indexer.channel_map import Care, WorkingHours
from indexer.model import Mark, MarkKind, Message, MessageKind, Thread
from indexer.resolution import ResolutionRules, resolve

JST = ZoneInfo("Asia/Tokyo")
RULES = Rules(WorkingTime(WorkingHours(), JST), Care(), 3)
ASKED = datetime(2026, 4, 1, 9, 0, tzinfo=JST).astimezone(UTC)  # a Wednesday
QUESTION = "窓口の番号発券機が更新時期です。後継機の選定で困っています。よい方法を教えてください。"
POLL = "皆さんの自治体では、庁内の端末は何年で更新していますか。教えてください。"
ANSWER = "本市では複合機と一体の機種に替え、保守費を下げました。"


def said(number: int, author: str, text: str, hours: float, kind: MessageKind = MessageKind.POST) -> Message:
    return Message(ref(str(number)), ref("1"), author, text, ASKED + timedelta(hours=hours), kind)


def thread(*replies: Message, text: str = QUESTION, marks: tuple[Mark, ...] = ()) -> Thread:
    root = Message(ref("1"), ref("1"), "U1", text, ASKED)
    return Thread(1, channel(), root, replies, marks, resolve(root, replies, marks, ResolutionRules()))


def at(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2026, 4, day, hour, minute, tzinfo=JST).astimezone(UTC)


@pytest.mark.parametrize(
    ("now", "stage"),
    [
        (at(1, 12, 59), Stage.OPEN),
        (at(1, 13), Stage.AMBASSADORS),  # 4 hours
        (at(2, 8, 59), Stage.AMBASSADORS),
        (at(2, 9), Stage.WIDER),  # a working day of 8:45
        (at(3, 17), Stage.WIDER),
        (at(6, 9), Stage.DIGEST),  # three, over a weekend
        (at(30, 9), Stage.DIGEST),
        (ASKED + timedelta(days=60, minutes=1), Stage.CLOSED),
    ],
)
def test_a_question_goes_from_stage_to_stage_in_working_time(now: datetime, stage: Stage) -> None:
    assert RULES.stage(thread(), now) is stage


@pytest.mark.parametrize(
    "question",
    [
        thread(),
        thread(said(2, "U2", ANSWER, 1)),
        thread(said(2, "U2", "人口はどのくらいでしょうか?", 1)),
        thread(said(2, "U2", ANSWER, 1), text=POLL),
        thread(*(said(number, f"U{number}", ANSWER, number) for number in (2, 3, 4)), text=POLL),
        thread(marks=(Mark(MarkKind.RESOLVED, "U1", ASKED),)),
    ],
)
@pytest.mark.parametrize("now", [ASKED, at(2, 9), ASKED + timedelta(days=60), ASKED + timedelta(days=60, minutes=1)])
def test_whether_it_waits_is_what_its_stage_tells(question: Thread, now: datetime) -> None:
    assert RULES.waits(question, now) is RULES.stage(question, now).waits


def test_any_answer_of_another_member_ends_the_waiting_and_the_bots_or_the_askers_does_not() -> None:
    later = at(30, 9)
    assert RULES.stage(thread(said(2, "U2", ANSWER, 1)), later) is Stage.ANSWERED
    assert RULES.stage(thread(said(2, "UBOT", ANSWER, 1, MessageKind.BOT)), later) is Stage.DIGEST
    assert RULES.stage(thread(said(2, "U1", "補足です。予算は来年度です。", 1)), later) is Stage.DIGEST


def test_resolution_and_the_askers_own_word_close_it() -> None:
    assert RULES.stage(thread(said(2, "U1", "自己解決しました。", 1)), at(30, 9)) is Stage.RESOLVED
    mark = Mark(MarkKind.RESOLVED, "UOP", at(2, 9))
    assert RULES.stage(thread(marks=(mark,)), at(30, 9)) is Stage.RESOLVED


def test_a_reply_that_only_asks_back_waits_for_the_asker_and_comes_back_with_their_reply() -> None:
    back = said(2, "U2", "お疲れ様です。どのメーカーの機種でしょうか？", 1)
    assert RULES.stage(thread(back), at(20, 9)) is Stage.ASKER
    replied = thread(back, said(3, "U1", "A社の10年前の機種です。", 50))  # Friday 11:00
    assert RULES.stage(replied, at(3, 14)) is Stage.OPEN
    assert RULES.stage(replied, at(3, 15)) is Stage.AMBASSADORS
    assert RULES.stage(thread(back, said(3, "U3", ANSWER, 2)), at(20, 9)) is Stage.ANSWERED


def test_joining_in_is_no_answer_and_unsolved_is_open_again() -> None:
    assert RULES.stage(thread(said(2, "U2", "うちも同じ状況です。知りたいです！", 1)), at(1, 14)) is Stage.AMBASSADORS
    again = thread(said(2, "U2", ANSWER, 1), said(3, "U1", "試しましたが、まだ解決していません。", 2))
    assert RULES.stage(again, at(1, 14)) is Stage.OPEN
    assert RULES.stage(again, at(1, 15)) is Stage.AMBASSADORS


def test_a_poll_asks_for_several_answers() -> None:
    answers = [
        said(2 + number, f"U{2 + number}", "本市は5年で更新し、リースにしています。", number) for number in range(3)
    ]
    assert RULES.stage(thread(*answers[:2], text=POLL), at(1, 13)) is Stage.OPEN  # anew from the last answer
    assert RULES.stage(thread(*answers[:2], text=POLL), at(1, 14)) is Stage.AMBASSADORS
    assert RULES.stage(thread(*answers, text=POLL), at(20, 9)) is Stage.ANSWERED


@pytest.mark.parametrize(
    ("text", "back"),
    [
        ("ちなみに、人口規模はどれくらいでしょうか？", True),
        ("お疲れ様です。端末は何台ですか。教えてください。", True),
        ("端末を一度再起動してみてはいかがでしょうか。", False),
        ("本市では保守を5年にしました。費用は半分ほどになっています。そちらは何台でしょうか？", False),
        (ANSWER, False),
    ],
)
def test_asking_back_is_told_from_advice(text: str, back: bool) -> None:
    assert asks_back(text) is back


def test_the_same_words_in_two_channels_are_one_question() -> None:
    first = thread()
    copied = Message(ref("9", "CTAX"), ref("9", "CTAX"), "U1", "お疲れ様です。" + QUESTION, ASKED + timedelta(hours=2))
    copy = Thread(2, channel("CTAX", "税"), copied, ())
    other = Thread(3, channel("CTAX", "税"), Message(ref("8", "CTAX"), ref("8", "CTAX"), "U1", POLL, ASKED), ())
    assert [post.id for post in first_posted(copy, [first, other])] == [1, 2]
    assert [post.id for post in first_posted(first, [copy, other])] == [1, 2]
    assert [post.id for post in first_posted(other, [first, copy])] == [3]
