"""What Mattermost reports, as the bot's events: each shape of its own, odd ones as nothing at all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from builders import NOON
from fakes import FakeDirectory
from hostile import HOSTILE

from bot.events import (
    Asked,
    ChannelSeen,
    Commanded,
    Deleted,
    Edited,
    Joined,
    Left,
    MemberSeen,
    Posted,
    Pressed,
    Reacted,
    Unreacted,
    WorkspaceSeen,
)
from bot.platforms.mattermost.contexts import Place, Signer
from bot.platforms.mattermost.events import Translator
from bot.platforms.mattermost.handles import Handle
from bot.platforms.mattermost.identity import ACTION, COMMAND, EVENT, POST, Identity, event_id, post_event_id
from indexer.model import Channel, Member, Message, MessageRef, Reaction, Thread, Visibility, Workspace

WS = "mattermost:kyoso"
ME = Identity(WS, "bot1", "kyoso", "team1")
AT = 1_790_000_000_000
ROOM = Channel(WS, "room1", "何でも相談")
KINDS = (EVENT, POST, COMMAND, ACTION, "unheard-of")


class FakeLookup:
    def __init__(self) -> None:
        self.channels: dict[str, Channel] = {}
        self.members: dict[str, Member] = {}
        self.outsiders: set[str] = set()

    def in_team(self, member_id: str) -> bool:
        return member_id not in self.outsiders

    def channel_now(self, channel_id: str) -> Channel | None:
        return self.channels.get(channel_id)

    def member_now(self, member_id: str) -> Member | None:
        return self.members.get(member_id)


@pytest.fixture
def lookup() -> FakeLookup:
    return FakeLookup()


@pytest.fixture
def directory() -> FakeDirectory:
    return FakeDirectory(channels={"room1": ROOM})


@pytest.fixture
def translator(lookup: FakeLookup, directory: FakeDirectory) -> Translator:
    return Translator(ME, Workspace(WS, "共創", "https://m/kyoso"), directory, lookup, Signer("s"), lambda: NOON)


def test_who_is_mentioned_is_called_as_in_an_import(translator: Translator, directory: FakeDirectory) -> None:
    directory.members["u2"] = Member(WS, "u2", "松山市 情報係", handle="matsuyama.jouhou")
    directory.channels["room2"] = Channel(WS, "room2", "税", handle="zei")
    directory.channels["room3"] = Channel(WS, "room3", "内緒", Visibility.PRIVATE, handle="naisho")
    said = post(message="@matsuyama.jouhou. さん、~zei か ~naisho で @dareka に聞けますか")
    (event,) = translator.translate(EVENT, {"event": "posted", "data": {"post": json.dumps(said)}})
    assert isinstance(event, Posted)
    assert event.message.text == "@松山市 情報係. さん、#税 か ~naisho で @dareka に聞けますか"


def post(post_id: str = "p1", **changed: Any) -> dict[str, Any]:
    made = {"id": post_id, "channel_id": "room1", "user_id": "u1", "root_id": "", "message": "質問です", "type": ""}
    return made | {"create_at": AT, "update_at": AT, "edit_at": 0, "delete_at": 0, "props": {}} | changed


def event(kind: str, *, channel_id: str = "room1", **data: Any) -> dict[str, Any]:
    told = {
        name: json.dumps(value) if name in {"post", "reaction", "channel"} else value for name, value in data.items()
    }
    return {
        "event": kind,
        "data": told,
        "broadcast": {"channel_id": channel_id, "user_id": "", "team_id": ""},
        "seq": 7,
    }


def test_a_post_opens_a_thread_or_stands_in_one(translator: Translator) -> None:
    (opened,) = translator.translate(EVENT, event("posted", post=post(), channel_type="O", team_id="team1"))
    assert isinstance(opened, Posted)
    assert (opened.message.ref, opened.message.is_root, opened.own) == (MessageRef(WS, "room1", "p1"), True, False)
    (reply,) = translator.translate(EVENT, event("posted", post=post("p2", root_id="p1"), channel_type="O"))
    assert isinstance(reply, Posted)
    assert reply.message.root.message_id == "p1"


@pytest.mark.parametrize("kind", ["system_join_channel", "system_header_change", "system_add_to_channel"])
def test_what_the_server_writes_is_no_post(translator: Translator, kind: str) -> None:
    assert translator.translate(EVENT, event("posted", post=post(type=kind), channel_type="O")) == []


def test_bots_are_known_as_such_and_the_bot_itself_too(translator: Translator) -> None:
    (other,) = translator.translate(EVENT, event("posted", post=post(props={"from_bot": "true"}), channel_type="O"))
    (own,) = translator.translate(EVENT, event("posted", post=post(user_id="bot1"), channel_type="O"))
    assert isinstance(other, Posted)
    assert isinstance(own, Posted)
    assert (other.message.by_person, other.own, own.own) == (False, False, True)


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("@kyoso 教えて", True),
        ("ねえ@KYOSO、", True),
        ("a@kyoso.jp", False),
        ("@kyosoko さん", False),
        ("kyoso", False),
    ],
)
def test_a_mention_calls_the_bot(translator: Translator, text: str, called: bool) -> None:
    (said,) = translator.translate(EVENT, event("posted", post=post(message=text), channel_type="O"))
    assert isinstance(said, Posted)
    assert said.mentions_bot is called


def test_direct_messages_ask_and_group_messages_do_not_exist(translator: Translator) -> None:
    direct = event("posted", post=post(channel_id="dm1"), channel_type="D", team_id="")
    assert translator.translate(EVENT, direct) == [Asked(MessageRef(WS, "dm1", "p1"), "u1", "質問です")]
    assert translator.translate(EVENT, event("posted", post=post(user_id="bot1"), channel_type="D")) == []
    assert translator.translate(EVENT, event("posted", post=post(), channel_type="G")) == []


def test_other_teams_are_not_heard(translator: Translator) -> None:
    assert translator.translate(EVENT, event("posted", post=post(), channel_type="O", team_id="team2")) == []
    elsewhere = event("post_edited", channel_id="room9", post=post(channel_id="room9", edit_at=AT + 1))
    assert translator.translate(EVENT, elsewhere) == []


def test_edits_and_deletions(translator: Translator, directory: FakeDirectory) -> None:
    (edited,) = translator.translate(EVENT, event("post_edited", post=post(message="直しました", edit_at=AT + 5)))
    assert isinstance(edited, Edited)
    assert (edited.message.text, edited.message.edited_at is not None) == ("直しました", True)
    root = Message(MessageRef(WS, "room1", "p1"), MessageRef(WS, "room1", "p1"), "u1", "質問", NOON)
    reply = Message(MessageRef(WS, "room1", "p2"), root.ref, "u2", "答え", NOON)
    directory.threads = {root.ref: Thread(1, ROOM, root, (reply,)), reply.ref: Thread(1, ROOM, root, (reply,))}
    gone = translator.translate(EVENT, event("post_deleted", post=post(delete_at=AT + 9)))
    assert [one.ref.message_id for one in gone if isinstance(one, Deleted)] == ["p1", "p2"]
    only = translator.translate(EVENT, event("post_deleted", post=post("p2", root_id="p1")))
    assert [one.ref.message_id for one in only if isinstance(one, Deleted)] == ["p2"]


def test_reactions(translator: Translator) -> None:
    given = {"user_id": "u2", "post_id": "p1", "emoji_name": "+1_dark_skin_tone", "create_at": AT}
    (added,) = translator.translate(EVENT, event("reaction_added", reaction=given))
    (taken,) = translator.translate(EVENT, event("reaction_removed", reaction=given))
    assert isinstance(added, Reacted)
    assert isinstance(taken, Unreacted)
    assert (added.emoji, added.member_id, taken.emoji) == ("+1", "u2", "+1")


def test_reactions_found_later_are_added_and_taken_back(translator: Translator, directory: FakeDirectory) -> None:
    ref = MessageRef(WS, "room1", "p1")
    root = Message(ref, ref, "u1", "質問", NOON, reactions=(Reaction("eyes", ("u2",)), Reaction("+1", ("u3",))))
    directory.threads[ref] = Thread(1, ROOM, root, ())
    now = [{"user_id": "u3", "emoji_name": "+1"}, {"user_id": "u2", "emoji_name": "white_check_mark"}]
    found = {"change": "reactions", "post": post(metadata={"reactions": now})}
    told = [(type(one), one.emoji) for one in translator.translate(POST, found) if isinstance(one, Reacted | Unreacted)]
    assert told == [(Reacted, "white_check_mark"), (Unreacted, "eyes")]


def test_channels_as_they_now_are(translator: Translator, lookup: FakeLookup) -> None:
    told = {"id": "room1", "type": "O", "team_id": "team1", "display_name": "相談室", "name": "soudan", "update_at": AT}
    (renamed,) = translator.translate(EVENT, event("channel_updated", channel=told))
    assert isinstance(renamed, ChannelSeen)
    assert renamed.channel.name == "相談室"
    (archived,) = translator.translate(
        EVENT,
        event("channel_deleted", channel_id="", channel_id_="x") | {"data": {"channel_id": "room1", "delete_at": AT}},
    )
    assert isinstance(archived, ChannelSeen)
    assert archived.channel.archived
    lookup.channels["room1"] = Channel(WS, "room1", "何でも相談", Visibility.PRIVATE, members=frozenset({"u1"}))
    (closed,) = translator.translate(EVENT, event("channel_converted"))
    assert isinstance(closed, ChannelSeen)
    assert (closed.channel.visibility, closed.channel.members) == (Visibility.PRIVATE, frozenset({"u1"}))


def test_a_channel_that_went_out_of_sight_is_shown_to_nobody(translator: Translator) -> None:
    (closed,) = translator.translate(EVENT, event("channel_converted"))
    assert isinstance(closed, ChannelSeen)
    assert (closed.channel.visibility, closed.channel.members) == (Visibility.PRIVATE, frozenset())


def test_people_come_go_and_change(translator: Translator, lookup: FakeLookup) -> None:
    assert translator.translate(EVENT, event("user_added", user_id="u5", team_id="team1")) == [
        Joined(WS, "room1", "u5")
    ]
    assert translator.translate(EVENT, event("user_removed", user_id="u5")) == [Left(WS, "room1", "u5")]
    away = {"event": "user_removed", "data": {"channel_id": "room1"}, "broadcast": {"user_id": "bot1"}}
    assert translator.translate(EVENT, away) == [Left(WS, "room1", "bot1")]
    told = {"id": "u5", "username": "u5", "nickname": "今治市", "delete_at": AT, "roles": "system_guest"}
    (seen,) = translator.translate(EVENT, event("user_updated", user=told))
    assert isinstance(seen, MemberSeen)
    assert (seen.member.display_name, seen.member.deleted, seen.member.guest) == ("今治市", True, True)
    lookup.members["u6"] = Member(WS, "u6", "新居浜市")
    (new,) = translator.translate(EVENT, event("new_user", user_id="u6"))
    assert isinstance(new, MemberSeen)
    team = {"event": "update_team", "data": {"team": json.dumps({"id": "team1", "display_name": "新しい名"})}}
    (renamed,) = translator.translate(EVENT, team)
    assert isinstance(renamed, WorkspaceSeen)
    assert renamed.workspace.url == "https://m/kyoso"


def test_who_is_on_the_server_but_not_in_the_team_is_no_member(
    translator: Translator, lookup: FakeLookup, directory: FakeDirectory
) -> None:
    lookup.outsiders.add("u8")
    direct = event("posted", post=post(channel_id="dm1", user_id="u8"), channel_type="D", team_id="")
    assert translator.translate(EVENT, direct) == []
    told = {"id": "u8", "username": "u8", "nickname": "別チーム", "delete_at": 0}
    (seen,) = translator.translate(EVENT, event("user_updated", user=told))
    assert isinstance(seen, MemberSeen)
    assert seen.member.deleted
    directory.members["u9"] = Member(WS, "u9", "異動した人")
    (gone,) = translator.translate(EVENT, event("leave_team", user_id="u9", team_id="team1"))
    assert gone == MemberSeen(Member(WS, "u9", "異動した人", deleted=True), NOON)
    assert translator.translate(EVENT, event("leave_team", user_id="u9", team_id="team2")) == []
    directory.members["u9"] = Member(WS, "u9", "異動した人", deleted=True)
    lookup.members["u9"] = Member(WS, "u9", "戻った人")
    back = translator.translate(EVENT, event("user_added", user_id="u9", team_id="team1"))
    assert back == [Joined(WS, "room1", "u9"), MemberSeen(Member(WS, "u9", "戻った人"), NOON)]


def test_commands_and_presses(translator: Translator) -> None:
    handle = Handle("u1", "room1", ticket="t").to_text()
    (asked,) = translator.translate(COMMAND, {"command": "/similar", "text": "証明書", "handle": handle})
    assert asked == Commanded(WS, "room1", "u1", "similar", "証明書", handle)
    context = Signer("s").context("helpful", "1:2", Place("room1", "p1"), NOON) | {"selected_option": "u7"}
    (pressed,) = translator.translate(ACTION, {"context": context, "post_id": "p9", "handle": handle})
    assert isinstance(pressed, Pressed)
    assert (pressed.action, pressed.value, pressed.chosen) == ("helpful", "1:2", "u7")
    assert pressed.ref == MessageRef(WS, "room1", "p9")
    assert translator.translate(ACTION, {"context": context | {"value": "1:3"}, "handle": handle}) == []


def test_one_change_has_one_id_however_it_is_told() -> None:
    live = event("posted", post=post())
    assert event_id(live, "c1") == event_id(live | {"seq": 9}, "c2") == post_event_id("posted", post())
    edited = post(edit_at=AT + 5)
    assert event_id(event("post_edited", post=edited), "c1") == post_event_id("post_edited", edited)
    gone = post(delete_at=AT + 9)
    assert event_id(event("post_deleted", post=post()), "c1") == post_event_id("post_deleted", gone)
    removed = event("reaction_removed", reaction={"user_id": "u2", "post_id": "p1", "emoji_name": "x"})
    assert event_id(removed, "c1") != event_id(removed | {"seq": 8}, "c1")


def mangled(value: Any) -> list[Any]:
    """A payload with each part in turn replaced by something odd."""
    odd: list[Any] = [None, [], {}, 7, -1, 1e308, True, "", "[]", "{", '"x"', {"id": []}]
    found: list[Any] = list(odd)
    if isinstance(value, dict):
        for key in value:
            found += [value | {key: other} for other in (*odd, *mangled(value[key])[:40])]
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_odd_payloads_mean_nothing_and_never_raise(translator: Translator, kind: str) -> None:
    handle = Handle("u1", "room1").to_text()
    context = Signer("s").context("helpful", "1:2", Place("room1"), NOON)
    whole = [
        event("posted", post=post(metadata={"files": [{}], "reactions": [{}]}), channel_type="O"),
        event("reaction_added", reaction={"user_id": "u", "post_id": "p", "emoji_name": "e", "create_at": 1}),
        event("channel_updated", channel={"id": "room1", "type": "O"}),
        event("user_updated", user={"id": "u", "nickname": "n", "delete_at": 1}),
        {"change": "posted", "post": post(), "channel_type": "O"},
        {"change": "reactions", "post": post(metadata={"reactions": [{}]})},
        {"command": "/similar", "text": "x", "handle": handle},
        {"context": context, "post_id": "p", "handle": handle},
    ]
    for payload in whole:
        for odd in mangled(payload):
            if isinstance(odd, dict):
                assert isinstance(translator.translate(kind, odd), list)
                assert len(event_id(odd, "c")) <= 255


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_read(translator: Translator, text: str) -> None:
    (said,) = translator.translate(EVENT, event("posted", post=post(message=text), channel_type="O"))
    assert isinstance(said, Posted)
