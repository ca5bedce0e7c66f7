"""What each payload of Slack's means."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from builders import NOON, WORKSPACE, channel, member, ref
from fakes import FakeDirectory

from bot.events import (
    Asked,
    ChannelSeen,
    Commanded,
    Deleted,
    Edited,
    Event,
    HomeOpened,
    Joined,
    Left,
    LookedUp,
    MemberSeen,
    Posted,
    Pressed,
    Reacted,
    Unreacted,
    WorkspaceSeen,
)
from bot.platforms.slack.events import Translator
from bot.platforms.slack.identity import Identity, event_id
from indexer.model import Channel, Member, MessageKind, Visibility, Workspace

ME = Identity(WORKSPACE, "U0KYOSO", "B0KYOSO", "A0KYOSO")
DIRECTORY = FakeDirectory(
    {"U2": member("U2", "福岡市")}, {"C0HELP": channel("C0HELP"), "G1": channel("G1", private=True)}
)
TS, LATER = "1790000000.000100", "1790000060.000000"
AT = datetime(2026, 9, 21, 14, 13, 20, 100, tzinfo=UTC)
THEN = datetime(2026, 9, 21, 14, 14, 20, tzinfo=UTC)
HERE = ref(TS)


def translate(kind: str, payload: dict[str, Any]) -> list[Event]:
    return Translator(ME, DIRECTORY, lambda: NOON).translate(kind, payload)


def event(**inner: Any) -> list[Event]:
    return translate("event", {"type": "event_callback", "event_id": "Ev1", "event": inner})


def said(**inner: Any) -> list[Event]:
    message = {
        "type": "message",
        "channel": "C0HELP",
        "channel_type": "channel",
        "user": "U1",
        "ts": TS,
        "text": "本文",
    }
    return event(**(message | inner))


def posted(**inner: Any) -> Posted:
    [happened] = said(**inner)
    assert isinstance(happened, Posted)
    return happened


def test_a_post_is_posted_with_names_filled_in() -> None:
    happened = posted(text="<@U2> さん、<#C0HELP> へ")
    assert (happened.own, happened.mentions_bot) == (False, False)
    assert (happened.message.ref, happened.message.posted_at) == (HERE, AT)
    assert happened.message.text == "@福岡市 さん、#何でも相談 へ"


@pytest.mark.parametrize(
    ("subtype", "kind"),
    [
        ("file_share", MessageKind.POST),
        ("thread_broadcast", MessageKind.BROADCAST),
        ("me_message", MessageKind.ME),
        ("bot_message", MessageKind.BOT),
    ],
)
def test_subtypes_that_people_read_are_posts(subtype: str, kind: MessageKind) -> None:
    happened = posted(subtype=subtype, thread_ts="1780000000.000000")
    assert happened.message.kind is kind
    assert happened.message.root == ref("1780000000.000000")


@pytest.mark.parametrize("subtype", ["channel_join", "channel_topic", "message_replied", "pinned_item", "unheard_of"])
def test_notices_are_nothing(subtype: str) -> None:
    assert said(subtype=subtype) == []


@pytest.mark.parametrize("mine", [{"user": "U0KYOSO"}, {"bot_id": "B0KYOSO"}, {"bot_profile": {"app_id": "A0KYOSO"}}])
def test_the_bots_own_posts_are_its_own(mine: dict[str, Any]) -> None:
    assert posted(**mine).own


@pytest.mark.parametrize(
    "named", [{"username": "デジタル庁の新着"}, {"bot_profile": {"id": "B0FEED", "name": "デジタル庁の新着"}}]
)
def test_an_integration_that_is_no_member_is_met_by_the_name_in_its_post(named: dict[str, Any]) -> None:
    seen, happened = said(user="", subtype="bot_message", bot_id="B0FEED", **named)
    assert seen == MemberSeen(Member(WORKSPACE, "B0FEED", "デジタル庁の新着", bot=True), NOON)
    assert isinstance(happened, Posted)
    assert happened.message.author_id == "B0FEED"


def test_a_mention_is_heard_once_whichever_report_comes_first() -> None:
    plain = {"type": "message", "channel": "C0HELP", "user": "U1", "ts": TS, "text": "<@U0KYOSO> 証明書"}
    called = plain | {"type": "app_mention"}
    reports = [{"event_id": f"Ev{number}", "event": inner} for number, inner in enumerate((plain, called))]
    assert len({event_id("event", report, ME) for report in reports}) == 1
    for report in reports:
        [happened] = translate("event", report)
        assert isinstance(happened, Posted)
        assert happened.mentions_bot
    edited = {"event_id": "Ev9", "event": plain | {"subtype": "message_changed", "message": plain}}
    assert event_id("event", edited, ME) == "Ev9"


def test_an_edit_and_a_deletion() -> None:
    new = {"type": "message", "user": "U1", "ts": TS, "text": "直した", "edited": {"user": "U1", "ts": LATER}}
    [edited] = said(subtype="message_changed", message=new, ts=LATER, event_ts=LATER)
    assert isinstance(edited, Edited)
    assert (edited.message.ref, edited.message.text, edited.message.edited_at) == (HERE, "直した", THEN)
    assert said(subtype="message_deleted", deleted_ts=TS, event_ts=LATER) == [Deleted(HERE, THEN)]


def test_a_tombstone_is_a_deletion() -> None:
    stone = {"type": "message", "subtype": "tombstone", "user": "USLACKBOT", "ts": TS, "text": "…"}
    assert said(subtype="message_changed", message=stone, event_ts=LATER) == [Deleted(HERE, THEN)]


def test_a_direct_message_is_asked_and_never_posted() -> None:
    here = ref(TS, "D1")
    assert said(channel="D1", channel_type="im") == [Asked(here, "U1", "本文")]
    assert said(channel="D1", channel_type=None) == [Asked(here, "U1", "本文")]
    assert said(channel="D1", user="U0KYOSO") == []
    assert said(channel="D1", bot_id="B9") == []
    assert said(channel="D1", subtype="message_changed", message={"ts": TS, "user": "U1", "text": "x"}) == []
    assert said(channel="G9", channel_type="mpim") == []


def test_reactions() -> None:
    item = {"type": "message", "channel": "C0HELP", "ts": TS}
    given = {"user": "U2", "reaction": "+1::skin-tone-2", "item": item, "event_ts": LATER}
    assert event(type="reaction_added", **given) == [Reacted(HERE, "+1", "U2", THEN)]
    assert event(type="reaction_removed", **given) == [Unreacted(HERE, "+1", "U2", THEN)]
    assert event(type="reaction_added", **(given | {"item": {"type": "file", "file": "F1"}})) == []


def test_channels() -> None:
    known, hidden = channel("C0HELP"), channel("G1", private=True)

    def seen(**inner: Any) -> Channel:
        [happened] = event(event_ts=LATER, **inner)
        assert isinstance(happened, ChannelSeen)
        assert happened.at == THEN
        return happened.channel

    assert seen(type="channel_created", channel={"id": "C7", "name": "防災"}) == Channel(WORKSPACE, "C7", "防災")
    assert seen(type="channel_rename", channel={"id": "C0HELP", "name": "相談"}) == replace(known, name="相談")
    assert seen(type="group_rename", channel={"id": "G1", "name": "県内"}) == replace(hidden, name="県内")
    assert seen(type="group_rename", channel={"id": "G7", "name": "x"}).visibility is Visibility.PRIVATE
    assert seen(type="channel_archive", channel="C0HELP") == replace(known, archived=True)
    assert seen(type="group_unarchive", channel="G1") == hidden
    assert seen(type="channel_deleted", channel="C0HELP").visibility is Visibility.PRIVATE
    assert event(type="channel_archive", channel="C404") == []
    assert said(subtype="channel_convert_to_private", event_ts=LATER) == [
        ChannelSeen(replace(known, visibility=Visibility.PRIVATE), THEN)
    ]


def test_belonging() -> None:
    where = {"user": "U2", "channel": "C0HELP", "channel_type": "C"}
    assert event(type="member_joined_channel", **where) == [Joined(WORKSPACE, "C0HELP", "U2")]
    assert event(type="member_left_channel", **where) == [Left(WORKSPACE, "C0HELP", "U2")]
    assert event(type="group_left", channel="G1") == [Left(WORKSPACE, "G1", "U0KYOSO")]


def test_members_and_the_workspace() -> None:
    user = {"id": "U5", "profile": {"display_name": "池田町(北海道)"}}
    for kind in ("team_join", "user_change"):
        happened = event(type=kind, user=user, event_ts=LATER)
        assert happened == [MemberSeen(Member(WORKSPACE, "U5", "池田町(北海道)"), THEN)]
    assert event(type="team_rename", name="共創") == [WorkspaceSeen(Workspace(WORKSPACE, "共創"))]
    url = "https://new.slack.com/"
    assert event(type="team_domain_change", url=url) == [WorkspaceSeen(Workspace(WORKSPACE, "", url))]


def test_a_command() -> None:
    payload = {"command": "/similar", "text": "証明書 channel:<#C0HELP|x>", "user_id": "U1", "channel_id": "C0HELP"}
    assert translate("command", payload | {"response_url": "https://r"}) == [
        Commanded(WORKSPACE, "C0HELP", "U1", "similar", "証明書 channel:#何でも相談", "https://r")
    ]


def test_buttons() -> None:
    pressed = {"type": "block_actions", "user": {"id": "U1"}, "channel": {"id": "C0HELP"}, "response_url": "https://r"}
    actions = [
        {"type": "button", "action_id": "helpful#3", "value": "7"},
        {"type": "button", "action_id": "open_page#4", "value": "x"},
        {"type": "button", "action_id": "see", "url": "https://example.jp"},
    ]
    container = {"message_ts": TS, "channel_id": "C0HELP", "thread_ts": LATER}
    public = pressed | {"actions": actions, "container": container, "message": {"ts": TS, "thread_ts": LATER}}
    handle = f"https://r#thread={LATER}"
    assert translate("action", public) == [Pressed(WORKSPACE, "C0HELP", "U1", "helpful", "7", handle, HERE)]
    hidden = pressed | {"actions": actions, "container": {"message_ts": TS, "is_ephemeral": True}}
    alone = "https://r#alone"
    assert translate("action", hidden) == [Pressed(WORKSPACE, "C0HELP", "U1", "helpful", "7", alone)]
    direct = public | {"channel": {"id": "D1"}, "message": {"ts": TS}, "container": {"message_ts": TS}}
    assert [event.handle for event in translate("action", direct) if isinstance(event, Pressed)] == [alone]


def test_the_message_shortcut() -> None:
    payload = {
        "type": "message_action",
        "callback_id": "kyoso_similar",
        "user": {"id": "U1"},
        "channel": {"id": "C0HELP"},
        "message": {"type": "message", "ts": TS, "user": "U2", "text": "<@U2> 証明書"},
        "response_url": "https://r",
    }
    assert translate("shortcut", payload) == [LookedUp(HERE, "U1", "@福岡市 証明書", "https://r")]
    assert translate("shortcut", payload | {"callback_id": "other"}) == []


def test_event_ids_are_stable_and_fit() -> None:
    assert event_id("event", {"event_id": "Ev1", "event": {"type": "x"}}, ME) == "Ev1"
    assert event_id("command", {"trigger_id": "1.2"}, ME) == "1.2"
    nameless = {"command": "/similar", "text": "a"}
    assert event_id("command", nameless, ME) == event_id("command", dict(reversed(nameless.items())), ME)
    assert event_id("command", nameless, ME) != event_id("command", nameless | {"text": "b"}, ME)
    assert len(event_id("action", {"trigger_id": "t" * 300}, ME)) <= 255


def test_a_choice_from_a_menu_tells_what_was_chosen_and_what_the_bot_put_there() -> None:
    pressed = {"type": "block_actions", "user": {"id": "U1"}, "channel": {"id": "C0HELP"}, "response_url": "https://r"}
    chosen = {"type": "static_select", "action_id": "topics#0#7:1", "selected_option": {"value": "税"}}
    [event] = translate("action", pressed | {"actions": [chosen]})
    assert isinstance(event, Pressed)
    assert (event.action, event.value, event.chosen) == ("topics", "7:1", "税")
    person = {"type": "users_select", "action_id": "hand#1#7", "selected_user": "U2"}
    [event] = translate("action", pressed | {"actions": [person]})
    assert isinstance(event, Pressed)
    assert (event.action, event.value, event.chosen) == ("hand", "7", "U2")


def test_the_home_page_is_opened_and_pressed_in_no_channel() -> None:
    opened = {"type": "app_home_opened", "user": "U1", "channel": "D1", "tab": "home"}
    assert translate("event", {"event": opened}) == [HomeOpened(WORKSPACE, "U1")]
    assert translate("event", {"event": opened | {"tab": "messages"}}) == []
    view = {"type": "block_actions", "user": {"id": "U1"}, "container": {"type": "view"}, "view": {"type": "home"}}
    [event] = translate("action", view | {"actions": [{"type": "button", "action_id": "quiet#0", "value": "1"}]})
    assert isinstance(event, Pressed)
    assert (event.channel_id, event.handle, event.ref, event.action) == ("", "", None, "quiet")
