"""Questions that nobody answers, on each platform: told → taken → answered, and what else ambassadors say to them."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from chats import Chat, Shown
from moved_time import Office, channel_map

from bot.replies.wording import ambassadors
from bot.replies.wording.unanswered import JA
from indexer.corpus import Database

QUESTION = "償却資産の申告書をオンラインで受けたいのですが、どう始めればよいでしょうか。"
ANSWER = "本市では申告書にちらしを同封し、税理士会にも説明しました。"
PREPARING = "さんが回答を準備しています"


@contextmanager
def office_of(chat: Chat, database: Database, *names: str) -> Iterator[tuple[Office, list[str]]]:
    """A bot, and the ambassadors of these names."""
    people = [chat.arrive(name) for name in names]
    with Office(chat, database, channel_map(chat, *people)) as office:
        yield office, people


def asked(office: Office, room: str = "tax") -> str:
    root = office.chat.say("asker", room, QUESTION)
    office.chat.settle()
    return root


def told_after(office: Office, root: str, hours: float) -> None:
    """The bot looks once so many working hours have passed since the question."""
    office.wait(hours, office.chat.written(root))
    office.care()


def letter(chat: Chat, who: str) -> Shown:
    """The last one that somebody got of the question."""
    return next(said for said in reversed(chat.direct(who)) if "さん ・ #" in said.words or "#税" in said.words)


def pressed(chat: Chat, who: str, label: str, chosen: str = "") -> str:
    """What somebody reads who answers their letter."""
    chat.clear()
    (chat.choose if chosen else chat.press)(who, "", letter(chat, who), label, *([chosen] if chosen else []))
    chat.settle()
    return " ".join(said.words for said in chat.private(who))


def test_told_taken_and_answered(quiet_chat: Chat, database: Database) -> None:
    chat = quiet_chat
    with office_of(chat, database, "税務課＠小諸市") as (office, [ambassador]):
        root = asked(office)
        told_after(office, root, 3.5)
        assert chat.direct(ambassador) == []
        told_after(office, root, 4.25)
        assert QUESTION in letter(chat, ambassador).words
        assert chat.link("tax", root) in letter(chat, ambassador).words
        assert {JA.take, JA.later, JA.not_mine, JA.hand} <= set(letter(chat, ambassador).buttons)
        told_after(office, root, 4.5)
        assert len(chat.direct(ambassador)) == 1

        assert JA.took in pressed(chat, ambassador, JA.take)
        (line,) = chat.answers("tax", root)
        assert PREPARING in line.words
        assert JA.taken_by_you in letter(chat, ambassador).words
        assert JA.take not in letter(chat, ambassador).buttons

        chat.say(ambassador, "tax", ANSWER, root)
        chat.settle()
        assert chat.answers("tax", root) == []
        assert JA.settled in letter(chat, ambassador).words
        before = len(chat.direct(ambassador))
        office.tomorrow()
        office.care()
        assert len(chat.direct(ambassador)) == before


def test_of_two_who_press_at_once_one_has_it(quiet_chat: Chat, database: Database) -> None:
    chat = quiet_chat
    with office_of(chat, database, "税務課＠小諸市", "税務課＠松山市") as (office, people):
        root = asked(office)
        told_after(office, root, 4.25)
        letters = [letter(chat, who) for who in people]
        chat.clear()
        with ThreadPoolExecutor() as pool:
            list(pool.map(lambda who, seen: chat.press(who, "", seen, JA.take), people, letters))
        chat.settle()
        (line,) = chat.answers("tax", root)
        assert PREPARING in line.words
        told = [any(JA.took in said.words for said in chat.private(who)) for who in people]
        assert sorted(told) == [False, True]
        assert any("先に担当されました" in said.words for said in chat.private(people[told.index(False)]))
        assert "が担当しています" in letter(chat, people[told.index(False)]).words


def test_what_is_taken_and_left_is_free_again_after_a_working_day(quiet_chat: Chat, database: Database) -> None:
    chat = quiet_chat
    with office_of(chat, database, "税務課＠小諸市") as (office, [ambassador]):
        root = asked(office)
        told_after(office, root, 4.25)
        pressed(chat, ambassador, JA.take)
        assert len(chat.answers("tax", root)) == 1
        office.wait(9, office.clock.now())
        office.care()
        assert chat.answers("tax", root) == []


def test_who_has_no_time_now_is_told_once_more_the_next_day(quiet_chat: Chat, database: Database) -> None:
    chat = quiet_chat
    with office_of(chat, database, "税務課＠小諸市") as (office, [ambassador]):
        root = asked(office)
        told_after(office, root, 4.25)
        assert JA.snoozed in pressed(chat, ambassador, JA.later)
        (put_off,) = chat.direct(ambassador)
        assert JA.put_off in put_off.words
        told_after(office, root, 5)
        assert chat.direct(ambassador) == [put_off]
        office.tomorrow()
        office.care()
        (again,) = chat.direct(ambassador)  # the question stands in one letter
        assert JA.put_off not in again.words
        assert QUESTION in again.words


def test_where_it_is_not_their_field_somebody_else_is_told(quiet_chat: Chat, database: Database) -> None:
    chat = quiet_chat
    with office_of(chat, database, "税務課＠小諸市", "税務課＠松山市", "税務課＠福岡市") as (office, people):
        root = asked(office)
        told_after(office, root, 4.25)
        told = [who for who in people if chat.direct(who)]
        assert len(told) == 2
        (third,) = set(people) - set(told)
        assert JA.declined in pressed(chat, told[0], JA.not_mine)
        told_after(office, root, 4.5)
        assert QUESTION in letter(chat, third).words


def test_a_person_is_named_from_the_menu_and_told(quiet_chat: Chat, database: Database) -> None:
    chat = quiet_chat
    with office_of(chat, database, "税務課＠小諸市") as (office, [ambassador]):
        root = asked(office)
        told_after(office, root, 4.25)
        assert "さんにお知らせします" in pressed(chat, ambassador, JA.hand, chat.id_of("answerer"))
        told_after(office, root, 4.5)
        assert "詳しいとうかがいました" in letter(chat, "answerer").words
        assert chat.direct("operator") == []


def test_a_deleted_question_leaves_the_letter(quiet_chat: Chat, database: Database) -> None:
    chat = quiet_chat
    with office_of(chat, database, "税務課＠小諸市") as (office, [ambassador]):
        root = asked(office)
        told_after(office, root, 4.25)
        (before,) = chat.direct(ambassador)
        assert QUESTION in before.words
        chat.delete("asker", "tax", root)
        chat.settle()
        (after,) = chat.direct(ambassador)
        assert QUESTION not in after.words
        assert JA.gone in after.words


def test_nobody_is_told_of_a_room_that_they_are_not_in(quiet_chat: Chat, database: Database) -> None:
    chat = quiet_chat
    inside = "answerer"
    stranger = chat.arrive("税務課＠小諸市")
    with Office(chat, database, channel_map(chat, inside, stranger)) as office:
        root = asked(office, "pref")
        told_after(office, root, 4.25)
        assert any(QUESTION in said.words for said in chat.direct(inside))
        assert chat.direct(stranger) == []


def test_an_ambassador_joins_and_chooses_topics_from_the_menu(quiet_chat: Chat, database: Database) -> None:
    chat = quiet_chat
    with office_of(chat, database) as (_, _):
        chat.command("answerer", "tax", "kyoso", "アンバサダー 参加")
        chat.settle()
        (shown,) = chat.private("answerer")
        assert "任期は" in shown.words
        chat.clear()
        chat.choose("answerer", "tax", shown, ambassadors.JA.choose_topic, "税")
        chat.settle()
        assert any("話題: 税" in said.words for said in chat.private("answerer"))
