"""The home page: one's open questions, what waits in one's topics, and settings that show and hold at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from builders import NOON, WORKSPACE, message, ref
from town import ANSWERER, ASKER, OTHER, Town

from bot import quiet_hours
from bot.digest import Digest
from bot.events import Asked, HomeOpened, Pressed
from bot.replies import Card, Reply
from bot.replies.wording.unanswered import JA as CARE
from indexer.corpus import Database

MINE = "コンビニ交付が昨日から止まりました。どうすればよいですか？"
TAX = "住民税の特別徴収の通知は、どのように送っていますか？"
MONDAY = datetime(2026, 4, 6, 0, 0, tzinfo=UTC)


@pytest.fixture
def town(database: Database) -> Town:
    here = Town(database)
    with here.unit.begin() as work:
        work.corpus.record_members([here.community.placed(one) for one in here.platform.people.values()], NOON)
    return here


def home(town: Town, member_id: str = ASKER) -> Reply:
    town.happens(HomeOpened(WORKSPACE, member_id))
    return town.platform.homes[member_id]


def choose(town: Town, setting: str, value: str, member_id: str = ASKER) -> Reply:
    """Choose from a menu on the home page and read the page as it then is."""
    town.happens(Pressed(WORKSPACE, "", member_id, "setting", setting, "", chosen=value))
    return town.platform.homes[member_id]


def under(reply: Reply, heading: str) -> list[Card]:
    """The threads under a heading."""
    start = next(place for place, card in enumerate(reply.cards) if heading in card.title)
    found = []
    for card in reply.cards[start + 1 :]:
        if not card.url:
            break
        found.append(card)
    return found


def settings(reply: Reply) -> Card:
    return next(card for card in reply.cards if card.menus)


def say(town: Town, message_id: str, text: str, *, author: str, channel_id: str = "C0HELP") -> None:
    with town.unit.begin() as work:
        work.corpus.record([message(message_id, text, author=author, channel_id=channel_id)], NOON)


def test_a_members_own_open_questions_are_listed_and_resolved_there(town: Town) -> None:
    say(town, "10", MINE, author=ASKER)
    say(town, "11", TAX, author=OTHER)
    town.past("20", TAX, "通知は年一回です。うちは郵送にしています。")
    (card,) = under(home(town), "あなたの質問")
    assert (card.title, card.facts) == (MINE, "昨日 ・ まだ返信なし ・ #何でも相談")
    (button,) = card.buttons
    town.happens(Pressed(WORKSPACE, "", ASKER, button.action, button.value, ""))
    page = town.platform.homes[ASKER]
    assert "解決済みにしました" in page.text
    assert under(page, "あなたの質問") == []


@pytest.mark.parametrize(("days", "told"), [(0, "今日"), (1, "昨日"), (2, "2日前")])
def test_days_are_told_as_people_say_them(town: Town, days: int, told: str) -> None:
    say(town, "10", MINE, author=ASKER)
    town.clock.at = NOON + timedelta(days=days)
    (card,) = under(home(town), "あなたの質問")
    assert card.facts.startswith(f"{told} ・ ")


def test_questions_that_wait_in_a_members_topics_are_listed_with_a_button(town: Town) -> None:
    town.past("20", TAX, "通知は年一回です。うちは郵送にしています。")  # ANSWERER knows about taxes
    say(town, "30", TAX + "急ぎです。", author=OTHER, channel_id="CTAX")
    say(town, "31", MINE, author=OTHER)
    (card,) = under(home(town, ANSWERER), "あなたの分野")
    assert card.title == TAX + "急ぎです。"
    assert [(button.action, button.value) for button in card.buttons] == [("home-take", "q:CTAX:30")]
    told = town.press(ANSWERER, "home-take", "q:CTAX:30")
    assert told.startswith(CARE.took)
    assert under(home(town, ANSWERER), "あなたの分野") == []
    assert "あなたの分野: 税" in next(one.excerpt for one in home(town, ANSWERER).cards if "あなたの分野" in one.title)


def test_nobody_is_shown_what_they_cannot_open(town: Town) -> None:
    say(town, "30", MINE, author=ANSWERER, channel_id="GPREF")
    say(town, "31", "前の質問です。どうしていますか？", author=OTHER, channel_id="GPREF")
    assert under(home(town, OTHER), "あなたの質問") == []
    assert under(home(town, OTHER), "あなたの分野") == []
    assert [card.title for card in under(home(town, ANSWERER), "あなたの質問")] == [MINE]


def test_settings_begin_with_what_holds_while_nothing_is_chosen(town: Town) -> None:
    card = settings(home(town))
    assert card.excerpt.splitlines() == [
        "・毎週のまとめ: 受け取らない",
        "・静かな時間: なし",
        "・称号とお礼: 名前を出してよい",
        "・自分の質問への案内: スレッドで見せてよい",
    ]
    assert [menu.value for menu in card.menus] == ["digest", "quiet", "recognition", "loudness"]


@pytest.mark.parametrize(
    ("setting", "value", "line"),
    [
        ("digest", "on", "毎週のまとめ: 月曜の朝に受け取る"),
        ("quiet", "18-8", "静かな時間: 18時〜8時は届けない"),
        ("recognition", "off", "称号とお礼: 名前を出さない"),
        ("loudness", "whisper", "自分の質問への案内: 自分にだけ見せる"),
    ],
)
def test_a_setting_shows_as_soon_as_it_is_chosen(town: Town, setting: str, value: str, line: str) -> None:
    page = choose(town, setting, value)
    assert page.text.startswith("✅")
    assert f"・{line}" in settings(page).excerpt.splitlines()
    with town.unit.read() as work:
        assert work.preferences.get(WORKSPACE, ASKER, setting) == value


@pytest.mark.parametrize(
    ("setting", "value"), [("digest", ""), ("digest", "often"), ("quiet", "99-3"), ("password", "x")]
)
def test_what_cannot_be_chosen_is_not_kept(town: Town, setting: str, value: str) -> None:
    page = choose(town, setting, value)
    assert "選べませんでした" in page.text
    with town.unit.read() as work:
        assert work.preferences.of(WORKSPACE, ASKER) == {}


def test_a_direct_message_shows_the_menu_and_a_choice_there_answers_with_the_page(town: Town) -> None:
    town.happens(Asked(ref("500", "D1"), ASKER, "メニュー"))
    (said,) = [said for said in town.platform.posts if said.member_id == ASKER]
    assert settings(said.reply).menus
    town.happens(Pressed(WORKSPACE, "D1", ASKER, "setting", "digest", "handle-1", chosen="on"))
    (answer,) = town.platform.answers["handle-1"]
    assert answer.text.startswith("✅")
    assert "・毎週のまとめ: 月曜の朝に受け取る" in settings(answer).excerpt


def test_the_command_shows_the_page_too(town: Town) -> None:
    assert settings(town.command(ASKER, "kyoso", "設定")).menus
    assert settings(town.command("UNOBODY", "kyoso", "home")).menus


def test_who_wants_answers_for_themselves_gets_them_as_whispers(town: Town) -> None:
    town.past("20", TAX, "通知は年一回です。うちは郵送にしています。")
    town.search.script = {"20": 0.95}
    choose(town, "loudness", "whisper")
    town.ask("40", MINE)
    assert town.posts == []
    assert len(town.platform.whispers) == 1
    choose(town, "loudness", "thread")
    town.ask("41", MINE + "別の庁舎です。")
    assert len(town.posts) == 1


def test_the_digest_waits_until_quiet_hours_end(town: Town) -> None:
    choose(town, "digest", "on")
    with town.unit.begin() as work:
        work.preferences.set(WORKSPACE, ASKER, "quiet", "8-10")
    town.clock.at = MONDAY
    Digest(town.community).on_day(WORKSPACE, MONDAY)
    town.deliver()
    assert not [said for said in town.platform.posts if said.member_id]
    town.clock.at = MONDAY.replace(hour=1)
    town.deliver()
    assert [said.member_id for said in town.platform.posts if said.member_id] == [ASKER]


@pytest.mark.parametrize(
    ("value", "hour", "ends"),
    [
        ("18-8", 3, 3),  # noon in Japan
        ("18-8", 10, 23),  # 19:00 → 8:00 the next morning
        ("18-8", 22, 23),  # 7:00 → 8:00
        ("12-13", 3, 4),
        ("", 3, 3),
        ("off", 3, 3),
        ("25-3", 3, 3),
        ("9-9", 3, 3),
    ],
)
def test_quiet_hours_end(town: Town, value: str, hour: int, ends: int) -> None:
    at = NOON.replace(hour=hour)
    found = quiet_hours.ends(value, at, town.community.composer.zone)
    assert found >= at
    assert found.hour == ends
