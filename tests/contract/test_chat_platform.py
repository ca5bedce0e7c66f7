"""What every ChatPlatform does alike: one suite, run on each adapter and on the fake that other tests use."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from builders import WORKSPACE, channel, member
from fakes import FakeChatPlatform, FakeClock, FakeDirectory
from mattermost_server import TEAM, MattermostServer
from slack_server import SlackServer

from bot.config import BotSettings
from bot.errors import PlatformBusyError, PlatformError, PlatformRefusedError
from bot.events import Pressed
from bot.platforms.mattermost.connecting import connect as connect_mattermost
from bot.platforms.mattermost.handles import Handle
from bot.platforms.slack.client import SlackPlatform
from bot.ports import ChatPlatform
from bot.replies import Attachment, Button, Card, Menu, Reply
from indexer.model import Visibility

REPLY = Reply(
    "似たスレッドがあります",
    cards=(
        Card("証明書が出ない", "https://test.slack.com/archives/C0HELP/p1", "再起動で直りました", "福岡市 2026-04-01"),
    ),
    notes=("ほかの人には見えません",),
    buttons=(Button("helpful", "役に立った", "7", "primary"),),
)
PICTURE = b"\x89PNG\r\n\x1a\n"
FILED = Reply(
    "集計です",
    menus=(
        Menu("shift", "担当を変える", (("a", "朝"), ("b", "昼"))),
        Menu("hand", "この人が詳しい", people=True, value="7"),
    ),
    attachments=(Attachment("chart.png", PICTURE, "棒グラフ"), Attachment("集計.csv", "町,1\n".encode())),
)
OTHER = Reply("見つかりませんでした")


@dataclass
class Stage:
    """A platform with what a test needs to look behind it.

    It has the public channel `help` with a root message, the `private` one that only member `one` is in, and the
    members `one` and `two`. `home` is None where the platform has no such pages.
    """

    platform: ChatPlatform
    root: str
    texts: Callable[[str], list[str]]
    whispered: Callable[[], list[tuple[str, str]]]
    handle: str
    answered: Callable[[], list[str]]
    break_once: Callable[[str], None]
    files: Callable[[str], list[bytes]]
    home: Callable[[str], str] | None
    press_whisper: Callable[[], str]
    help: str = "C0HELP"
    private: str = "G0ROOM"
    one: str = "U1"
    two: str = "U2"
    direct_of_two: str = "D2"
    nobody: str = "U9"
    nowhere: str = "C9"
    workspace_id: str = WORKSPACE


def fake_stage() -> Stage:
    rooms = (channel("C0HELP"), channel("G0ROOM", "県内担当", private=True, members=("U1",)))
    platform = FakeChatPlatform(rooms, (member("U1"), member("U2", "福岡市")))

    def break_once(how: str) -> None:
        if how == "lost":
            platform.loses_answer = True
        else:
            busy = PlatformBusyError(platform="fake", method="post", seconds=7)
            platform.failing.append(busy if how == "busy" else PlatformError(platform="fake", method="post", why="500"))

    def press_whisper() -> str:
        platform.pressed["press-1"] = platform.whispers[-1]
        return "press-1"

    return Stage(
        platform,
        "root-1",
        lambda channel_id: [said.reply.text for said in platform.posts if said.channel_id == channel_id],
        lambda: [(str(said.member_id), said.reply.text) for said in platform.whispers],
        "handle-1",
        lambda: [reply.text for reply in platform.answers.get("handle-1", [])],
        break_once,
        lambda channel_id: [
            file.content for said in platform.posts if said.channel_id == channel_id for file in said.reply.attachments
        ],
        lambda member_id: platform.homes[member_id].text,
        press_whisper,
    )


def first_line(message: dict[str, Any]) -> str:
    return str(message["blocks"][0]["text"]["text"])


def slack_stage(server: SlackServer) -> Stage:
    for user_id, name in (("U1", "上島町 情報係"), ("U2", "福岡市")):
        server.add_user(user_id, name)
    server.add_channel("C0HELP", "何でも相談", members=("U1", "U2"))
    server.add_channel("G0ROOM", "県内担当", private=True, members=("U1",))
    root = server.say("U1", "C0HELP", "証明書が出ません")
    server.command("U1", "C0HELP", "/similar", "証明書")
    handle = str(server.delivery.envelopes[-1].payload["response_url"])
    platform = SlackPlatform.connect(server.token, server.url, directory=FakeDirectory(), clock=FakeClock())

    def press_whisper() -> str:
        server.press("U1", "C0HELP", server.ephemerals[-1], "helpful")
        (pressed,) = platform.translate("action", server.delivery.envelopes[-1].payload)
        assert isinstance(pressed, Pressed)
        return pressed.handle

    def break_once(how: str) -> None:
        if how == "lost":
            server.lose_answer("chat.postMessage")
        else:
            server.fail("chat.postMessage", 429 if how == "busy" else 500, retry_after=7)

    return Stage(
        platform,
        root,
        lambda channel_id: [first_line(message) for message in server.said_by_bot(channel_id)],
        lambda: [(said["user"], first_line(said)) for said in server.ephemerals],
        handle,
        lambda: [first_line(body) for body in server.responses],
        break_once,
        lambda channel_id: [file["content"] for file in server.files.values() if channel_id in file["shared"]],
        lambda member_id: first_line(server.homes[member_id]),
        press_whisper,
    )


def mattermost_stage(server: MattermostServer) -> Stage:
    one, two = server.add_user("u1", "上島町 情報係"), server.add_user("u2", "福岡市")
    room = server.add_channel("何でも相談", members=(one, two))
    private = server.add_channel("県内担当", private=True, members=(one,))
    root = server.say(one, room, "証明書が出ません")
    server.hooks["hook1"] = {"user": one, "channel": room, "root": "", "uses": 0, "at": time.time()}
    settings = BotSettings(mattermost_url=server.url, mattermost_token=server.token, mattermost_team=TEAM)
    clock = FakeClock()
    platform = connect_mattermost(settings, FakeDirectory(), clock)
    direct = {one: server.direct_channel(one, server.bot), two: server.direct_channel(two, server.bot)}

    def break_once(how: str) -> None:
        if how == "lost":
            server.lose_answer("POST /api/v4/posts")
        else:
            server.fail("POST /api/v4/posts", 429 if how == "busy" else 500, Retry_After="7")

    def texts(channel_id: str) -> list[str]:
        return [post["message"] for post in server.said_by_bot(channel_id)]

    def whispered() -> list[tuple[str, str]]:
        shown = [(said["user"], said["message"]) for said in server.shown if said["type"] == "own"]
        told = [(member_id, text) for member_id, room_id in direct.items() for text in texts(room_id)]
        # A direct message begins with the way to the thread.
        return shown + [(member_id, text.partition("\n")[2]) for member_id, text in told]

    def press_whisper() -> str:
        clock.forward(1)
        if server.shown:
            hidden = {"channel_id": room, "thread_id": root, "post_id": server.shown[-1]["id"], "unseen": True}
            return Handle(one, pressed=True, **hidden).to_text()
        (post,) = server.said_by_bot(direct[one])
        told = {"channel_id": direct[one], "post_id": post["id"], "about_id": room, "about_thread_id": root}
        return Handle(one, pressed=True, **told).to_text()

    def files(channel_id: str) -> list[bytes]:
        posts = server.said_by_bot(channel_id)
        return [server.files[file_id]["content"] for post in posts for file_id in post["file_ids"]]

    return Stage(
        platform,
        root,
        texts,
        whispered,
        Handle(one, room, hook_id="hook1").to_text(),
        lambda: [said["message"] for said in server.shown if said["type"] == "ephemeral"],
        break_once,
        files,
        None,
        press_whisper,
        room,
        private,
        one,
        two,
        direct[two],
        server.new_id(),
        server.new_id(),
        f"mattermost:{TEAM}",
    )


@pytest.fixture(
    params=[
        "fake",
        "slack",
        "slack-without-metadata",
        "slack-without-block-ids",
        "mattermost",
        "mattermost-that-lets-bots-whisper",
        "mattermost-5",
        "mattermost-under-a-path",
    ]
)
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    if request.param == "fake":
        yield fake_stage()
        return
    if request.param.startswith("mattermost"):
        with MattermostServer.running("/chat" if request.param.endswith("path") else "") as mattermost:
            mattermost.may_whisper = request.param.endswith("whisper")
            mattermost.version = "5.37.0" if request.param == "mattermost-5" else mattermost.version
            yield mattermost_stage(mattermost)
        return
    with SlackServer.running() as server:
        server.keeps_metadata = request.param != "slack-without-metadata"
        server.keeps_block_ids = request.param != "slack-without-block-ids"
        yield slack_stage(server)


def test_the_workspace_is_known(stage: Stage) -> None:
    assert stage.platform.workspace.id == stage.workspace_id
    assert stage.platform.workspace.url.startswith("https://")


@pytest.mark.parametrize("in_thread", [True, False])
def test_a_post_is_found_by_its_key(stage: Stage, in_thread: bool) -> None:
    thread_id = stage.root if in_thread else None
    assert stage.platform.find(stage.help, thread_id, "answer:1") is None
    sent = stage.platform.post(stage.help, thread_id, REPLY, "answer:1")
    stage.platform.post(stage.help, thread_id, OTHER, "answer:2")
    assert stage.platform.find(stage.help, thread_id, "answer:1") == sent
    assert stage.texts(stage.help) == [REPLY.text, OTHER.text]


def test_a_key_as_long_as_the_outbox_allows_is_found(stage: Stage) -> None:
    key = "k" * 255
    sent = stage.platform.post(stage.help, stage.root, REPLY, key)
    assert stage.platform.find(stage.help, stage.root, key) == sent


def test_a_post_is_replaced_and_removed(stage: Stage) -> None:
    sent = stage.platform.post(stage.help, stage.root, REPLY, "answer:1")
    stage.platform.update(stage.help, sent, OTHER)
    assert stage.texts(stage.help) == [OTHER.text]
    stage.platform.remove(stage.help, sent)
    assert stage.texts(stage.help) == []
    stage.platform.remove(stage.help, sent)
    with pytest.raises(PlatformRefusedError):
        stage.platform.update(stage.help, sent, REPLY)


def test_a_whisper_reaches_one_member(stage: Stage) -> None:
    stage.platform.whisper(stage.help, stage.root, stage.one, REPLY, "answer:1")
    assert stage.whispered() == [(stage.one, REPLY.text)]
    assert stage.texts(stage.help) == []
    with pytest.raises(PlatformRefusedError):
        stage.platform.whisper(stage.help, None, stage.nobody, REPLY, "answer:2")


def test_a_direct_message_is_found_by_its_member(stage: Stage) -> None:
    assert stage.platform.find(stage.two, None, "note:1") is None
    sent = stage.platform.direct(stage.two, REPLY, "note:1")
    assert stage.texts(stage.direct_of_two) == [REPLY.text]
    assert stage.platform.find(stage.two, None, "note:1") == sent
    stage.platform.update(stage.two, sent, OTHER)
    assert stage.texts(stage.direct_of_two) == [OTHER.text]
    stage.platform.remove(stage.two, sent)
    assert stage.texts(stage.direct_of_two) == []
    with pytest.raises(PlatformRefusedError):
        stage.platform.direct(stage.nobody, REPLY, "note:2")


def test_files_arrive_in_the_message_that_carries_the_key(stage: Stage) -> None:
    sent = stage.platform.post(stage.help, stage.root, FILED, "tally:1")
    assert stage.platform.find(stage.help, stage.root, "tally:1") == sent
    assert stage.files(stage.help) == [file.content for file in FILED.attachments]
    stage.platform.direct(stage.two, FILED, "tally:2")
    assert len(stage.files(stage.direct_of_two)) == 2


def test_a_home_page_is_shown_anew(stage: Stage) -> None:
    if stage.home is None:
        pytest.skip("the platform has no home pages")
    stage.platform.show_home(stage.one, REPLY)
    stage.platform.show_home(stage.one, OTHER)
    assert stage.home(stage.one) == OTHER.text
    with pytest.raises(PlatformRefusedError):
        stage.platform.show_home(stage.nobody, OTHER)


def test_a_command_is_answered_in_private(stage: Stage) -> None:
    stage.platform.respond(stage.handle, REPLY)
    assert stage.answered() == [REPLY.text]
    with pytest.raises(PlatformRefusedError):
        stage.platform.respond("", REPLY)


def test_an_answer_takes_the_place_of_a_whisper_that_was_pressed(stage: Stage) -> None:
    stage.platform.whisper(stage.help, stage.root, stage.one, REPLY, "answer:1")
    stage.platform.respond(stage.press_whisper(), replace(OTHER, buttons=REPLY.buttons, instead=True))
    assert stage.whispered() == [(stage.one, OTHER.text)]
    assert stage.answered() == []
    stage.platform.respond(stage.press_whisper(), replace(REPLY, instead=True))
    assert stage.whispered() == [(stage.one, REPLY.text)]


def test_what_others_see_stays_whatever_the_answer_to_a_press(stage: Stage) -> None:
    stage.platform.post(stage.help, stage.root, REPLY, "answer:1")
    stage.platform.respond(stage.handle, replace(OTHER, instead=True))
    assert stage.texts(stage.help) == [REPLY.text]
    assert stage.answered() == [OTHER.text]


def test_a_busy_platform_says_how_long(stage: Stage) -> None:
    stage.break_once("busy")
    with pytest.raises(PlatformBusyError) as busy:
        stage.platform.post(stage.help, stage.root, REPLY, "answer:1")
    assert busy.value.seconds == 7
    stage.platform.post(stage.help, stage.root, REPLY, "answer:1")
    assert stage.texts(stage.help) == [REPLY.text]


def test_a_failure_may_pass(stage: Stage) -> None:
    stage.break_once("error")
    with pytest.raises(PlatformError) as failed:
        stage.platform.post(stage.help, stage.root, REPLY, "answer:1")
    assert not isinstance(failed.value, PlatformBusyError)
    assert stage.texts(stage.help) == []


def test_a_message_whose_answer_was_lost_is_sent_once_and_found(stage: Stage) -> None:
    stage.break_once("lost")
    with pytest.raises(PlatformError):
        stage.platform.post(stage.help, stage.root, REPLY, "answer:1")
    assert stage.texts(stage.help) == [REPLY.text]
    assert stage.platform.find(stage.help, stage.root, "answer:1")


def test_an_unknown_channel_is_refused(stage: Stage) -> None:
    with pytest.raises(PlatformRefusedError):
        stage.platform.post(stage.nowhere, None, REPLY, "answer:1")
    with pytest.raises(PlatformRefusedError):
        stage.platform.channel(stage.nowhere)
    with pytest.raises(PlatformRefusedError):
        stage.platform.member(stage.nobody)


def test_channels_and_members_are_described(stage: Stage) -> None:
    public, private = stage.platform.channel(stage.help), stage.platform.channel(stage.private)
    assert (public.name, public.visibility, public.members) == ("何でも相談", Visibility.PUBLIC, frozenset())
    assert private.visibility is Visibility.PRIVATE
    assert stage.one in private.members
    assert stage.two not in private.members
    assert stage.platform.member(stage.two).display_name == "福岡市"


def test_nothing_is_no_event(stage: Stage) -> None:
    for kind in ("event", "command", "action", "shortcut", "unheard-of"):
        assert stage.platform.translate(kind, {}) == []
