"""The weekly digest among people: once a week and channel, only what everybody there can open, and nothing deleted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from builders import NOON, WORKSPACE, member, message, ref
from town import ANSWERER, ASKER, MAP, OTHER, Town

from bot.digest import Digest
from bot.errors import WeekNotOverError
from bot.events import Edited, Posted
from bot.replies import Card, Reply
from bot.replies.wording.digest import JA as WORDS
from bot.replies.wording.unanswered import JA as CARE
from bot.sending import Sender
from bot.similar import Place
from bot.store.outbox import State
from bot.week import Week
from indexer.corpus import Database
from indexer.model import Message

MONDAY = datetime(2026, 4, 6, 0, 0, tzinfo=UTC)  # 9:00 in Japan; NOON is the Wednesday before
WEEK = Week(2026, 14)
TAX = "住民税の特別徴収の通知は、どのように送っていますか？様式を教えてください。"
WAITS = "コンビニ交付が昨日から止まりました。どうすればよいですか？"
HOW = "うちでは要綱を改めて、通知は年一回の郵送にまとめています。"


@pytest.fixture
def town(database: Database) -> Town:
    here = Town(database)
    placed = [here.community.placed(one) for one in here.platform.people.values()]
    with here.unit.begin() as work:
        work.corpus.record_members(placed, NOON)
    here.clock.at = MONDAY
    return here


def say(town: Town, *said: Message) -> None:
    with town.unit.begin() as work:
        work.corpus.record(list(said), NOON)


def digest(town: Town) -> Digest:
    return Digest(town.community)


def posted(town: Town, channel_id: str = "CNEWS") -> list[Reply]:
    town.deliver()
    return [said.reply for said in town.platform.posts if said.channel_id == channel_id]


def titles(reply: Reply) -> list[str]:
    return [card.title for card in reply.cards]


def town_place(member_id: str) -> Place:
    return Place(WORKSPACE, "", member_id)


def a_week(town: Town) -> None:
    town.past("10", TAX, HOW)
    say(town, message("20", WAITS))


def test_the_digest_tells_what_was_solved_and_what_waits_with_a_button_and_a_picture(town: Town) -> None:
    a_week(town)
    digest(town).on_day(WORKSPACE, MONDAY)
    (reply,) = posted(town)
    assert reply.text.startswith("📮 *先週のまとめ* (3/30〜4/5)\n質問 2件(うち1営業日以内に返信 1件)、解決 1件")
    assert titles(reply)[:4] == ["✅ 解決した相談", TAX, "🙋 まだ返信のない相談", WAITS]
    solved, waiting = reply.cards[1], reply.cards[3]
    assert (solved.excerpt, solved.url) == (f"→ {HOW}", "https://test.example/archives/CTAX/p10")
    assert [(button.action, button.label) for button in waiting.buttons] == [("take", "担当します")]
    assert waiting.facts == "上島町 情報係 ・ 5日前から ・ #何でも相談"
    (picture,) = reply.attachments
    assert picture.content.startswith(b"\x89PNG")
    assert "先週は質問2件" in picture.alt


def test_a_question_is_taken_from_the_digest(town: Town) -> None:
    a_week(town)
    digest(town).on_day(WORKSPACE, MONDAY)
    button = posted(town)[0].cards[3].buttons[0]
    town.press(OTHER, button.action, button.value, channel_id="CNEWS")
    assert any("奥尻町" in said.reply.text for said in town.platform.posts if said.thread_id == "20")


def test_a_question_that_has_a_reply_by_now_is_offered_to_nobody(town: Town) -> None:
    a_week(town)
    digest(town).on_day(WORKSPACE, MONDAY)
    town.deliver()
    town.happens(Posted(message("21", HOW, root="20", author=ANSWERER)))
    waiting = posted(town)[0].cards[3]
    assert (waiting.title, waiting.excerpt, waiting.buttons) == (WAITS, WORDS.answered_since, ())
    town.delete("21")
    assert [button.action for button in posted(town)[0].cards[3].buttons] == ["take"]


def test_it_is_posted_once_a_week_and_channel_whatever_restarts(town: Town) -> None:
    a_week(town)
    first = digest(town).on_day(WORKSPACE, MONDAY)
    again = digest(town).on_day(WORKSPACE, MONDAY + timedelta(minutes=3))
    assert [one.posted for one in first] == [True, True]
    assert [one.posted for one in again] == [False, False]
    town.platform.loses_answer = True  # the process dies while it posts
    town.deliver()
    town.clock.forward(60)
    Sender(town.unit, town.clock, {WORKSPACE: town.platform}).work()
    assert len(posted(town)) == 1
    assert len(posted(town, "CEHIME")) == 1
    assert digest(town).post(WORKSPACE, WEEK)[0].posted is False
    assert len(posted(town)) == 1


@pytest.mark.parametrize(
    ("day", "says"),
    [
        ((4, 6), True),
        ((4, 7), False),
        ((5, 4), False),  # みどりの日, a Monday
        ((5, 6), False),  # the substitute holiday
        ((5, 7), True),  # the first working day of that week
        ((5, 8), False),
    ],
)
def test_it_comes_on_the_first_working_day_of_the_week(town: Town, day: tuple[int, int], says: bool) -> None:
    town.clock.at = datetime(2026, *day, 0, 0, tzinfo=UTC)
    assert bool(digest(town).on_day(WORKSPACE, town.clock.at)) is says


def test_a_week_with_nothing_says_so_in_one_line(town: Town) -> None:
    digest(town).on_day(WORKSPACE, MONDAY)
    (reply,) = posted(town)
    assert reply == Reply("📮 先週(3/30〜4/5)は、新しい質問も解決した相談もありませんでした。")


def test_a_week_without_a_question_that_has_other_news_does_not_count_to_none(town: Town) -> None:
    say(town, replace(message("20", WAITS), posted_at=NOON - timedelta(days=14)))
    digest(town).on_day(WORKSPACE, MONDAY)
    (reply,) = posted(town)
    assert reply.text.endswith("\n新しい質問も、解決した相談もありませんでした。")
    assert WAITS in titles(reply)


def test_a_week_that_is_not_over_is_not_told(town: Town) -> None:
    with pytest.raises(WeekNotOverError):
        digest(town).post(WORKSPACE, WEEK.back(-1))
    assert posted(town) == []


def test_nobody_is_told_of_a_thread_they_cannot_open(town: Town) -> None:
    say(town, message("30", WAITS, channel_id="GPREF", author=ANSWERER))
    digest(town).on_day(WORKSPACE, MONDAY)
    (reply,) = posted(town)
    assert reply.cards == ()
    assert digest(town).now(town_place(OTHER)).cards == ()
    assert WAITS in titles(digest(town).now(town_place(ASKER)))


def test_a_private_channel_that_the_map_no_longer_names_is_told_to_nobody(town: Town) -> None:
    say(town, message("30", WAITS, channel_id="GPREF", author=ANSWERER))
    entries = tuple(entry for entry in MAP.entries if entry.name != "県内担当")
    less = replace(town.community, channel_map=replace(MAP, entries=entries))
    assert Digest(less).now(town_place(ASKER)).cards == ()


def test_what_is_deleted_vanishes_from_a_posted_digest_with_its_heading(town: Town) -> None:
    a_week(town)
    digest(town).on_day(WORKSPACE, MONDAY)
    assert WAITS in titles(posted(town)[0])
    town.delete("20")
    (reply,) = posted(town)
    assert titles(reply)[:3] == ["✅ 解決した相談", TAX, "🙏 回答してくださった方々"]
    assert reply.attachments
    town.delete("11", "CTAX")  # the answer: without it the ✅ is gone too
    (reply,) = posted(town)
    assert TAX not in titles(reply)
    with town.unit.read() as work:
        kept = [work.outbox.reads(one.outgoing.key) for one in work.outbox.in_thread(WORKSPACE, "CNEWS", None)[:1]]
    assert all(WAITS not in reply.to_json() and HOW not in reply.to_json() for reply in kept)


def test_an_edit_shows_in_a_posted_digest(town: Town) -> None:
    a_week(town)
    digest(town).on_day(WORKSPACE, MONDAY)
    posted(town)
    changed = message(
        "11", "訂正します。通知は年二回の郵送にまとめています。", root="10", author=ANSWERER, channel_id="CTAX"
    )
    town.happens(Edited(replace(changed, edited_at=MONDAY)))
    assert "→ 通知は年二回の郵送にまとめています。" in [card.excerpt for card in posted(town)[0].cards]


def test_what_changes_while_the_digest_is_drawn_is_not_posted_as_it_was(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_week(town)
    deleted = []

    def weekly(_series: object) -> bytes:
        if not deleted:
            deleted.append(True)
            with town.unit.begin() as work:
                work.corpus.delete(ref("20"), MONDAY)
        return b"\x89PNG"

    monkeypatch.setattr("bot.charts.weekly", weekly)
    digest(town).on_day(WORKSPACE, MONDAY)
    (reply,) = posted(town)
    assert TAX in titles(reply)
    assert WAITS not in titles(reply)


def test_a_prefectures_edition_tells_of_its_municipalities_alone(town: Town) -> None:
    say(town, message("20", WAITS, author=ASKER), message("21", WAITS + "急ぎです。", author=OTHER))
    digest(town).on_day(WORKSPACE, MONDAY)
    (reply,) = posted(town, "CEHIME")
    assert reply.text.startswith("📮 *#愛媛県 の先週のまとめ*")
    assert [title for title in titles(reply) if title.startswith("コンビニ")] == [WAITS]


def test_a_personal_digest_comes_only_to_those_who_ask(town: Town) -> None:
    a_week(town)
    assert "届けします" in town.command(ANSWERER, "kyoso", "まとめ オン").text
    assert "お届けしています" in town.command(ANSWERER, "kyoso", "digest").text
    town.command(ASKER, "kyoso", "digest on")
    town.command(ASKER, "kyoso", "digest off")
    digest(town).on_day(WORKSPACE, MONDAY)
    town.deliver()
    direct = [said for said in town.platform.posts if said.member_id]
    assert [said.member_id for said in direct] == [ANSWERER]
    assert direct[0].reply.text.startswith("📮 *あなたに関わる先週のまとめ*")
    assert "オフ" in direct[0].reply.notes[-1]


def test_nobody_is_asked_to_take_their_own_question(town: Town) -> None:
    a_week(town)
    town.command(ASKER, "kyoso", "digest on")
    digest(town).on_day(WORKSPACE, MONDAY)
    town.deliver()

    def own() -> Card:
        (letter,) = (said.reply for said in town.platform.posts if said.member_id == ASKER)
        return next(card for card in letter.cards if card.title == WAITS)

    assert own().buttons == ()
    town.happens(Posted(message("21", HOW, root="20", author=ANSWERER)))
    town.delete("21")
    assert (own().excerpt, own().buttons) == ("", ())
    (public,) = posted(town)
    button = next(card for card in public.cards if card.title == WAITS).buttons[0]
    assert town.press(ASKER, button.action, button.value) == CARE.own_question


def test_last_weeks_digest_is_shown_on_demand(town: Town) -> None:
    a_week(town)
    reply = town.command(ASKER, "kyoso", "まとめ 今")
    assert WAITS in titles(reply)
    assert reply.attachments == ()


def test_newcomers_are_counted_by_prefecture_and_not_those_who_leave(town: Town) -> None:
    newcomers = [
        member("UNEW1", "情報係＠松山市"),
        member("UNEW2", "総務課＠上島町"),
        member("UNEW3", "総務課＠奥尻町"),
    ]
    with town.unit.begin() as work:
        work.corpus.record_members([town.community.placed(one) for one in newcomers], NOON)
    greetings = [message(f"4{n}", "はじめまして。", author=f"UNEW{n}", channel_id="CHELLO") for n in (1, 2, 3)]
    farewell = message("44", "異動になりました。", author=OTHER, channel_id="CHELLO")
    long_ago = message("9", "昔の投稿です。", author=OTHER, minutes=-60 * 24 * 50)
    say(town, *greetings, farewell, long_ago)
    digest(town).on_day(WORKSPACE, MONDAY)
    (reply,) = posted(town)
    told = [card.excerpt for card in reply.cards if card.title.startswith("👋")]
    assert told == ["北海道 1名、愛媛県 2名"]


def test_whoever_does_not_want_to_be_named_is_thanked_silently(town: Town) -> None:
    a_week(town)
    with town.unit.begin() as work:
        work.preferences.set(WORKSPACE, ANSWERER, "recognition", "off")
    digest(town).on_day(WORKSPACE, MONDAY)
    assert not any(title.startswith("🙏") for title in titles(posted(town)[0]))


def test_without_a_channel_the_communitys_edition_is_only_printed(town: Town) -> None:
    a_week(town)
    nowhere = Digest(replace(town.community, channel_map=replace(MAP, entries=MAP.entries[:3])))
    (printed,) = nowhere.preview(WORKSPACE, WEEK)
    assert WAITS in titles(printed.reply)
    assert nowhere.post(WORKSPACE, WEEK) == []
    assert posted(town) == []


def test_a_channel_that_was_archived_unheard_of_stops_no_other_edition(town: Town) -> None:
    a_week(town)
    town.command(ANSWERER, "kyoso", "digest on")
    room = town.platform.rooms["CNEWS"]
    town.platform.rooms["CNEWS"] = replace(room, archived=True)
    digest(town).on_day(WORKSPACE, MONDAY)
    assert posted(town) == []
    assert {said.channel_id for said in town.platform.posts} == {"CEHIME", "D2"}
    with town.unit.read() as work:
        assert work.outbox.counts().get(State.FAILED.value) == 1
    town.delete("20")  # and what it would have told of can be deleted
    assert WAITS not in [title for said in town.platform.posts for title in titles(said.reply)]
    town.platform.rooms["CNEWS"] = room
    town.clock.at += timedelta(days=7)
    digest(town).on_day(WORKSPACE, town.clock.now())
    assert len(posted(town)) == 1


def test_a_digest_needs_a_channel_that_is_there(town: Town) -> None:
    a_week(town)
    with town.unit.begin() as work:
        room = town.platform.rooms["CNEWS"]
        work.corpus.record_channels([replace(room, archived=True)], MONDAY)
    digest(town).on_day(WORKSPACE, MONDAY)
    assert posted(town) == []
