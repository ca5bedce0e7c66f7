"""Recognition in a town: tiers told in private, thanks once a month, the activity report, candidates for operators."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from builders import NOON, WORKSPACE, member, message, ref
from fakes import Said
from town import ANSWERER, MAP, OTHER, PEOPLE, Town

from bot.activity_report import Activity, Answered, Page, Person
from bot.candidates import Candidates
from bot.documents.markdown import to_markdown
from bot.documents.pdf import page_count
from bot.events import Unreacted
from bot.fiscal_year import FiscalYear
from bot.known_help import KnownHelp
from bot.recognition import Recognition, Thanked, thanked
from bot.replies.wording import activity_report, recognition
from bot.similar import Place
from indexer.channel_map import Edition, Entry, Kind, Tier
from indexer.channel_map import Recognition as Settings
from indexer.corpus import Database
from indexer.model import MessageKind, Thread
from indexer.municipalities import shipped

WORDS, REPORT = recognition.JA, activity_report.JA
TOWNS = ("奥尻町", "小諸市", "上島町", "那覇市", "輪島市", "対馬市", "佐渡市", "気仙沼市", "遠野市", "海士町")
QUESTION, ANSWER = "固定資産の台帳をどう整理していますか。", "家屋番号で突き合わせてから、所管課に照会しました。"


@pytest.fixture
def town(database: Database) -> Town:
    made = Town(database)
    rooms = tuple(
        replace(entry, digest=Edition.COMMUNITY) if entry.name == "何でも相談" else entry for entry in MAP.entries
    )
    channel_map = replace(MAP, entries=(*rooms, Entry("窓口DX", Kind.TOPIC)))
    made.community = replace(made.community, channel_map=channel_map)
    made.conversation = type(made.conversation)(made.community, made.platform)
    askers = [member(f"UT{number}", f"情報係＠{name}") for number, name in enumerate(TOWNS)]
    made.platform.people |= {one.id: one for one in (*askers, member("UOP", "事務局"))}
    with made.unit.begin() as work:
        everybody = (*PEOPLE, *askers, member("UOP", "事務局"), member("U2B", "松山市 税務課"))
        work.corpus.record_members([made.community.placed(one) for one in everybody], NOON)
    return made


def helped(town: Town, number: int, days: float, *, by: str = ANSWERER, room: str = "CTAX") -> None:
    """The helper answers a question of one town after another; the asker marks it with ✅."""
    asker, root = f"UT{number % len(TOWNS)}", str(10_000 + number * 10)
    minutes = days * 24 * 60
    asked = message(root, QUESTION, author=asker, channel_id=room, minutes=minutes)
    reply = message(
        str(int(root) + 1),
        ANSWER,
        root=root,
        author=by,
        channel_id=room,
        minutes=minutes + 30,
        reactions={"white_check_mark": (asker,)},
    )
    with town.unit.begin() as work:
        work.corpus.record([asked, reply], NOON)


def steadily(town: Town, days: int, *, every: int = 20, by: str = ANSWERER, first: int = 0) -> None:
    for number, day in enumerate(range(0, days, every)):
        helped(town, first + number, day, by=by, room="CTAX" if number % 2 else "C0HELP")


def at(town: Town, days: float) -> None:
    town.clock.at = NOON + timedelta(days=days)


def told(town: Town, member_id: str = ANSWERER) -> list[str]:
    return [one.reply.text for one in town.platform.posts if one.member_id == member_id]


def look(town: Town) -> int:
    count = Recognition(town.community).tell_tiers(WORKSPACE)
    town.deliver()
    return count


# Tiers


def test_a_tier_is_told_once_and_in_private(town: Town) -> None:
    steadily(town, 120)
    at(town, 120)
    assert look(town) == 1
    assert told(town) == [WORDS.told.format(name="松山市 システム管理", tier="DXアドバイザー")]
    assert look(town) == 0
    assert len(town.platform.posts) == 1


def test_two_years_are_told_in_order_and_nothing_twice(town: Town) -> None:
    steadily(town, 740)
    for day in range(0, 740, 28):
        at(town, day)
        look(town)
    expected = ("DXアドバイザー", "DXエキスパート", "DXスペシャリスト")
    assert told(town) == [WORDS.told.format(name="松山市 システム管理", tier=tier) for tier in expected]


def test_who_opted_out_hears_nothing_until_they_opt_in_again(town: Town) -> None:
    steadily(town, 120)
    at(town, 120)
    assert town.command(ANSWERER, "kyoso", "称号 off").text == WORDS.opted_out
    assert WORDS.off in town.command(ANSWERER, "kyoso", "recognition").text
    assert look(town) == 0
    assert town.command(ANSWERER, "kyoso", "称号 on").text == WORDS.opted_in
    assert look(town) == 1


def test_nobody_is_told_at_night_or_after_they_left(town: Town) -> None:
    steadily(town, 120)
    at(town, 120.5)
    assert look(town) == 0
    at(town, 121)
    with town.unit.begin() as work:
        gone = work.corpus.member(WORKSPACE, ANSWERER)
        assert gone is not None
        work.corpus.record_members([replace(gone, deleted=True)], town.clock.now())
    assert look(town) == 0


def test_a_tier_waits_until_quiet_hours_end(town: Town) -> None:
    steadily(town, 120)
    at(town, 120)  # noon in Japan
    with town.unit.begin() as work:
        work.preferences.set(WORKSPACE, ANSWERER, "quiet", "11-15")
    assert look(town) == 1
    assert not told(town)
    town.clock.forward(3 * 3600)
    town.deliver()
    assert len(told(town)) == 1


def test_reactions_taken_back_before_the_look_earn_no_tier(town: Town) -> None:
    steadily(town, 120)
    at(town, 120)
    for number in range(6):
        room = "CTAX" if number % 2 else "C0HELP"
        answer = ref(str(10_001 + number * 10), room)
        town.happens(Unreacted(answer, "white_check_mark", f"UT{number}", town.clock.now()))
    assert look(town) == 0


# Thanks

MAY = datetime(2026, 5, 1, 1, 0, tzinfo=UTC)  # Friday, ten in the morning in Japan


def thank(town: Town, when: datetime = MAY) -> bool:
    town.clock.at = when
    done = Recognition(town.community).give_thanks(WORKSPACE, when)
    town.deliver()
    return done


def test_thanks_name_the_matters_of_the_last_month_once(town: Town) -> None:
    for number, (day, by) in enumerate([(2, ANSWERER), (3, ANSWERER), (4, "UAMB"), (40, OTHER)]):
        helped(town, number, day, by=by, room="CTAX" if number % 2 else "C0HELP")
    assert thank(town)
    said = town.platform.posts[0]
    assert said.channel_id == "C0HELP"
    assert said.reply.text == WORDS.thanks.format(month="4月")
    assert sorted(card.excerpt for card in said.reply.cards) == [
        WORDS.thanks_by.format(names="松山市 システム管理"),
        WORDS.thanks_by.format(names="税務課＠小諸市"),
    ]
    assert said.reply.notes[0] == WORDS.thanks_more.format(count=1)
    assert not thank(town)
    assert not thank(town, MAY + timedelta(days=4))
    assert len(town.platform.posts) == 1


def test_thanks_wait_for_a_working_day_and_are_not_given_late(town: Town) -> None:
    helped(town, 0, 32)
    assert not thank(town, MAY.replace(month=6, day=30))
    assert thank(town, datetime(2026, 6, 1, 1, 0, tzinfo=UTC))
    helped(town, 1, 70)
    assert not thank(town, datetime(2026, 7, 4, 1, 0, tzinfo=UTC))  # Saturday
    assert thank(town, datetime(2026, 7, 6, 1, 0, tzinfo=UTC))


def test_thanks_name_nobody_who_opted_out_and_no_private_channel(town: Town) -> None:
    helped(town, 0, 2)
    helped(town, 1, 3, by="UAMB", room="GPREF")
    town.command(ANSWERER, "kyoso", "称号 受け取らない")
    assert not thank(town)
    assert not town.platform.posts


def test_without_a_place_for_them_no_thanks_are_given(town: Town) -> None:
    helped(town, 0, 2)
    nowhere = replace(MAP, entries=tuple(replace(entry, digest=Edition.OFF) for entry in MAP.entries))
    town.community = replace(town.community, channel_map=nowhere)
    assert not thank(town)
    elsewhere = replace(nowhere, recognition=Settings(channel="雑談"))
    town.community = replace(town.community, channel_map=elsewhere)
    assert thank(town)
    assert town.platform.posts[0].channel_id == "CCHAT"


def test_a_deleted_question_is_taken_out_of_the_thanks_and_an_edited_one_renamed(town: Town) -> None:
    helped(town, 0, 2)
    helped(town, 2, 3, by="UAMB")
    assert thank(town)
    cards = town.platform.posts[0].reply.cards
    assert len(cards) == 1  # one a topic
    root = cards[0].url.rpartition("/p")[2]
    with town.unit.read() as work:
        thread = work.corpus.thread(ref(root, "CTAX"))
    assert thread is not None
    town.edit(thread.root, "家屋の台帳をどう整理していますか。書き直しました。")
    assert town.platform.posts[0].reply.cards[0].title == "家屋の台帳をどう整理していますか。書き直しました。"
    town.delete(root, "CTAX")
    assert not town.platform.posts


def test_thanks_for_an_answer_end_with_the_answer(town: Town) -> None:
    helped(town, 0, 2)
    helped(town, 2, 3, by="UAMB", room="C0HELP")
    assert thank(town)
    assert len(town.platform.posts[0].reply.cards) == 2
    town.delete("10021", "C0HELP")  # the answer of the second
    (card,) = town.platform.posts[0].reply.cards
    assert card.excerpt == WORDS.thanks_by.format(names="松山市 システム管理")


def test_thanks_name_each_helper_once_and_the_seldom_thanked_first() -> None:
    def matter(number: int, topic: str, *helpers: str) -> tuple[Thread, list[object]]:
        from builders import channel

        from bot.credit import Deed, Help

        root = message(str(number), QUESTION)
        done = [
            Help(one, "U1", None, root.ref, root.ref, root.posted_at, Deed.ACCEPTED, revived=False, topic=topic)
            for one in helpers
        ]
        return Thread(number, channel(), root, ()), list(done)

    often = {"UOFTEN": 40, "URARE": 1}
    matters = [
        matter(1, "税", "UOFTEN"),
        matter(2, "税", "URARE"),
        matter(3, "窓口", "UOFTEN"),
        matter(4, "防災", "URARE"),
    ]
    chosen = thanked(matters, often, frozenset())  # type: ignore[arg-type]
    assert [(one.topic, one.helpers) for one in chosen] == [("税", ("URARE",)), ("窓口", ("UOFTEN",))]
    assert all(isinstance(one, Thanked) for one in chosen)


# The activity report


def reported(town: Town, text: str = "ambassador report", member_id: str = ANSWERER) -> tuple[Said, str]:
    assert "ダイレクトメッセージ" in town.command(member_id, "kyoso", text).text
    direct = next(one for one in reversed(town.platform.posts) if one.member_id == member_id)
    assert direct.reply.attachments[0].content.startswith(b"%PDF-")
    return direct, direct.reply.attachments[1].content.decode()


def test_the_report_counts_a_fiscal_year(town: Town) -> None:
    steadily(town, 120)
    helped(town, 90, -10)  # in March, the year before
    at(town, 121)
    direct, text = reported(town)
    assert [one.name for one in direct.reply.attachments] == [
        "活動証明_令和8年度_20260731.pdf",
        "活動証明_令和8年度_20260731.md",
    ]
    assert "# 活動証明 令和8年度" in text
    assert "- **回答した質問**: 6件" in text
    assert "- **解決につながった回答**: 6件" in text
    assert "- **所属**: 愛媛県松山市" in text
    assert "| 回答した質問 | 2 | 2 | 1 | 1 |" in text
    assert "- **北海道(1)**: 奥尻町" in text
    assert QUESTION not in text
    assert ANSWER not in text
    assert "個人の立場" in text
    assert "- **回答した質問**: 1件" in reported(town, "アンバサダー 活動証明 昨年度")[1]


def test_a_tier_stands_in_the_report_unless_opted_out(town: Town) -> None:
    steadily(town, 120)
    at(town, 121)
    look(town)
    assert "- **コミュニティでの認定**: DXアドバイザー" in reported(town, "活動証明")[1]
    town.command(ANSWERER, "kyoso", "称号 off")
    town.clock.forward(86_400)
    assert "認定" not in reported(town, "活動証明")[1]


def test_help_for_ones_own_small_talk_and_bots_do_not_count(town: Town) -> None:
    with town.unit.begin() as work:
        for number, (author, room, kind) in enumerate(
            [("U2B", "CTAX", MessageKind.POST), ("UT0", "CCHAT", MessageKind.POST), ("UT0", "CTAX", MessageKind.BOT)]
        ):
            root = str(500 + 10 * number)
            asked = message(root, QUESTION, author=author, channel_id=room, kind=kind)
            work.corpus.record(
                [asked, message(str(501 + 10 * number), ANSWER, root=root, author=ANSWERER, channel_id=room)], NOON
            )
    answer = town.command(ANSWERER, "kyoso", "ambassador report")
    assert answer.text == REPORT.nothing.format(year="令和8年度")


@pytest.mark.parametrize("given", ["らいねん", "1900", "@だれか", "年度" * 9])
def test_a_year_that_is_none_is_explained(town: Town, given: str) -> None:
    assert town.command(ANSWERER, "kyoso", f"ambassador report {given}").text == REPORT.usage.format(given=given)


def test_a_year_to_come_and_a_year_without_anything_are_told_as_such(town: Town) -> None:
    at(town, 0)
    to_come = town.command(ANSWERER, "kyoso", "活動証明 令和１０年度").text
    assert to_come == REPORT.to_come.format(year="令和10年度")
    assert town.command(ANSWERER, "kyoso", "活動証明 昨年度").text == REPORT.nothing_then.format(year="令和7年度")


@pytest.mark.parametrize("places", [0, 1, 70, 71, 1_700])
def test_the_report_is_one_page_however_much_was_done(places: int) -> None:
    codes: list[str | None] = [one.code for one in shipped()][:places]
    done = tuple(
        Answered(NOON + timedelta(minutes=number), code, f"とても長い名前の分野その{number % 40}", 3, None)
        for number, code in enumerate(codes or [None])
    )
    activity = Activity(FiscalYear(2026), done, Tier.SPECIALIST)
    person = Person(
        "デジタル戦略推進局情報システム統括課 山田太郎左衛門＠東京都世田谷区" * 2,
        "東京都世田谷区",
        "デジタル改革共創プラットフォーム",
    )
    page = Page(REPORT, "ja", shipped(), NOON.date(), UTC)
    assert page_count(page.document(activity, person)) == 1
    whole = to_markdown(page.whole(activity, person))
    assert all(shipped().by_code[code].name in whole for code in codes if code)


# Candidates


def candidates(town: Town, given: str = "", who: str = "UOP") -> tuple[str, list[str]]:
    made = Candidates(town.community, KnownHelp(town.community), lambda _work, _workspace: {"UAMB"})
    reply = made.show(Place(WORKSPACE, "C0HELP", who), given)
    return reply.text, [card.title for card in reply.cards]


def test_operators_alone_see_candidates(town: Town) -> None:
    steadily(town, 120)
    steadily(town, 120, by="UAMB", first=40)
    at(town, 121)
    assert candidates(town, who=ANSWERER) == (WORDS.operators_only, [])
    assert town.command(ANSWERER, "kyoso", "ambassador candidates").text == WORDS.operators_only
    reply = town.command("UOP", "kyoso", "アンバサダー 候補 3")
    assert (reply.text, [card.title for card in reply.cards]) == (WORDS.candidates, ["松山市 システム管理"])
    assert "解決につながった回答 6件" in reply.cards[0].excerpt
    assert "四国" in reply.cards[0].facts
    assert not town.platform.posts


def test_a_candidates_examples_are_of_the_topics_named(town: Town) -> None:
    steadily(town, 120)
    latest = [message("900", "町史の写真の集め方を教えてください。", author="UT0", channel_id="C0HELP")]
    latest.append(message("901", ANSWER, root="900", author=ANSWERER, reactions={"white_check_mark": ("UT0",)}))
    with town.unit.begin() as work:
        work.corpus.record([replace(one, posted_at=NOON + timedelta(days=120)) for one in latest], NOON)
    at(town, 121)
    found = Candidates(town.community, KnownHelp(town.community), lambda _work, _workspace: set())
    (card,) = found.show(Place(WORKSPACE, "", "UOP"), "").cards
    assert "分野: 税\n" in card.excerpt
    assert QUESTION in card.excerpt
    assert "町史" not in card.excerpt


def test_who_opted_out_left_or_does_little_is_no_candidate(town: Town) -> None:
    steadily(town, 120)
    at(town, 121)
    assert candidates(town)[1] == ["松山市 システム管理"]
    town.command(ANSWERER, "kyoso", "称号 off")
    assert candidates(town)[0].startswith("いまのところ")


@pytest.mark.parametrize("given", ["0", "多数", "100", "-1"])
def test_odd_numbers_of_candidates_are_explained(town: Town, given: str) -> None:
    assert candidates(town, given) == (WORDS.usage_candidates.format(most=10), [])
