"""The week's facts are pure rules: two years of a community are played in a second."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from builders import NOON, channel, message, ref

from bot.errors import BadWeekError
from bot.thread_facts import asks, topic_teller
from bot.week import Facts, Judgement, Past, Rules, Week, risen
from indexer.channel_map import ChannelMap, Entry, Kind, Thresholds
from indexer.model import Mark, MarkKind, Message, Resolution, ResolvedBy, Thread
from indexer.resolution import RESOLVING_EMOJI

TOKYO = ZoneInfo("Asia/Tokyo")
QUESTION = "住民票の様式は、どのように変更されましたか？教えてください。"
MONDAY = datetime(2026, 11, 15, 15, 0, tzinfo=UTC)  # Monday 16 November, midnight in Japan
WEEK = Week(2026, 47)
MAP = ChannelMap(
    entries=(
        Entry("何でも相談", Kind.GENERAL),
        Entry("税", Kind.TOPIC, keywords=("住民税", "課税")),
        Entry("防災", Kind.TOPIC, keywords=("避難所", "防災")),
    ),
    thresholds=Thresholds(),
    resolved_reactions=RESOLVING_EMOJI,
    operators=frozenset(),
)


def within_a_day(asked: datetime, answered: datetime) -> bool:
    return answered - asked <= timedelta(days=1)


def judgement(full: frozenset[int] = frozenset(), old: frozenset[int] = frozenset()) -> Judgement:
    return Judgement(
        asks, topic_teller(MAP), within_a_day, lambda thread: thread.id in full, lambda thread: thread.id in old
    )


def thread(
    number: int,
    at: datetime,
    *,
    text: str = QUESTION,
    replies: tuple[tuple[str, float], ...] = (),
    by: ResolvedBy | None = None,
    marks: tuple[Mark, ...] = (),
    name: str = "何でも相談",
) -> Thread:
    """A thread asked at `at`; `replies` as (author, hours later), the last of which is the accepted one."""
    room = channel(f"C{name}", name)
    minutes = (at - NOON).total_seconds() / 60
    root = message(str(number), text, channel_id=room.id, minutes=minutes)
    said: list[Message] = [
        message(
            f"{number}.{place}",
            "うちは要綱を改めました。" * 8,
            root=str(number),
            author=author,
            channel_id=room.id,
            minutes=minutes + 60 * hours,
        )
        for place, (author, hours) in enumerate(replies)
    ]
    resolution = Resolution(by, said[-1] if said else None) if by else None
    return Thread(number, room, root, tuple(said), marks, resolution)


def facts(*threads: Thread, past: Past = Past(), week: Week = WEEK, judged: Judgement | None = None) -> Facts:  # noqa: B008
    return Rules(week, TOKYO, judged or judgement()).facts(threads, past)


def test_a_week_runs_from_monday_midnight_in_japan() -> None:
    assert WEEK.span(TOKYO) == (MONDAY, MONDAY + timedelta(days=7))
    assert Week.of(MONDAY - timedelta(seconds=1), TOKYO) == Week(2026, 46)
    assert Week.of(MONDAY, TOKYO) == WEEK
    assert str(Week(2027, 1).back(1)) == "2026-W53"
    assert Week.parse("２０２６-w47") == WEEK


@pytest.mark.parametrize("text", ["", "2026", "2026-W54", "2026-W00", "2026-11-16", "W47"])
def test_a_week_that_no_calendar_has_is_refused(text: str) -> None:
    with pytest.raises(BadWeekError):
        Week.parse(text)


def test_a_question_counts_in_its_week_and_as_answered_within_a_working_day() -> None:
    figures = facts(
        thread(1, MONDAY, replies=(("U2", 3),)),
        thread(2, MONDAY + timedelta(days=1), replies=(("U2", 30),)),
        thread(3, MONDAY + timedelta(days=2), replies=(("U1", 1),)),
        thread(4, MONDAY + timedelta(days=2), text="庁舎の桜が咲きました。"),
        thread(5, MONDAY - timedelta(hours=1), replies=(("U2", 1),)),
    ).history
    assert (figures[-1].questions, figures[-1].answered) == (3, 1)
    assert (figures[-2].questions, figures[-2].answered) == (1, 1)
    assert len(figures) == 12


def test_waiting_is_the_oldest_first_and_only_what_nobody_replied_to() -> None:
    found = facts(
        thread(1, MONDAY + timedelta(days=3)),
        thread(2, MONDAY - timedelta(days=20), replies=(("U1", 1),)),
        thread(3, MONDAY, replies=(("U2", 1),)),
        thread(4, MONDAY, by=ResolvedBy.REACTION),
        thread(5, MONDAY - timedelta(days=90)),
        thread(6, MONDAY + timedelta(days=8)),
    )
    assert [one.id for one in found.waiting] == [2, 1]


LONG_AGO = WEEK.back(20)


def test_solved_is_told_once_and_a_late_check_mark_in_the_next_digest() -> None:
    now = thread(1, MONDAY, replies=(("U2", 1),), by=ResolvedBy.REACTION)
    late = thread(2, MONDAY - timedelta(days=10), replies=(("U3", 1),), by=ResolvedBy.REACTION)
    long_ago = thread(3, MONDAY - timedelta(days=60), replies=(("U4", 1),), by=ResolvedBy.REACTION)
    marked = thread(
        4,
        MONDAY - timedelta(days=60),
        replies=(("U2", 1),),
        by=ResolvedBy.MARK,
        marks=(Mark(MarkKind.RESOLVED, "U1", MONDAY + timedelta(days=2)),),
    )
    every = (now, late, long_ago, marked)
    assert [one.id for one in facts(*every).solved] == [1, 4]
    assert [one.id for one in facts(*every, past=Past(begun=LONG_AGO)).solved] == [2, 1, 4]
    told = Past(solved=frozenset({1}), begun=LONG_AGO)
    assert [one.id for one in facts(*every, past=told).solved] == [2, 4]
    assert [one.id for one in facts(*every, past=Past(begun=WEEK.back(1))).solved] == [1, 4]  # 2 was before all digests
    assert facts(*every, past=told).helpers == ("U3", "U2")


def test_the_askers_words_tell_when_it_was_solved() -> None:
    asked = thread(1, MONDAY - timedelta(days=7), replies=(("U2", 1),))
    root = asked.root
    thanks = message("1.8", "解決しました、ありがとうございます！", root="1", channel_id=root.ref.channel_id)
    early = Message(thanks.ref, root.ref, "U1", thanks.text, MONDAY - timedelta(days=6))
    chat = Message(ref("1.9", root.ref.channel_id), root.ref, "U3", "よかったです。", MONDAY + timedelta(days=1))
    solved = Thread(
        1, asked.channel, root, (*asked.replies, early, chat), (), Resolution(ResolvedBy.WORDS, asked.replies[0])
    )
    assert facts(solved).solved == ()
    assert facts(solved).history[-2].resolved == 1


def test_a_topic_rises_against_the_median_of_eight_weeks_not_against_one_loud_one() -> None:
    usual = [thread(100 + week, MONDAY - timedelta(weeks=week, days=-1), name="税") for week in range(1, 9)]
    loud = [thread(200 + n, MONDAY - timedelta(weeks=3, hours=-n - 1), name="税") for n in range(30)]
    now = [thread(300 + n, MONDAY + timedelta(hours=n + 1), name="税") for n in range(6)]
    named = [thread(400 + n, MONDAY + timedelta(hours=n + 1), text=f"避難所の受付は？{QUESTION}") for n in range(3)]
    rising = facts(*usual, *loud, *now, *named).rising
    assert [(one.topic, one.questions, one.usual) for one in rising] == [("税", 6, 1)]
    assert risen(10, 10) == 0


def test_polls_are_told_in_the_week_of_an_answer() -> None:
    full = thread(1, MONDAY - timedelta(days=30), replies=(("U2", 1), ("U3", 24 * 31)))
    stale = thread(2, MONDAY - timedelta(days=30), replies=(("U2", 1),))
    few = thread(3, MONDAY, replies=(("U2", 1),))
    found = facts(full, stale, few, judged=judgement(full=frozenset({1, 2})))
    assert [one.id for one in found.polls] == [1]


def test_what_is_reread_is_of_this_season_worth_it_and_not_told_before() -> None:
    year = timedelta(days=365)
    crowd = (("U2", 1.0), ("U3", 2.0), ("U4", 3.0))
    best = thread(1, MONDAY - year, replies=crowd, by=ResolvedBy.MARK)
    fewer = thread(2, MONDAY - year, replies=(("U2", 1),), by=ResolvedBy.MARK)
    outdated = thread(3, MONDAY - year, replies=(*crowd, ("U5", 4)), by=ResolvedBy.MARK)
    bare = thread(4, MONDAY - year)
    rules = Rules(WEEK, TOKYO, judgement(old=frozenset({3})))
    every = (fewer, best, outdated, bare)
    assert rules.reread(every, Past()) == best
    assert rules.reread(every, Past(reread=frozenset({1}))) == fewer
    assert rules.reread(every, Past(reread=frozenset({1, 2}))) is None
    assert [(end - start).days for start, end in rules.seasons()] == [49, 49]
    assert all(start < MONDAY - year * number < end for number, (start, end) in enumerate(rules.seasons(), start=1))


def test_a_week_with_nothing_is_quiet() -> None:
    assert facts().quiet
    assert not facts(thread(1, MONDAY)).quiet
    assert not facts(thread(1, MONDAY - timedelta(days=14))).quiet  # it still waits


def test_two_years_are_played_in_seconds_and_every_solution_is_told_once() -> None:
    dice = random.Random(4)
    first = Week(2024, 40)
    start, _ = first.span(TOKYO)
    threads = []
    for number in range(1_500):
        asked = start + timedelta(minutes=dice.randrange(60 * 24 * 7 * 104))
        replies = tuple((f"U{dice.randrange(2, 40)}", dice.expovariate(1 / 20)) for _ in range(dice.randrange(4)))
        by = ResolvedBy.REACTION if replies and dice.random() < 0.7 else None
        threads.append(thread(number, asked, replies=replies, by=by, name=dice.choice(["税", "防災", "何でも相談"])))
    told: list[int] = []
    week = first
    while week < Week(2026, 45):
        past = Past(frozenset(told), frozenset(), begun=first if told else None)
        end = week.span(TOKYO)[1]
        seen = [one for one in threads if end - timedelta(weeks=14) <= one.root.posted_at < end]
        found = facts(*seen, past=past, week=week)
        assert all(one.root.posted_at < end for one in (*found.solved, *found.waiting))
        told += [one.id for one in found.solved]
        week = week.back(-1)
    assert len(told) == len(set(told))
    missing = {one.id for one in threads if one.resolved} - set(told)
    assert len(missing) <= 0.01 * len(told)
