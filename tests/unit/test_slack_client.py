"""What the Slack client does beyond the contract, and that its calls are those of Slack's own specification."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from builders import WORKSPACE
from fakes import FakeClock, FakeDirectory
from slack_server import SlackServer

from bot.errors import PlatformBusyError, PlatformError, PlatformRefusedError
from bot.platforms.slack.client import SlackPlatform
from bot.platforms.slack.identity import Identity
from bot.platforms.slack.scopes import METHOD_SCOPES
from bot.platforms.slack.web_api import WebApi, web_client
from bot.replies import Attachment, Reply
from indexer.model import Workspace

SPECIFICATION = Path(__file__).parents[3] / "shared/data/slack_specs/slack_web_openapi_v2_without_examples.json"
# What the specification, frozen in 2021, does not know yet.
NEWER = {
    ("chat.postMessage", "metadata"): "message metadata came in 2022",
    ("conversations.history", "include_all_metadata"): "message metadata came in 2022",
    ("conversations.replies", "include_all_metadata"): "message metadata came in 2022",
}
NEWER_METHODS = {
    "apps.connections.open": "Socket Mode is not in the file",
    "files.completeUploadExternal": "the upload in steps came in 2023",
    "files.getUploadURLExternal": "the upload in steps came in 2023",
}
FILES = Reply("図です", attachments=(Attachment("chart.png", b"png", "棒グラフ"), Attachment("記録.pdf", b"pdf")))


@pytest.fixture
def server() -> Iterator[SlackServer]:
    with SlackServer.running() as running:
        running.add_user("U1", "上島町 情報係")
        running.add_channel("C1", "何でも相談", members=("U1",))
        yield running


def connect(server: SlackServer) -> SlackPlatform:
    return SlackPlatform.connect(server.token, server.url, directory=FakeDirectory(), clock=FakeClock())


def test_a_wrong_token_is_told(server: SlackServer) -> None:
    with pytest.raises(PlatformError, match="invalid_auth"):
        SlackPlatform.connect("xoxb-wrong", server.url, directory=FakeDirectory(), clock=FakeClock())


def test_an_absent_server_may_come_back() -> None:
    with pytest.raises(PlatformError):
        SlackPlatform.connect("xoxb", "http://127.0.0.1:9/api", directory=FakeDirectory(), clock=FakeClock())


def test_a_server_may_leave_out_what_is_optional(server: SlackServer) -> None:
    server.auth_extra = {}
    platform = connect(server)
    assert (platform.workspace, platform.me.bot_id) == (Workspace(WORKSPACE), "")
    sent = platform.post("C1", None, Reply("文"), "k")
    assert platform.find("C1", None, "k") == sent


def test_the_granted_scopes_are_known(server: SlackServer) -> None:
    assert connect(server).me.scopes == frozenset({"chat:write", "channels:read"})


def test_a_public_channel_is_joined_to_speak_there(server: SlackServer) -> None:
    server.add_channel("C2", "防災", bot_in=False)
    platform = connect(server)
    assert platform.joined() == {"C1"}
    platform.post("C2", None, Reply("文"), "k")
    assert platform.joined() == {"C1", "C2"}
    server.rooms["C2"].archived = True
    with pytest.raises(PlatformRefusedError, match="is_archived"):
        platform.post("C2", None, Reply("文"), "k2")


def test_a_whisper_goes_into_the_thread_only_once_that_shows(server: SlackServer) -> None:
    platform = connect(server)
    root = server.say("U1", "C1", "質問です")
    platform.whisper("C1", root, "U1", Reply("文"), "k")
    server.say("U1", "C1", "補足です", thread_ts=root)
    platform.whisper("C1", root, "U1", Reply("文"), "k")
    assert [said.get("thread_ts") for said in server.ephemerals] == [None, root]


def test_a_button_in_a_thread_is_answered_there(server: SlackServer) -> None:
    platform = connect(server)
    server.command("U1", "C1", "/similar", "x")
    url = server.delivery.envelopes[-1].payload["response_url"]
    platform.respond(f"{url}#thread=1.2", Reply("文"))
    assert server.responses[0]["thread_ts"] == "1.2"
    assert server.responses[0]["response_type"] == "ephemeral"
    assert server.responses[0]["replace_original"] is False


def test_a_response_url_is_used_up_or_busy(server: SlackServer) -> None:
    platform = connect(server)
    server.command("U1", "C1", "/similar", "x")
    url = server.delivery.envelopes[-1].payload["response_url"]
    server.fail("response_url", 429, retry_after=3)
    with pytest.raises(PlatformBusyError):
        platform.respond(url, Reply("文"))
    server.fail("response_url", 500)
    with pytest.raises(PlatformError):
        platform.respond(url, Reply("文"))
    for _ in range(5):
        platform.respond(url, Reply("文"))
    with pytest.raises(PlatformRefusedError, match="used_url"):
        platform.respond(url, Reply("文"))


def test_long_lists_are_read_page_by_page_and_wait_when_asked(server: SlackServer) -> None:
    for number in range(450):
        server.add_user(f"U5{number}", f"町 {number}")
        server.add_channel(f"C5{number}", f"ch-{number}", private=number % 200 == 0, members=("U1",))
    waited: list[float] = []
    me = Identity(WORKSPACE, "U0KYOSO")
    api = WebApi(web_client(server.token, server.url), waited.append)
    platform = SlackPlatform(api, me, Workspace(WORKSPACE), directory=FakeDirectory(), clock=FakeClock())
    server.fail("users.list", 429, retry_after=4)
    assert len(list(platform.members())) == 452
    assert waited == [4.0]
    channels = list(platform.channels())
    assert len(channels) == 451
    assert [channel.members for channel in channels if channel.members] == [{"U1", "U0KYOSO"}] * 3


def test_a_lost_message_is_found_behind_many_others(server: SlackServer) -> None:
    platform = connect(server)
    root = server.say("U1", "C1", "質問です")
    for number in range(250):
        server.say("U1", "C1", f"返信 {number}", thread_ts=root)
    sent = platform.post("C1", root, Reply("文"), "k")
    assert platform.find("C1", root, "k") == sent
    assert platform.find("C1", "1.0", "k") is None


def test_somebody_elses_message_with_the_key_is_not_ours(server: SlackServer) -> None:
    platform = connect(server)
    server.say("U1", "C1", "騙り", blocks=[{"type": "section", "block_id": "kyoso:k"}])
    assert platform.find("C1", None, "k") is None


def test_a_picture_is_a_block_and_other_files_are_shared_by_their_link(server: SlackServer) -> None:
    connect(server).post("C1", None, FILES, "k")
    [message] = server.said_by_bot("C1")
    assert message["blocks"][1] == {"type": "image", "slack_file": {"id": "F00000001"}, "alt_text": "棒グラフ"}
    link = "<https://test.slack.com/files/U0KYOSO/F00000002/記録.pdf|記録.pdf>"
    assert message["blocks"][2]["text"]["text"] == f"📎 {link}"
    assert link in message["text"]
    assert [file["content"] for file in server.files.values()] == [b"png", b"pdf"]


def patient(server: SlackServer, waited: list[float]) -> SlackPlatform:
    api = WebApi(web_client(server.token, server.url), waited.append)
    me, workspace = Identity(WORKSPACE, "U0KYOSO"), Workspace(WORKSPACE, url="https://test.slack.com/")
    return SlackPlatform(api, me, workspace, directory=FakeDirectory(), clock=FakeClock())


def test_a_picture_that_slack_still_looks_at_is_waited_for(server: SlackServer) -> None:
    waited: list[float] = []
    server.slow_files = 2
    patient(server, waited).post("C1", None, FILES, "k")
    assert waited == [1.0, 2.0]
    assert [block["type"] for block in server.said_by_bot("C1")[0]["blocks"]] == ["section", "image", "section"]
    assert [file["shared"] for file in server.files.values()] == [["C1"], ["C1"]]


def test_a_message_goes_out_without_the_files_that_slack_refuses(server: SlackServer) -> None:
    server.slow_files = 99
    platform = patient(server, [])
    platform.post("C1", None, FILES, "k")
    server.unknown = {"files.getUploadURLExternal"}
    platform.post("C1", None, FILES, "k2")
    shown = [[block["type"] for block in message["blocks"]] for message in server.said_by_bot("C1")]
    assert shown == [["section", "section"], ["section"]]


def test_an_upload_that_fails_for_now_is_tried_again_later(server: SlackServer) -> None:
    server.fail("files.completeUploadExternal", 500)
    platform = connect(server)
    with pytest.raises(PlatformError):
        platform.post("C1", None, FILES, "k")
    assert not server.said_by_bot("C1")
    platform.post("C1", None, FILES, "k")
    assert len(server.said_by_bot("C1")) == 1


def exercise(server: SlackServer) -> None:
    """Call every method with every argument that the code can give it."""
    platform = connect(server)
    server.add_channel("C2", "防災", bot_in=False)
    server.add_channel("G1", "県内", private=True, members=("U1",))
    root = server.say("U1", "C1", "質問です")
    for number in range(201):
        server.say("U1", "C1", f"返信 {number}", thread_ts=root)
        server.add_user(f"U7{number}", "町")
        server.add_channel(f"C7{number}", "ch")
    sent = platform.post("C1", root, Reply("文"), "k")
    platform.post("C2", None, Reply("文"), "k")
    platform.find("C1", root, "k")
    platform.find("C1", None, "none")
    platform.whisper("C1", root, "U1", Reply("文"), "k")
    platform.direct("U1", Reply("文"), "k")
    platform.update("C1", sent, Reply("新しい文"))
    platform.post("C1", root, FILES, "k3")
    platform.show_home("U1", Reply("ホーム"))
    platform.remove("C1", sent)
    platform.channel("G1")
    platform.member("U1")
    list(platform.members())
    list(platform.channels())
    platform.joined()
    web_client(server.app_token, server.url).apps_connections_open(app_token=server.app_token)


@pytest.mark.skipif(not SPECIFICATION.exists(), reason="Slack's specification is not beside this checkout")
def test_every_call_is_in_slacks_specification(server: SlackServer) -> None:
    exercise(server)
    assert {call.method for call in server.calls} == set(METHOD_SCOPES)
    paths = json.loads(SPECIFICATION.read_text("utf-8"))["paths"]
    unknown = set()
    for call in server.calls:
        if call.method in NEWER_METHODS:
            continue
        [operation] = paths[f"/{call.method}"].values()
        known = {parameter["name"] for parameter in operation["parameters"]}
        unknown |= {(call.method, name) for name in call.arguments.keys() - known}
    assert unknown == set(NEWER)
