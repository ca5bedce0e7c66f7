"""Who is shown what on each platform: guests, those who left, rooms that are archived or private, or become so."""

from __future__ import annotations

from contextlib import closing

import pytest
from chats import Chat
from mattermost_chat import MattermostChat
from mattermost_server import MattermostServer
from moved_time import Office, channel_map

from bot import connections
from indexer.corpus import Database

QUESTION = "償却資産の申告書をオンラインで受けたいのですが、どう始めればよいでしょうか。"
ANSWERS = {"help": "様式第一号を先に出しました。", "tax": "様式第二号を先に出しました。", "pref": "様式第三号でした。"}


def resolved(office: Office, room: str) -> str:
    """A thread whose answer tells its room, which the search finds."""
    chat = office.chat
    root = chat.say("asker", room, QUESTION)
    chat.react("asker", room, chat.say("answerer", room, ANSWERS[room], root), "white_check_mark")
    chat.settle()
    office.search.script[root] = 0.9
    return root


def seen_by(chat: Chat, who: str) -> set[str]:
    """The rooms of whose threads somebody is shown when they look for the question."""
    chat.settle()
    chat.clear()
    chat.command(who, "help", "similar", QUESTION)
    chat.settle()
    words = " ".join(said.words for said in chat.private(who))
    return {room for room, answer in ANSWERS.items() if answer in words}


def test_a_guest_is_shown_only_what_stands_in_their_own_rooms(quiet_chat: Chat, database: Database) -> None:
    chat = quiet_chat
    with Office(chat, database, channel_map(chat)) as office:
        for room in ("help", "tax"):
            resolved(office, room)
        guest = chat.arrive("委託業者", ("help",), guest=True)
        assert seen_by(chat, "operator") == {"help", "tax"}
        assert seen_by(chat, guest) == {"help"}
        chat.enter(guest, "tax")
        assert seen_by(chat, guest) == {"help", "tax"}
        chat.leave(guest, "tax")
        assert seen_by(chat, guest) == {"help"}


def test_a_private_room_opens_and_closes_with_its_door(quiet_chat: Chat, database: Database) -> None:
    chat = quiet_chat
    with Office(chat, database, channel_map(chat)) as office:
        resolved(office, "pref")
        assert seen_by(chat, "asker") == {"pref"}
        assert seen_by(chat, "operator") == set()
        chat.enter("operator", "pref")
        assert seen_by(chat, "operator") == {"pref"}
        chat.leave("operator", "pref")
        assert seen_by(chat, "operator") == set()


def test_a_room_that_becomes_private_hides_what_stood_in_it(quiet_chat: Chat, database: Database) -> None:
    chat = quiet_chat
    with Office(chat, database, channel_map(chat)) as office:
        outsider = chat.arrive("総務課＠小諸市", ("help",))
        resolved(office, "tax")
        assert seen_by(chat, outsider) == {"tax"}
        chat.hide("tax")
        assert seen_by(chat, outsider) == set()


def test_who_left_is_told_of_nothing(quiet_chat: Chat, database: Database) -> None:
    chat = quiet_chat
    stays, left = chat.arrive("税務課＠小諸市"), chat.arrive("税務課＠松山市")
    with Office(chat, database, channel_map(chat, stays, left)) as office:
        root = chat.say("asker", "tax", QUESTION)
        chat.deactivate(left)
        chat.settle()
        office.wait(4.25, chat.written(root))
        office.care()
        assert any(QUESTION in said.words for said in chat.direct(stays))
        assert not chat.direct(left)


@pytest.mark.parametrize("room", ["tax", "help"])
def test_what_waits_in_an_archived_room_is_left_in_peace(quiet_chat: Chat, database: Database, room: str) -> None:
    chat = quiet_chat
    ambassador = chat.arrive("税務課＠小諸市")
    with Office(chat, database, channel_map(chat, ambassador)) as office:
        root = chat.say("asker", "tax", QUESTION)
        chat.settle()
        chat.archive(room)
        chat.settle()
        office.wait(4.25, chat.written(root))
        office.care()
        assert bool(chat.direct(ambassador)) is (room != "tax")


def test_who_left_the_team_but_not_the_server_is_shown_and_told_nothing(database: Database) -> None:
    """Mattermost alone has users who are in none of the bot's rooms and may write to it all the same."""
    with MattermostServer.running() as stub, closing(MattermostChat(stub.url, stub.admin_token, stub)) as chat:
        left, before = chat.arrive("税務課＠小諸市"), chat.arrive("税務課＠松山市")
        with Office(chat, database, channel_map(chat, left, before)) as office:
            resolved(office, "tax")
            root = chat.say(
                "asker", "tax", "課税明細の封筒を作り直したいのですが、業者はどうやって選べばよいでしょうか。"
            )
            chat.leave_team(left)
            chat.settle()
            chat.dm(left, QUESTION)
            office.wait(4.25, chat.written(root))
            office.care()
            assert chat.direct(left) == []
            assert len(chat.direct(before)) == 1
            stub.outsiders.add(chat.id_of(before))  # while nobody listens
            connections.get_to_know(office.community, office.platform)
            with office.unit.read() as work:
                member = work.corpus.member(office.workspace_id, chat.id_of(before))
            assert member is not None
            assert member.deleted
