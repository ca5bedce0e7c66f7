"""Help that is kept in memory is what the record tells, whatever happens to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from builders import NOON, WORKSPACE, channel, member, message, ref
from town import ANSWERER, ASKER, OTHER, PEOPLE, Town

from bot.credit import Deed, Help
from bot.events import MemberSeen, Posted, Reacted, Unreacted
from bot.known_help import KnownHelp
from indexer.corpus import Database

LONG_AGO = NOON - timedelta(days=365)
QUESTION, ANSWER = "償却資産の台帳をどう整理していますか。", "家屋番号で突き合わせてから、所管課に照会しました。"


@pytest.fixture
def town(any_database: Database) -> Town:
    """A town in which one question was answered and another one was answered by a link to the first."""
    made = Town(any_database)
    with made.unit.begin() as work:
        work.corpus.record_members([made.community.placed(one) for one in PEOPLE], NOON)
    made.past("10", QUESTION, ANSWER)
    said = [
        message("20", "台帳の突き合わせはどうしていますか。", author=OTHER, channel_id="CTAX"),
        message("21", "うちも困っています。", root="20", author=ASKER, channel_id="CTAX"),
        message("22", "こちらで議論されていますよ http://h/c/CTAX/10", root="20", author=ANSWERER, channel_id="CTAX"),
        message("23", "ありがとうございます。", root="20", author=OTHER, channel_id="CTAX"),
    ]
    with made.unit.begin() as work:
        work.corpus.record(said, NOON)
    return made


def told(town: Town, known: KnownHelp) -> dict[str, list[Help]]:
    with town.unit.read() as work:
        return known.since(work, WORKSPACE, LONG_AGO)


def same(town: Town, known: KnownHelp) -> None:
    fresh = KnownHelp(town.community)
    assert told(town, known) == told(town, fresh)


def newly_answered(town: Town) -> None:
    town.ask("30", "窓口の混雑を減らすには、どうしていますか。", author=ASKER)
    town.happens(Posted(message("31", ANSWER, root="30", author=OTHER)))
    town.happens(Reacted(ref("31"), "white_check_mark", ASKER, town.clock.now()))


def moved(town: Town) -> None:
    """The helper now belongs to the municipality of those who asked."""
    now = member(ANSWERER, "情報係＠奥尻町")
    town.happens(MemberSeen(town.community.placed(now), town.clock.now()))


def renamed(town: Town) -> None:
    with town.unit.begin() as work:
        work.corpus.record_channels([channel("CTAX", "雑談")], town.clock.now())


Happening = Callable[[Town], object]


@pytest.mark.parametrize(
    ("happening", "helps"),
    [
        (newly_answered, 3),
        (lambda town: town.happens(Unreacted(ref("11", "CTAX"), "white_check_mark", OTHER, town.clock.now())), 1),
        (lambda town: town.delete("11", "CTAX"), 1),
        (lambda town: town.delete("10", "CTAX"), 0),
        (moved, 0),
        (renamed, 0),
    ],
    ids=["answered", "unreacted", "answer deleted", "linked thread deleted", "helper moved", "channel renamed"],
)
def test_what_is_known_follows_the_record(town: Town, happening: Happening, helps: int) -> None:
    known = KnownHelp(town.community)
    assert len(told(town, known)[ANSWERER]) == 2
    happening(town)
    same(town, known)
    assert sum(map(len, told(town, known).values())) == helps


def test_who_asks_for_longer_ago_is_told_all(town: Town) -> None:
    known = KnownHelp(town.community)
    with town.unit.read() as work:
        assert known.since(work, WORKSPACE, NOON + timedelta(days=1)) == {}
    assert {one.deed for one in told(town, known)[ANSWERER]} == {Deed.ACCEPTED, Deed.POINTED}


def test_only_what_an_audience_can_open_is_told(town: Town) -> None:
    known = KnownHelp(town.community)
    with town.unit.begin() as work:
        work.corpus.record_channels([replace(channel("CTAX", "税"), archived=True)], town.clock.now())
        audience = work.corpus.audience_of(WORKSPACE, "USTRANGER")
        assert known.since(work, WORKSPACE, LONG_AGO, audience)
        work.corpus.record_channels([channel("CTAX", "税", private=True, members=(ASKER,))], town.clock.now())
    with town.unit.read() as work:
        assert known.since(work, WORKSPACE, LONG_AGO, work.corpus.audience_of(WORKSPACE, OTHER)) == {}
        assert known.since(work, WORKSPACE, LONG_AGO, work.corpus.audience_of(WORKSPACE, ASKER)) != {}
