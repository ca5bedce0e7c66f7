"""The notices that matter, in memory: by question, by who was told, and what is still to be said."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from builders import NOON, ref

from bot.known_notices import KnownNotices
from bot.store.notices import Answer, Because, Notice

DAY = timedelta(days=1)


def notice(
    number: int, question: str = "1", told_at: datetime | None = NOON, answer: Answer = Answer.NONE, at: datetime = NOON
) -> Notice:
    key = "told:1" if told_at else None
    return Notice(number, ref(question), "U2", Because.AMBASSADOR, "税", None, at, told_at, key, answer, None)


def test_a_notice_is_untold_then_told_then_answered() -> None:
    known = KnownNotices([notice(1, told_at=None)])
    assert [one.id for one in known.to_tell()] == [1]
    assert known.told_since("U2", NOON - DAY) == ()
    known.take_in([notice(1)])
    assert not known.to_tell()
    assert set(known.unsaid()) == {ref("1")}
    assert known.told_since("U2", NOON - DAY) == (NOON,)
    known.take_in([notice(1, answer=Answer.TAKEN)])
    assert not known.unsaid()
    assert [one.answer for one in known.of(ref("1"))] == [Answer.TAKEN]


def test_what_is_put_off_is_to_be_told_again() -> None:
    known = KnownNotices([notice(1, answer=Answer.LATER)])
    assert [one.id for one in known.to_tell()] == [1]
    known.take_in([notice(1, told_at=NOON + DAY)])
    assert not known.to_tell()
    assert known.told_since("U2", NOON) == (NOON + DAY,)


def test_when_somebody_was_told_is_in_order_and_after_the_moment() -> None:
    known = KnownNotices([notice(2, "2", NOON + DAY), notice(1), notice(3, "3", NOON - DAY)])
    assert known.told_since("U2", NOON - DAY) == (NOON, NOON + DAY)
    assert known.told_since("U3", NOON - DAY) == ()


def test_a_question_waits_for_words_as_long_as_one_of_its_notices_does() -> None:
    known = KnownNotices([notice(1), replace(notice(2), member_id="U3")])
    known.take_in([notice(1, answer=Answer.NOT_MINE)])
    assert set(known.unsaid()) == {ref("1")}
    known.take_in([replace(notice(2, answer=Answer.SETTLED), member_id="U3")])
    assert not known.unsaid()


def test_what_is_old_is_forgotten_unless_it_waits_for_words() -> None:
    known = KnownNotices(
        [notice(1, answer=Answer.TAKEN), notice(2, "2"), notice(3, "3", answer=Answer.TAKEN, at=NOON + DAY)]
    )
    known.forget(NOON + DAY)
    assert not known.of(ref("1"))
    assert [one.id for one in known.of(ref("2"))] == [2]
    assert [one.id for one in known.of(ref("3"))] == [3]
    assert len(known.told_since("U2", NOON - DAY)) == 2
