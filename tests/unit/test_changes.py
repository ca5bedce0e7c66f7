"""Old answers are marked: by their age, and by changes on their topic."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from builders import NOON
from town import ASKER, Town

from bot.replies.changes import Aging, Change, shipped
from bot.replies.compose import Composer
from bot.replies.wording import JA
from indexer.channel_map import OLD_AFTER
from indexer.channel_map_file import load
from indexer.corpus import Database
from indexer.errors import BadChannelMapError
from indexer.municipalities import shipped as places

JST = ZoneInfo("Asia/Tokyo")
YEARS = timedelta(days=3 * 365)
LATER = Change("課税の様式の改正", (NOON + timedelta(days=10)).date(), ("課税明細",), "例規")


@pytest.fixture
def town(database: Database) -> Town:
    made = Town(database)
    made.past("10", "課税明細の様式を変えたい", "標準仕様の様式に合わせ、封筒だけ作り直しました。")
    made.search.script = {"10": 0.9}
    return made


def caution(town: Town, *changes: Change, days: int) -> str:
    now = NOON + timedelta(days=days)
    aging = Aging(changes, YEARS, JST, lambda: now)
    composer = Composer(JA, JST, places(), aging)
    town.community = replace(town.community, composer=composer)
    town.conversation = type(town.conversation)(town.community, town.platform)
    return town.command(ASKER, "similar", "課税明細の様式").cards[0].caution


def test_a_young_answer_carries_no_caution(town: Town) -> None:
    assert caution(town, days=100) == ""


def test_an_answer_of_some_age_is_marked(town: Town) -> None:
    assert caution(town, days=3 * 365 + 1) == JA.old


def test_an_answer_from_before_a_change_on_its_topic_is_marked_with_it(town: Town) -> None:
    marked = caution(town, LATER, days=20)
    assert marked.startswith(JA.old)
    assert LATER.what in marked
    assert JA.date.format(LATER.since) in marked


@pytest.mark.parametrize(
    "change",
    [
        replace(LATER, keywords=("戸籍",)),
        replace(LATER, since=date(2000, 1, 1)),
        replace(LATER, since=(NOON + timedelta(days=90)).date()),
    ],
)
def test_changes_on_other_topics_known_ones_and_ones_to_come_do_not_count(town: Town, change: Change) -> None:
    assert caution(town, change, days=20) == ""


def test_without_aging_nothing_is_marked(town: Town) -> None:
    assert town.command(ASKER, "similar", "課税明細").cards[0].caution == ""


def test_the_changes_that_ship_are_whole() -> None:
    assert len(shipped()) >= 10
    for change in shipped():
        assert isinstance(change.since, date)
        assert change.what
        assert change.source
        assert all(len(word) >= 2 for word in change.keywords)


def read(path: Path, age: str) -> timedelta:
    path.write_text(f"version: 1\nold_after: {age}\nchannels: []\n", encoding="utf-8")
    return load(path).old_after


@pytest.mark.parametrize(("age", "days"), [("3年", 1095), ("18か月", 540), ("500日", 500), ("2 years", 730)])
def test_the_age_is_read_from_the_channel_map(tmp_path: Path, age: str, days: int) -> None:
    assert read(tmp_path / "map.yaml", age).days == days


@pytest.mark.parametrize("age", ["3", "0年", "年", "いつか"])
def test_an_age_that_is_none_is_refused_with_its_line(tmp_path: Path, age: str) -> None:
    with pytest.raises(BadChannelMapError) as refused:
        read(tmp_path / "map.yaml", age)
    assert ":2" in refused.value.text("ja")


def test_without_the_key_three_years_count(tmp_path: Path) -> None:
    (tmp_path / "map.yaml").write_text("version: 1\nchannels: []\n", encoding="utf-8")
    assert load(tmp_path / "map.yaml").old_after == OLD_AFTER
