"""The REST client within the server's limits, and what the doctor finds out with it."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from fakes import FakeClock, FakeDirectory
from mattermost_server import TEAM, MattermostServer

from bot.config import BotSettings
from bot.errors import (
    CallbackError,
    OldServerError,
    PlatformBusyError,
    PlatformError,
    PlatformRefusedError,
    UncalledError,
)
from bot.platforms.mattermost import checks
from bot.platforms.mattermost.connecting import connect
from bot.platforms.mattermost.web_api import PAGE, WebApi
from bot.replies import Attachment, Card, Reply
from bot.replies.wording.mattermost import JA as MATTERMOST
from indexer.errors import KyosoError
from indexer.model import MessageRef

PAPER = Attachment("記録.md", b"# 1")


@pytest.fixture
def server() -> Iterator[MattermostServer]:
    with MattermostServer.running() as running:
        yield running


def settings(server: MattermostServer, **changed: str) -> BotSettings:
    given = {"mattermost_url": server.url, "mattermost_token": server.token, "mattermost_team": TEAM}
    given |= {"mattermost_command_token": "t", "public_url": "http://127.0.0.1:9"}
    return BotSettings.model_validate(given | changed)


def test_long_lists_are_read_to_their_end(server: MattermostServer) -> None:
    for number in range(450):
        server.add_user(f"user{number}")
    api = WebApi(server.url, server.token)
    assert len(list(api.users(server.team["id"]))) == len(server.users) > 450


def test_a_list_waits_where_the_server_asks_to(server: MattermostServer) -> None:
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        server.calls_left = 1_000

    server.calls_left = 0
    assert list(WebApi(server.url, server.token, sleep=sleep).users(server.team["id"]))
    assert slept[0] == 1


def test_other_calls_say_how_long(server: MattermostServer) -> None:
    server.calls_left = 0
    with pytest.raises(PlatformBusyError) as busy:
        WebApi(server.url, server.token).me()
    assert busy.value.seconds == 1


def test_the_last_permitted_call_is_followed_by_a_breath() -> None:
    limits = {"X-Ratelimit-Limit": "10", "X-Ratelimit-Remaining": "0", "X-Ratelimit-Reset": "5"}
    slept: list[float] = []
    answer = httpx.MockTransport(lambda _request: httpx.Response(200, json={"id": "u"}, headers=limits))
    api = WebApi("http://m", "t", sleep=slept.append, transport=answer)
    api.me()
    api.me()
    assert len(slept) == 1
    assert 0 < slept[0] <= 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (httpx.Response(401, json={"id": "x"}), PlatformError),
        (httpx.Response(502, content=b"<html>"), PlatformError),
        (httpx.Response(200, content=b"<html>"), PlatformError),
        (httpx.Response(403, json={"id": "x"}), PlatformRefusedError),
        (httpx.Response(404, content=b"nothing"), PlatformRefusedError),
        (httpx.Response(501, json=[]), PlatformRefusedError),
        (httpx.Response(429, headers={"Retry-After": "soon"}), PlatformBusyError),
    ],
)
def test_each_failure_has_one_of_three_names(answer: httpx.Response, error: type[KyosoError]) -> None:
    api = WebApi("http://m", "t", transport=httpx.MockTransport(lambda _request: answer))
    with pytest.raises(error) as raised:
        api.me()
    assert type(raised.value) is error


def test_links_lead_to_the_team_at_the_address_that_members_use(server: MattermostServer) -> None:
    platform = connect(settings(server), FakeDirectory(), FakeClock())
    ref = MessageRef(platform.workspace.id, "c1", "p1")
    assert platform.workspace.permalink(ref) == "https://mattermost.example/kyoso/pl/p1"
    server.site_url = ""
    again = connect(settings(server), FakeDirectory(), FakeClock())
    assert again.workspace.permalink(ref) == f"{server.url}/kyoso/pl/p1"


def test_the_bot_joins_a_public_channel_to_speak_there(server: MattermostServer) -> None:
    room = server.add_channel("税", bot_in=False)
    platform = connect(settings(server), FakeDirectory(), FakeClock())
    platform.post(room, None, Reply("こんにちは"), "k")
    assert [post["message"] for post in server.said_by_bot(room)] == ["こんにちは"]
    closed = server.add_channel("県内", bot_in=False, private=True)
    with pytest.raises(PlatformRefusedError):
        platform.post(closed, None, Reply("こんにちは"), "k2")


def test_the_doctor_tells_who_the_bot_is(server: MattermostServer) -> None:
    server.add_channel("何でも相談")
    assert checks.account(settings(server)) == "@kyoso, 共創, 1 channels, 9.11.0"
    assert checks.account(BotSettings()) is None
    server.version = "5.31.0"
    with pytest.raises(OldServerError):
        checks.account(settings(server))
    with pytest.raises(PlatformRefusedError):
        checks.account(settings(server, mattermost_team="nowhere"))
    with pytest.raises(PlatformError):
        checks.account(settings(server, mattermost_token="wrong"))


def test_the_doctor_lets_the_server_call_the_bot(server: MattermostServer) -> None:
    assert checks.calls(BotSettings()) is None
    for missing in ("mattermost_command_token", "public_url"):
        with pytest.raises(UncalledError):
            checks.calls(settings(server, **{missing: ""}))
    with pytest.raises(PlatformRefusedError, match="no channel"):
        checks.calls(settings(server))
    server.add_channel("何でも相談")
    with pytest.raises(UncalledError):
        checks.calls(settings(server))  # nobody registered the command
    server.add_command("kyoso", "http://127.0.0.1:9/mattermost/command")
    with pytest.raises(CallbackError) as failed:
        checks.calls(settings(server))
    assert "127.0.0.1" in failed.value.text("ja")


@pytest.mark.parametrize("changes_files", [False, True])
def test_files_change_with_their_message_which_stands_once(server: MattermostServer, *, changes_files: bool) -> None:
    """Servers before 10.5 leave a post's files as they are: another post takes its place, even after a crash."""
    server.changes_files = changes_files
    platform = connect(settings(server), FakeDirectory(), FakeClock())
    room = server.add_channel("何でも相談")
    root = server.say(server.admin, room, "どうしていますか")

    def table(content: str) -> Reply:
        return Reply(content, attachments=(Attachment("回答.csv", content.encode()),))

    def standing() -> list[tuple[str, list[bytes]]]:
        posts = server.said_by_bot(room)
        return [(p["message"], [server.files[name]["content"] for name in p["file_ids"]]) for p in posts]

    first = platform.post(room, root, table("1"), "tally:1")
    moved = platform.update(room, first, table("2"))
    assert (moved is None) is changes_files
    assert standing() == [("2", [b"2"])]
    now = moved or first
    assert platform.find(room, root, "tally:1") == now
    assert platform.update(room, now, table("2")) is None
    server.fail("DELETE /api/v4/posts", 500)
    if changes_files:
        assert platform.update(room, now, Reply("3")) is None
        return
    with pytest.raises(PlatformError):
        platform.update(room, now, Reply("3"))
    third = platform.update(room, now, Reply("3"))
    assert standing() == [("3", [])]
    assert platform.find(room, root, "tally:1") == third


@pytest.mark.parametrize("told_at_once", [0, 60])
def test_what_was_said_in_a_long_thread_is_found(server: MattermostServer, told_at_once: int) -> None:
    """More replies than a page holds: none of them may hide that the answer stands already."""
    server.thread_page = told_at_once
    platform = connect(settings(server), FakeDirectory(), FakeClock())
    room = server.add_channel("何でも相談")
    root = server.say(server.admin, room, "皆さんはどうしていますか")
    for number in range(PAGE + 1):
        server.say(server.admin, room, f"うちでは{number}です", root)
    sent = platform.post(room, root, Reply("集計です"), "tally:1")
    assert platform.find(room, root, "tally:1") == sent


def test_a_direct_message_with_files_is_updated_where_it_stands(server: MattermostServer) -> None:
    platform = connect(settings(server), FakeDirectory(), FakeClock())
    sent = platform.direct(server.admin, Reply("記録です"), "papers:1")
    platform.update(server.admin, sent, Reply("記録です", attachments=(Attachment("記録.md", b"# 1"),)))
    (post,) = server.said_by_bot(server.direct_channel(server.admin, server.bot))
    assert [server.files[name]["content"] for name in post["file_ids"]] == [b"# 1"]


@pytest.mark.parametrize("why", ["too late", "not permitted"])
@pytest.mark.parametrize("in_thread", [True, False])
def test_what_may_not_be_edited_is_replaced(server: MattermostServer, why: str, *, in_thread: bool) -> None:
    """Words that were deleted elsewhere do not stay in a post for want of a permission."""
    platform = connect(settings(server), FakeDirectory(), FakeClock())
    room = server.add_channel("何でも相談")
    root = server.say(server.admin, room, "どうしていますか") if in_thread else None
    said = Reply("こちらが近いです", cards=(Card("消える題", "", "消える言葉", ""),), attachments=(PAPER,))
    first = platform.post(room, root, said, "answer:1")
    server.edit_seconds, server.may_edit = (0, True) if why == "too late" else (-1, False)
    second = platform.update(room, first, Reply("改めました", attachments=(PAPER,)))
    assert second not in (None, first)
    (post,) = server.said_by_bot(room)
    assert (post["id"], post["message"], post["root_id"]) == (second, "改めました", root or "")
    assert [server.files[name]["content"] for name in post["file_ids"]] == [PAPER.content]
    assert "消える" not in str(post)
    assert platform.find(room, root, "answer:1") == second
    server.edit_seconds, server.may_edit = -1, True
    platform.update(room, str(second), Reply("もう一度"))
    assert [one["message"] for one in server.said_by_bot(room)] == ["もう一度"]


def test_where_files_are_not_taken_the_words_go_without_and_say_so(server: MattermostServer) -> None:
    server.takes_files = False
    platform = connect(settings(server), FakeDirectory(), FakeClock())
    sent = platform.direct(server.admin, Reply("記録です", attachments=(PAPER,)), "papers:1")
    room = server.direct_channel(server.admin, server.bot)
    assert [post["message"] for post in server.said_by_bot(room)] == [f"記録です\n{MATTERMOST.no_files}"]
    assert platform.update(server.admin, sent, Reply("新しい記録です", attachments=(PAPER,))) is None
    assert [post["message"] for post in server.said_by_bot(room)] == [f"新しい記録です\n{MATTERMOST.no_files}"]
    server.takes_files = True
    platform.update(server.admin, sent, Reply("新しい記録です", attachments=(PAPER,)))
    (post,) = server.said_by_bot(room)
    assert (post["message"], len(post["file_ids"])) == ("新しい記録です", 1)
