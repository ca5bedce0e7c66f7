"""Ambassadors' settings as they type them, and the reminders of their terms."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from builders import WORKSPACE, member
from town import ANSWERER, OTHER, Town

from bot.replies.wording.ambassadors import JA
from indexer.corpus import Database

JST = ZoneInfo("Asia/Tokyo")


@pytest.fixture
def town(any_database: Database) -> Town:
    made = Town(any_database)
    made.clock.at = datetime(2026, 4, 2, 9, tzinfo=JST).astimezone(UTC)
    return made


def setting(town: Town, text: str, who: str = OTHER) -> str:
    return town.command(who, "kyoso", f"アンバサダー {text}").text


def test_one_joins_for_a_year_renews_and_leaves(town: Town) -> None:
    assert setting(town, "") == JA.not_one
    assert setting(town, "参加") == JA.joined.format(until="2027年4月2日")
    assert "• 任期: 2027年4月2日まで" in setting(town, "")
    assert setting(town, "参加").startswith(JA.status)  # it lasts long yet, and is not made longer
    assert "• 任期: 2027年4月2日まで" in setting(town, "")
    town.clock.at += timedelta(days=340)
    assert setting(town, "参加") == JA.renewed.format(until="2028年4月1日")
    assert "• 任期: 2028年4月1日まで" in setting(town, "参加")
    assert setting(town, "終了") == JA.left
    assert setting(town, "終了") == JA.not_one
    assert setting(town, "時間 9:00-12:00") == JA.not_one


def test_settings_are_kept_as_typed_in_either_language(town: Town) -> None:
    setting(town, "参加")
    for typed, shown in (
        ("話題 #税", "• 話題: 税"),
        ("topics none", "• 話題: すべて"),
        ("地域 愛媛 長野県", "• 都道府県: 愛媛県、長野県"),
        ("時間 9時〜12時", "• お知らせする時間: 09:00-12:00"),
        ("hours なし", "• お知らせする時間: 勤務時間中"),
        ("休む曜日 水・金曜日", "• お知らせしない曜日: 水・金"),
        ("quiet mon", "• お知らせしない曜日: 月"),
        ("上限 5件", "• 1日の上限: 5件"),
        ("休止 8/10-8/20", "• 休止: 2026年8月10日〜2026年8月20日"),
        ("away 1/5-1/9", "• 休止: 2027年1月5日〜2027年1月9日"),
        ("休止 なし", "• 休止: なし"),
    ):
        assert shown in setting(town, typed), typed


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("話題 存在しない", JA.unknown_topics.format(value="存在しない")),
        ("地域 火星", JA.unknown_prefectures.format(value="火星")),
        ("時間 25:00-26:00", JA.bad_hours),
        ("時間 12:00-9:00", JA.bad_hours),
        ("休む曜日 祝日", JA.bad_quiet),
        ("上限 0", JA.bad_cap),
        ("上限 百", JA.bad_cap),
        ("休止 13/1-13/2", JA.bad_leave),
        ("休止 ずっと", JA.bad_leave),
        ("なにか", JA.usage),
    ],
)
def test_what_cannot_be_understood_is_told(town: Town, typed: str, told: str) -> None:
    setting(town, "参加")
    assert setting(town, typed) == told


def test_a_topic_chosen_from_the_menu_goes_in_and_out(town: Town) -> None:
    shown = town.command("UAMB", "kyoso", "アンバサダー")
    assert shown.menus[0].options == (("税", "税"),)
    assert "• 話題: 税" in shown.text


def test_guests_cannot_serve(town: Town) -> None:
    with town.unit.begin() as work:
        work.corpus.record_members([replace(member("UGUEST", "委託業者"), guest=True)], town.clock.now())
    assert setting(town, "参加", "UGUEST") == JA.guests


def test_a_private_channel_is_offered_as_a_topic_to_its_members_alone(town: Town) -> None:
    for who in (ANSWERER, OTHER):
        setting(town, "参加", who)
    offered = {
        who: [name for name, _ in town.command(who, "kyoso", "アンバサダー").menus[0].options]
        for who in (ANSWERER, OTHER)
    }
    assert offered == {ANSWERER: ["税", "県内担当"], OTHER: ["税"]}
    assert setting(town, "話題 県内担当") == JA.unknown_topics.format(value="県内担当")
    assert "• 話題: 県内担当" in setting(town, "話題 県内担当", ANSWERER)


def test_the_end_of_a_term_is_told_once_before_and_once_after(town: Town) -> None:
    setting(town, "参加")
    remind = town.conversation.ambassadors.remind
    start = town.clock.now()
    for day in range(400):
        town.clock.at = start + timedelta(days=day)
        remind(WORKSPACE)
    town.deliver()
    said = [(said.member_id, said.reply.text) for said in town.platform.posts]
    until = "2027年4月2日"
    assert said == [(OTHER, JA.ends_soon.format(until=until)), (OTHER, JA.ended.format(until=until))]
    assert town.press(OTHER, "ambassador_join", "").startswith("アンバサダーへの登録")


def test_one_more_year_is_one_however_often_it_is_pressed(town: Town) -> None:
    setting(town, "参加")
    town.clock.at += timedelta(days=340)
    town.conversation.ambassadors.remind(WORKSPACE)
    town.deliver()
    assert town.platform.posts[-1].reply.buttons[0].label == JA.renew
    assert town.press(OTHER, "ambassador_join", "") == JA.renewed.format(until="2028年4月1日")
    assert "• 任期: 2028年4月1日まで" in town.press(OTHER, "ambassador_join", "")
