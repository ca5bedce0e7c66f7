"""Recognition on each platform: tiers told in private, thanks once a month, candidates for operators; or none of it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from chats import Chat
from moved_time import Office, channel_map

from bot.replies.wording.recognition import JA
from indexer.corpus import Database

TOWNS = ("奥尻町", "小諸市", "三鷹市", "福岡市", "内子町", "久万高原町")
QUESTION = "{town}です。固定資産の台帳をどう整理していますか。"
ANSWER = "家屋番号で突き合わせてから、所管課に照会しました。"
WANTED = "アドバイザー」になられました"


@contextmanager
def office_of(chat: Chat, database: Database, *, lately: bool = False) -> Iterator[Office]:
    """A bot where the answerer has helped six towns in as many months, or `lately`."""
    towns = [chat.arrive(f"情報係＠{name}") for name in TOWNS]
    with Office(chat, database, channel_map(chat)) as office:
        office.tomorrow()
        for number, (town, name) in enumerate(zip(towns, TOWNS, strict=True)):
            at = office.clock.now() - timedelta(days=number / 24 if lately else 10 + 28 * number)
            room = "tax" if number % 2 else "help"
            office.helped(town, "answerer", room, at, (QUESTION.format(town=name), ANSWER))
        yield office


def answered(chat: Chat, who: str, text: str) -> str:
    """What somebody reads who calls `/kyoso`."""
    chat.clear()
    chat.command(who, "help", "kyoso", text)
    chat.settle()
    return " ".join(said.words for said in chat.private(who))


def test_a_tier_is_told_once_and_in_private(quiet_chat: Chat, database: Database) -> None:
    chat = quiet_chat
    with office_of(chat, database) as office:
        office.tiers()
        office.tiers()
        (told,) = chat.direct("answerer")
        assert WANTED in told.words
        assert "松山市 システム管理 さん" in told.words
        assert not chat.direct("asker")
        assert not [said for room in ("help", "tax", "week", "chat") for said in chat.said(room)]


def test_who_opted_out_is_told_no_tier_and_named_nowhere(quiet_chat: Chat, database: Database) -> None:
    chat = quiet_chat
    with office_of(chat, database) as office:
        assert JA.opted_out in answered(chat, "answerer", "称号 off")
        before = len(chat.direct("answerer"))
        office.tiers()
        assert len(chat.direct("answerer")) == before
        assert JA.no_candidates[:12] in answered(chat, "operator", "アンバサダー 候補")
        thanked(office)
        assert not chat.said("week")
        assert JA.opted_in in answered(chat, "answerer", "称号 on")
        office.clock.move(office.clock.now() + timedelta(hours=1))
        office.tomorrow()
        office.tiers()
        assert any(WANTED in said.words for said in chat.direct("answerer"))


def thanked(office: Office) -> None:
    """Go on by working days into the next month, giving thanks where it is the day."""
    month = office.clock.now().month
    for _ in range(31):
        day = office.tomorrow()
        office.thanks()
        if day.month != month and day.day > 10:
            return


def test_thanks_are_given_once_a_month_and_forget_what_is_deleted(quiet_chat: Chat, database: Database) -> None:
    chat = quiet_chat
    with office_of(chat, database, lately=True) as office:
        root = chat.say("asker", "tax", "課税明細の封筒を作り直したいのですが、業者はどうやって選べばよいでしょうか。")
        chat.react(
            "asker", "tax", chat.say("operator", "tax", "三社から見積もりを取りました。", root), "white_check_mark"
        )
        chat.settle()
        thanked(office)
        (post,) = chat.said("week")
        assert "松山市 システム管理 さん、ありがとうございました" in post.words
        assert chat.link("tax", root) in post.words
        chat.delete("asker", "tax", root)
        chat.settle()
        (post,) = chat.said("week")
        assert chat.link("tax", root) not in post.words
        assert "封筒" not in post.words


def test_candidates_are_shown_to_operators_alone(quiet_chat: Chat, database: Database) -> None:
    chat = quiet_chat
    with office_of(chat, database):
        shown = answered(chat, "operator", "アンバサダー 候補")
        assert JA.candidates in shown
        assert "松山市 システム管理" in shown
        assert JA.operators_only in answered(chat, "asker", "アンバサダー 候補")
        assert not chat.direct("answerer")
