"""What every ChatPlatform does alike: one suite, run on each adapter and on the fake that other tests use."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from builders import WORKSPACE, channel, member
from fakes import FakeChatPlatform, FakeClock, FakeDirectory
from slack_server import SlackServer

from bot.errors import PlatformBusyError, PlatformError, PlatformRefusedError
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

    It has the public channel C0HELP with a root message, the private G0ROOM and the members U1 and U2.
    """

    platform: ChatPlatform
    root: str
    texts: Callable[[str], list[str]]
    whispered: Callable[[], list[tuple[str, str]]]
    handle: str
    answered: Callable[[], list[str]]
    break_once: Callable[[str], None]
    files: Callable[[str], list[bytes]]
    home: Callable[[str], str]


def fake_stage() -> Stage:
    rooms = (channel("C0HELP"), channel("G0ROOM", "県内担当", private=True, members=("U1",)))
    platform = FakeChatPlatform(rooms, (member("U1"), member("U2", "福岡市")))

    def break_once(how: str) -> None:
        if how == "lost":
            platform.loses_answer = True
        else:
            busy = PlatformBusyError(platform="fake", method="post", seconds=7)
            platform.failing.append(busy if how == "busy" else PlatformError(platform="fake", method="post", why="500"))

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
    )


@pytest.fixture(params=["fake", "slack", "slack-without-metadata", "slack-without-block-ids"])
def stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    if request.param == "fake":
        yield fake_stage()
        return
    with SlackServer.running() as server:
        server.keeps_metadata = request.param != "slack-without-metadata"
        server.keeps_block_ids = request.param != "slack-without-block-ids"
        yield slack_stage(server)


def test_the_workspace_is_known(stage: Stage) -> None:
    assert stage.platform.workspace.id == WORKSPACE
    assert stage.platform.workspace.url.startswith("https://")


@pytest.mark.parametrize("in_thread", [True, False])
def test_a_post_is_found_by_its_key(stage: Stage, in_thread: bool) -> None:
    thread_id = stage.root if in_thread else None
    assert stage.platform.find("C0HELP", thread_id, "answer:1") is None
    sent = stage.platform.post("C0HELP", thread_id, REPLY, "answer:1")
    stage.platform.post("C0HELP", thread_id, OTHER, "answer:2")
    assert stage.platform.find("C0HELP", thread_id, "answer:1") == sent
    assert stage.texts("C0HELP") == [REPLY.text, OTHER.text]


def test_a_key_as_long_as_the_outbox_allows_is_found(stage: Stage) -> None:
    key = "k" * 255
    sent = stage.platform.post("C0HELP", stage.root, REPLY, key)
    assert stage.platform.find("C0HELP", stage.root, key) == sent


def test_a_post_is_replaced_and_removed(stage: Stage) -> None:
    sent = stage.platform.post("C0HELP", stage.root, REPLY, "answer:1")
    stage.platform.update("C0HELP", sent, OTHER)
    assert stage.texts("C0HELP") == [OTHER.text]
    stage.platform.remove("C0HELP", sent)
    assert stage.texts("C0HELP") == []
    stage.platform.remove("C0HELP", sent)
    with pytest.raises(PlatformRefusedError):
        stage.platform.update("C0HELP", sent, REPLY)


def test_a_whisper_reaches_one_member(stage: Stage) -> None:
    stage.platform.whisper("C0HELP", stage.root, "U1", REPLY, "answer:1")
    assert stage.whispered() == [("U1", REPLY.text)]
    assert stage.texts("C0HELP") == []
    with pytest.raises(PlatformRefusedError):
        stage.platform.whisper("C0HELP", None, "U9", REPLY, "answer:2")


def test_a_direct_message_is_found_by_its_member(stage: Stage) -> None:
    assert stage.platform.find("U2", None, "note:1") is None
    sent = stage.platform.direct("U2", REPLY, "note:1")
    assert stage.texts("D2") == [REPLY.text]
    assert stage.platform.find("U2", None, "note:1") == sent
    with pytest.raises(PlatformRefusedError):
        stage.platform.direct("U9", REPLY, "note:2")


def test_files_arrive_in_the_message_that_carries_the_key(stage: Stage) -> None:
    sent = stage.platform.post("C0HELP", stage.root, FILED, "tally:1")
    assert stage.platform.find("C0HELP", stage.root, "tally:1") == sent
    assert stage.files("C0HELP") == [file.content for file in FILED.attachments]
    stage.platform.direct("U2", FILED, "tally:2")
    assert len(stage.files("D2")) == 2


def test_a_home_page_is_shown_anew(stage: Stage) -> None:
    stage.platform.show_home("U1", REPLY)
    stage.platform.show_home("U1", OTHER)
    assert stage.home("U1") == OTHER.text
    with pytest.raises(PlatformRefusedError):
        stage.platform.show_home("U9", OTHER)


def test_a_command_is_answered_in_private(stage: Stage) -> None:
    stage.platform.respond(stage.handle, REPLY)
    assert stage.answered() == [REPLY.text]
    with pytest.raises(PlatformRefusedError):
        stage.platform.respond("", REPLY)


def test_a_busy_platform_says_how_long(stage: Stage) -> None:
    stage.break_once("busy")
    with pytest.raises(PlatformBusyError) as busy:
        stage.platform.post("C0HELP", stage.root, REPLY, "answer:1")
    assert busy.value.seconds == 7
    stage.platform.post("C0HELP", stage.root, REPLY, "answer:1")
    assert stage.texts("C0HELP") == [REPLY.text]


def test_a_failure_may_pass(stage: Stage) -> None:
    stage.break_once("error")
    with pytest.raises(PlatformError) as failed:
        stage.platform.post("C0HELP", stage.root, REPLY, "answer:1")
    assert not isinstance(failed.value, PlatformBusyError)
    assert stage.texts("C0HELP") == []


def test_a_message_whose_answer_was_lost_is_sent_once_and_found(stage: Stage) -> None:
    stage.break_once("lost")
    with pytest.raises(PlatformError):
        stage.platform.post("C0HELP", stage.root, REPLY, "answer:1")
    assert stage.texts("C0HELP") == [REPLY.text]
    assert stage.platform.find("C0HELP", stage.root, "answer:1")


def test_an_unknown_channel_is_refused(stage: Stage) -> None:
    with pytest.raises(PlatformRefusedError):
        stage.platform.post("C9", None, REPLY, "answer:1")
    with pytest.raises(PlatformRefusedError):
        stage.platform.channel("C9")
    with pytest.raises(PlatformRefusedError):
        stage.platform.member("U9")


def test_channels_and_members_are_described(stage: Stage) -> None:
    public, private = stage.platform.channel("C0HELP"), stage.platform.channel("G0ROOM")
    assert (public.name, public.visibility, public.members) == ("何でも相談", Visibility.PUBLIC, frozenset())
    assert private.visibility is Visibility.PRIVATE
    assert "U1" in private.members
    assert "U2" not in private.members
    assert stage.platform.member("U2").display_name == "福岡市"


def test_nothing_is_no_event(stage: Stage) -> None:
    for kind in ("event", "command", "action", "shortcut", "unheard-of"):
        assert stage.platform.translate(kind, {}) == []
