"""A record for a successor: what one's municipality asked, answered and followed, and nothing one may not see."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from builders import NOON, WORKSPACE, channel, member, message
from fakes import Said
from town import ANSWERER, ASKER, OTHER, PEOPLE, Town

from bot.handover import LONGEST_QUOTE, quotation
from bot.replies.wording.handover import JA
from indexer.corpus import Database
from indexer.model import Message, MessageKind

LONG = "手順は次のとおりです。" + "証明書の更新は毎年四月に行い、結果を台帳に残します。" * 60


@pytest.fixture
def town(database: Database) -> Town:
    made = Town(database)
    colleague = member("U1B", "上島町 住民課")
    with made.unit.begin() as work:
        placed = [made.community.placed(one) for one in (*PEOPLE, colleague, member("UGUEST", "見学者"))]
        work.corpus.record_members([*placed[:-1], replace(placed[-1], guest=True)], NOON)
    made.platform.people["U1B"] = colleague
    return made


def said(town: Town, *messages: Message) -> None:
    with town.unit.begin() as work:
        work.corpus.record(messages, NOON)


def asked_and_solved(town: Town, number: int = 100, *, room: str = "CTAX", asker: str = "U1B") -> None:
    root, answer = str(number), str(number + 1)
    said(
        town,
        message(
            root,
            "償却資産の申告を電子化したいのですが、何から始めればよいですか。\n町の規模は6,000人です。",
            author=asker,
            channel_id=room,
        ),
        message(
            answer,
            "eLTAXのちらしを申告書に同封し、税理士会に説明しました。",
            root=root,
            author=ANSWERER,
            channel_id=room,
            reactions={"white_check_mark": (asker,)},
        ),
    )


def handed_over(town: Town, member_id: str = ASKER) -> tuple[Said, str]:
    """The direct message and the Markdown in it."""
    assert town.command(member_id, "kyoso", "引き継ぎ").text == JA.sent
    direct = next(one for one in reversed(town.platform.posts) if one.member_id == member_id)
    pdf, markdown = direct.reply.attachments
    assert pdf.content.startswith(b"%PDF-")
    assert (pdf.name, markdown.name) == ("引き継ぎ記録_上島町_20260402.pdf", "引き継ぎ記録_上島町_20260402.md")
    return direct, markdown.content.decode()


def test_a_colleague_gets_what_was_asked_answered_and_followed(town: Town) -> None:
    asked_and_solved(town)
    said(
        town,
        message("200", "住民税の通知書を外部で印刷している団体はありますか。", author=OTHER, channel_id="CTAX"),
        message(
            "201",
            "うちは三年前から外部印刷です。様式の調整に二か月かかりました。",
            root="200",
            author="U1B",
            channel_id="CTAX",
        ),
        message(
            "300",
            "税証明のコンビニ交付の手数料はどう決めましたか。",
            author=OTHER,
            channel_id="CTAX",
            reactions={"eyes": ("U1",)},
        ),
    )
    direct, text = handed_over(town)
    assert direct.reply.text.startswith("上島町の引き継ぎ記録です。")
    assert "# 愛媛県上島町 引き継ぎ記録" in text
    assert "尋ねたこと 1件(うち解決 1件)、答えたこと 1件、見守ったこと 1件" in text
    assert "| 税 | 1 | 1 | 1 |" in text
    assert "https://test.example/archives/CTAX/p100" in text
    assert "**決まったこと(回答: 松山市 システム管理 令和8年4月1日)**: eLTAXのちらし" in text
    assert "**尋ねた内容**: 償却資産の申告を電子化したいのですが" in text
    assert "**当団体の回答(上島町 住民課 令和8年4月1日)**: うちは三年前から外部印刷です。" in text
    assert text.index("### 尋ねたこと") < text.index("### 答えたこと") < text.index("### 見守ったこと")


def test_an_integration_without_a_name_is_called_what_it_is(town: Town) -> None:
    feed = message("100", "新しい通知が出ました。", author="B0FEED", channel_id="CTAX", kind=MessageKind.BOT)
    said(town, feed, message("101", "確認しました。", root="100", author="U1B", channel_id="CTAX"))
    _, text = handed_over(town)
    assert "(連携ボット)" in text
    assert "B0FEED" not in text


def test_what_the_requester_cannot_open_is_left_out(town: Town) -> None:
    asked_and_solved(town)
    asked_and_solved(town, 500, room="GPREF", asker=ASKER)
    assert "GPREF" in handed_over(town)[1]
    town.clock.forward(1)
    direct_texts = handed_over_by(town, "U1B")
    assert "GPREF" not in direct_texts
    assert "CTAX" in direct_texts


def handed_over_by(town: Town, member_id: str) -> str:
    town.command(member_id, "kyoso", "handover")
    direct = next(one for one in reversed(town.platform.posts) if one.member_id == member_id)
    return direct.reply.attachments[1].content.decode()


def test_private_channels_that_the_map_no_longer_names_are_left_out(town: Town) -> None:
    with town.unit.begin() as work:
        work.corpus.record_channels([channel("GOLD", "旧担当者会", private=True, members=(ASKER,))], NOON)
    asked_and_solved(town)
    asked_and_solved(town, 600, room="GOLD", asker=ASKER)
    assert "GOLD" not in handed_over(town)[1]


def test_deleted_posts_and_small_talk_are_left_out(town: Town) -> None:
    asked_and_solved(town)
    asked_and_solved(town, 700)
    asked_and_solved(town, 800, room="CCHAT")
    town.delete("700", "CTAX")
    text = handed_over(town)[1]
    assert "/p100" in text
    assert "/p700" not in text
    assert "/p800" not in text


def test_without_a_municipality_one_is_told_how_to_name_it(town: Town) -> None:
    assert town.command("UGUEST", "kyoso", "handover").text == JA.no_place
    assert town.command("UNOBODY", "kyoso", "handover").text == JA.no_place
    assert not town.platform.posts


def test_a_municipality_that_did_nothing_yet_is_told_so(town: Town) -> None:
    assert town.command(OTHER, "kyoso", "引継ぎ").text == JA.nothing.format(place="奥尻町")


def test_the_same_record_is_sent_once_a_day(town: Town) -> None:
    asked_and_solved(town)
    handed_over(town)
    assert town.command(ASKER, "kyoso", "handover").text == JA.sent_before
    assert len(town.platform.posts) == 1
    town.clock.forward(timedelta(days=1).total_seconds())
    assert town.command(ASKER, "kyoso", "handover").text == JA.sent
    assert len(town.platform.posts) == 2


def test_what_was_sent_is_not_kept_a_second_time(town: Town) -> None:
    asked_and_solved(town)
    handed_over(town)
    with town.unit.read() as work:
        position = work.corpus.position()
        kept = work.outbox.get(f"handover:{WORKSPACE}:{ASKER}:2026-04-02:{position}")
    assert kept is not None
    assert kept.outgoing.reply.text
    assert not kept.outgoing.reply.attachments


def test_a_hundred_threads_all_stand_in_the_record(town: Town) -> None:
    for number in range(1000, 1200, 2):
        asked_and_solved(town, number)
    text = handed_over(town)[1]
    assert all(f"/p{number}>" in text for number in range(1000, 1200, 2))


def test_long_answers_end_with_a_sentence_and_say_that_they_go_on() -> None:
    cut = quotation(LONG, JA.goes_on)
    assert cut.endswith(f"。{JA.goes_on}")
    assert len(cut) <= LONGEST_QUOTE + len(JA.goes_on)
    assert quotation("短い答え:innocent: です。", JA.goes_on) == "短い答え です。"
    assert quotation("あ" * 900, JA.goes_on) == "あ" * LONGEST_QUOTE + JA.goes_on
