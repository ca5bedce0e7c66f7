"""Newcomers: a warm reply to the first introduction, once a person, pointing to what is there and fits."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from builders import NOON, WORKSPACE, channel, member, message
from fakes import Said
from town import ASKER, MAP, OTHER, Town

from bot.events import Posted
from bot.routing import Route, Router
from bot.welcome import Welcome
from indexer.channel_map import Entry, Kind, Policy
from indexer.corpus import Database

HELLO = "はじめまして。課税の担当を2年、今年から情報も兼ねています。よろしくお願いします。"


@pytest.fixture
def town(database: Database, monkeypatch: pytest.MonkeyPatch) -> Town:
    monkeypatch.setattr(
        Router, "route", lambda *_: [Route("税", Kind.TOPIC, 0.6, ""), Route("愛媛県", Kind.PREFECTURE, 0.9, "")]
    )
    here = Town(database)
    names = {
        "UNEW": "税務課＠上島町",
        "UNEAR": "情報係＠梼原町",
        "UBIG": "情報政策＠福岡市",
        "USAME": "総務課＠久万高原町",
    }
    people = [here.community.placed(member(key, name)) for key, name in names.items()]
    here.platform.people |= {one.id: one for one in people}
    with here.unit.begin() as work:
        work.corpus.record_members(people, NOON)
    return here


def hello(
    town: Town, message_id: str = "900", *, author: str = "UNEW", text: str = HELLO, channel_id: str = "CHELLO"
) -> None:
    town.happens(Posted(message(message_id, text, author=author, channel_id=channel_id)))


def introduced(town: Town, *authors: str) -> None:
    said = [
        message(str(50 + n), "はじめまして。", author=author, channel_id="CHELLO") for n, author in enumerate(authors)
    ]
    with town.unit.begin() as work:
        work.corpus.record(said, NOON)


def welcomes(town: Town) -> list[Said]:
    return [said for said in (*town.platform.posts, *town.platform.whispers) if said.key.startswith("welcome:")]


def test_a_newcomer_is_shown_around(town: Town) -> None:
    hello(town)
    (said,) = welcomes(town)
    assert (said.channel_id, said.thread_id) == ("CHELLO", "900")
    lines = said.reply.text.splitlines()
    assert lines[0].startswith("税務課＠上島町 さん、ようこそ!")
    assert [name for _, name in said.reply.links] == ["愛媛県", "税", "書き込み練習", "何でも相談"]
    assert len(lines) == 5
    assert "/similar" in said.reply.notes[0]


def test_topics_that_a_newcomer_names_are_shown_though_they_are_several(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Router, "route", lambda *_: [Route("税", Kind.TOPIC, 0.2, "")])
    topics = [Entry(name, Kind.TOPIC, Policy.THREAD) for name in ("生成AI", "窓口DX", "防災")]
    channel_map = replace(MAP, entries=(*MAP.entries, *topics))
    rooms = [channel(f"C{number}", entry.name) for number, entry in enumerate(topics)]
    with town.unit.begin() as work:
        work.corpus.record_channels(rooms, NOON)
    town.community = replace(town.community, channel_map=channel_map)
    town.conversation = type(town.conversation)(town.community, town.platform)
    hello(town, text="4月から来ました。窓口ＤＸと生成AIの担当です。税のことも少し分かります。よろしくお願いします。")
    (said,) = welcomes(town)
    assert [name for _, name in said.reply.links] == ["愛媛県", "窓口DX", "生成AI", "書き込み練習", "何でも相談"]


def test_people_from_municipalities_of_like_size_are_named_the_own_prefecture_first(town: Town) -> None:
    introduced(town, "UNEAR", "UBIG", "USAME", "U2")
    hello(town)
    (said,) = welcomes(town)
    assert [card.title for card in said.reply.cards[1:]] == ["総務課＠久万高原町 さん", "情報係＠梼原町 さん"]
    assert said.reply.cards[1].url == "https://test.example/archives/CHELLO/p52"
    assert said.reply.cards[2].facts.startswith("高知県 ・ 人口3,")


def test_a_neighbour_who_deletes_their_introduction_is_named_no_more(town: Town) -> None:
    introduced(town, "UNEAR")
    hello(town)
    assert welcomes(town)[0].reply.cards
    town.delete("50", "CHELLO")
    assert welcomes(town)[0].reply.cards == ()


def test_a_person_is_welcomed_once(town: Town) -> None:
    hello(town)
    hello(town, "901", text="追記です。趣味は釣りです。")
    town.happens(Posted(message("900", HELLO, author="UNEW", channel_id="CHELLO")))
    assert len(welcomes(town)) == 1


@pytest.mark.parametrize("channel_id", ["C0HELP", "CCHAT", "CTRY"])
def test_other_channels_do_not_welcome(town: Town, channel_id: str) -> None:
    hello(town, channel_id=channel_id)
    assert welcomes(town) == []


def test_a_reply_to_somebody_elses_introduction_is_no_introduction(town: Town) -> None:
    introduced(town, "UNEAR")
    town.happens(Posted(message("900", "ようこそ!", author="UNEW", root="50", channel_id="CHELLO")))
    assert welcomes(town) == []


def test_who_introduced_themselves_before_the_bot_came_is_not_welcomed_again(town: Town) -> None:
    introduced(town, "UNEW")
    hello(town, text="部署が変わりました。")
    assert welcomes(town) == []


def test_a_farewell_of_an_old_hand_is_not_welcomed(town: Town) -> None:
    with town.unit.begin() as work:
        work.corpus.record([message("5", "以前の質問です。", author="UNEW", minutes=-60 * 24 * 90)], NOON)
    hello(town, text="異動になりました。3年間ありがとうございました。")
    assert welcomes(town) == []


def test_an_introduction_heard_of_long_after_is_let_be(town: Town) -> None:
    town.clock.forward(timedelta(days=10).total_seconds())
    hello(town)
    assert welcomes(town) == []


def test_the_welcome_goes_with_the_introduction(town: Town) -> None:
    hello(town)
    town.delete("900", "CHELLO")
    assert welcomes(town) == []


def test_who_names_no_municipality_is_welcome_too(town: Town) -> None:
    town.platform.people["UWHO"] = member("UWHO", "山田")
    hello(town, author="UWHO")
    (said,) = welcomes(town)
    assert said.reply.text.startswith("山田 さん、ようこそ!")
    assert [name for _, name in said.reply.links] == ["税", "書き込み練習", "何でも相談"]


@pytest.mark.parametrize("policy", [Policy.WHISPER, Policy.OFF])
def test_how_loud_the_welcome_is_is_the_operators_choice(town: Town, policy: Policy) -> None:
    entries = [entry for entry in MAP.entries if entry.kind is not Kind.INTRODUCTIONS]
    quieter = replace(MAP, entries=(*entries, Entry("自己紹介", Kind.INTRODUCTIONS, welcome=policy)))
    said = message("900", HELLO, author="UNEW", channel_id="CHELLO")
    with town.unit.begin() as work:
        work.corpus.record([said], NOON)
    community = replace(town.community, channel_map=quieter)
    Welcome(community, Router(community)).posted(said)
    town.deliver()
    assert town.platform.posts == []
    assert [one.member_id for one in town.platform.whispers] == (["UNEW"] if policy is Policy.WHISPER else [])


def reminding(town: Town, after: timedelta | None = timedelta(days=7)) -> Welcome:
    community = replace(town.community, channel_map=replace(MAP, newcomer_reminder=after))
    return Welcome(community, Router(community))


def reminded(town: Town) -> list[str | None]:
    town.deliver()
    return [said.member_id for said in town.platform.posts if said.key.startswith("newcomer:")]


def test_a_silent_newcomer_is_written_to_once_after_the_days_that_the_map_says(town: Town) -> None:
    hello(town)
    welcome = reminding(town)
    welcome.remind(WORKSPACE, NOON + timedelta(days=6))
    assert reminded(town) == []
    for day in (8, 9, 12):
        welcome.remind(WORKSPACE, NOON + timedelta(days=day))
    assert reminded(town) == ["UNEW"]


def test_nobody_is_written_to_who_has_posted_left_or_was_here_before_the_bot(town: Town) -> None:
    introduced(town, "UNEAR")
    hello(town)
    hello(town, "901", author="UBIG", text="はじめまして、福岡です。")
    town.ask("902", "コンビニ交付が止まりました。どうすればよいですか?", author="UNEW")
    with town.unit.begin() as work:
        work.corpus.record_members([replace(town.platform.people["UBIG"], deleted=True)], NOON)
    reminding(town).remind(WORKSPACE, NOON + timedelta(days=9))
    assert reminded(town) == []


def test_by_default_nobody_is_written_to(town: Town) -> None:
    hello(town)
    assert reminding(town, None).remind(WORKSPACE, NOON + timedelta(days=9)) == 0
    assert reminded(town) == []
    assert {ASKER, OTHER} <= set(town.platform.people)
