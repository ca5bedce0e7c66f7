"""What the server calls: who has no token, or no context of the bot's own, gets 401 and leaves no trace."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from fakes import FakeClock
from fastapi import FastAPI
from fastapi.testclient import TestClient
from mattermost_server import TEAM, MattermostServer

from bot.config import BotSettings
from bot.errors import PlatformRefusedError
from bot.platforms.mattermost import http
from bot.platforms.mattermost.client import MattermostPlatform
from bot.platforms.mattermost.connecting import connect
from bot.platforms.mattermost.contexts import VALID, Place, Signer
from bot.platforms.mattermost.handles import Handle
from bot.platforms.mattermost.listeners import Listeners
from bot.replies import Button, Reply
from bot.replies.wording.mattermost import JA
from bot.store import UnitOfWork
from indexer.corpus import Database
from indexer.resolution import ResolutionRules

TOKENS = ("first-token", "second-token")
FORM = {"user_id": "u1", "channel_id": "c1", "command": "/similar", "text": "証明書", "trigger_id": "t1"}


@dataclass
class Door:
    """The HTTP side over an empty database; `reply`: what is answered as soon as something arrives."""

    server: MattermostServer
    unit: UnitOfWork
    platform: MattermostPlatform
    clock: FakeClock
    http: TestClient
    reply: Reply | None = None

    def command(self, token: str | None = TOKENS[0], header: str | None = None, **changed: str) -> Any:
        form = FORM | {"team_id": self.platform.me.team_id} | changed | ({"token": token} if token else {})
        told = f"Token {token}" if header is None and token else header
        headers = {b"Content-Type": b"application/x-www-form-urlencoded"}
        headers |= {b"Authorization": told.encode()} if told else {}
        return self.http.post(http.COMMAND, content=urlencode(form), headers=headers)

    def press(self, context: Any, **changed: Any) -> Any:
        told = {"user_id": "u1", "channel_id": "c1", "post_id": "p1", "trigger_id": "t2", "context": context} | changed
        return self.http.post(http.ACTION, content=json.dumps(told))

    def kept(self) -> dict[str, int]:
        with self.unit.read() as work:
            return work.inbox.counts()


@pytest.fixture
def door(database: Database, monkeypatch: pytest.MonkeyPatch) -> Iterator[Door]:
    monkeypatch.setattr(http, "ANSWER_SECONDS", 0.2)
    with MattermostServer.running() as server:
        clock, unit = FakeClock(), UnitOfWork(database, ResolutionRules())
        settings = BotSettings(
            mattermost_url=server.url, mattermost_token=server.token, mattermost_team=TEAM, public_url="http://bot"
        )
        platform = connect(settings, unit, clock)
        app = FastAPI()
        made = Door(server, unit, platform, clock, TestClient(app))

        def arrived() -> None:
            with unit.read() as work:
                (entry,) = work.inbox.due(clock.now())
            if made.reply is not None:
                platform.respond(entry.payload["handle"], made.reply)

        listeners = Listeners(unit, platform.me, clock, arrived)
        app.include_router(http.router(platform, listeners, clock, TOKENS))
        yield made
        platform.close()


@pytest.mark.parametrize("token", TOKENS)
def test_a_command_with_its_token_is_kept_and_answered_in_the_request(door: Door, token: str) -> None:
    door.reply = Reply("見つかりました", buttons=(Button("more", "もっと見る", "7"),))
    answer = door.command(token)
    assert answer.status_code == 200
    assert (answer.json()["response_type"], answer.json()["text"]) == ("ephemeral", "見つかりました")
    assert answer.json()["attachments"][0]["actions"][0]["integration"]["url"] == "http://bot/mattermost/action"
    assert door.kept() == {"new": 1}


@pytest.mark.parametrize(
    ("token", "header"),
    [
        (None, None),
        ("wrong", None),
        ("", "Token first-token"),
        ("first-token", ""),
        ("first-token", "Token second-token"),
        ("first-token", "Bearer first-token"),
        ("first-toke", None),
        ("第一", None),
    ],
)
def test_a_command_without_its_token_touches_nothing(door: Door, token: str | None, header: str | None) -> None:
    assert door.command(token, header).status_code == 401
    assert door.kept() == {}


def test_a_command_of_another_team_or_without_any_configured_token(door: Door) -> None:
    assert door.command(team_id="other").status_code == 401
    app = FastAPI()
    listeners = Listeners(door.unit, door.platform.me, door.clock)
    app.include_router(http.router(door.platform, listeners, door.clock, [""]))
    bare = TestClient(app).post(http.COMMAND, content="token=", headers={"Authorization": "Token "})
    assert bare.status_code == 401
    assert door.kept() == {}


def test_a_late_answer_goes_to_the_commands_own_address(door: Door) -> None:
    door.server.hooks["hook7"] = {"user": "u1", "channel": "c1", "root": "", "uses": 0, "at": 9e12}
    answer = door.command(response_url="https://elsewhere.example/hooks/commands/hook7")
    assert (answer.status_code, answer.json()) == (200, {})
    with door.unit.read() as work:
        (entry,) = work.inbox.due(door.clock.now())
    door.platform.respond(entry.payload["handle"], Reply("遅くなりました"))
    assert [said["message"] for said in door.server.shown] == ["遅くなりました"]


def test_where_neither_can_be_answered_the_member_is_written_to(door: Door) -> None:
    member = door.server.add_user("u1")
    handle = Handle(member, "c1", hook_id="gone").to_text()
    door.platform.respond(handle, Reply("お返事です"))
    (said,) = door.server.said_by_bot(door.server.direct_channel(member, door.server.bot))
    assert said["message"] == "お返事です"


def test_a_press_is_verified_kept_and_answered(door: Door) -> None:
    door.reply = Reply("*ありがとうございます*")
    context = door.platform.signer.context("helpful", "1:2", Place("c1", "p0"), door.clock.now())
    answer = door.press(context | {"selected_option": "u2"})
    assert answer.json() == {"ephemeral_text": "**ありがとうございます**", "skip_slack_parsing": True}
    assert door.kept() == {"new": 1}


def test_a_forged_press_touches_nothing(door: Door) -> None:
    now = door.clock.now()
    context = door.platform.signer.context("solved", "1:2", Place("c1", "p0"), now)
    forged: list[Any] = [
        None,
        {},
        "x",
        {**context, "value": "1:3"},
        {**context, "until": "99999999999"},
        {**context, "extra": 1},
        {**context, "signature": ""},
        {**context, "signature": "é" * 32},
        {name: value for name, value in context.items() if name != "signature"},
        Signer("another token").context("solved", "1:2", Place("c1", "p0"), now),
    ]
    assert [door.press(one).status_code for one in forged] == [401] * len(forged)
    assert door.http.post(http.ACTION, content=b"\xff{").status_code == 401
    assert door.kept() == {}


def test_an_expired_press_is_explained_and_not_kept(door: Door) -> None:
    context = door.platform.signer.context("solved", "1:2", Place("c1"), door.clock.now())
    door.clock.at += VALID + timedelta(days=1)
    assert door.press(context).json()["ephemeral_text"] == JA.expired
    assert door.kept() == {}


def test_a_body_without_end_is_refused(door: Door) -> None:
    assert door.http.post(http.COMMAND, content=b"x" * 2_000_001).status_code == 413


def test_ephemeral_posts_are_tried_once_and_then_no_more(door: Door) -> None:
    member = door.server.add_user("u9", "今治市")
    room = door.server.add_channel("何でも相談", members=(member,))
    root = door.server.say(member, room, "質問です")
    for number in range(2):
        door.platform.whisper(room, root, member, Reply(f"こちらが近いです{number}"), f"answer:{number}")
    assert [path for _, path in door.server.calls].count("/api/v4/posts/ephemeral") == 1
    told = door.server.said_by_bot(door.server.direct_channel(member, door.server.bot))
    assert [f"/kyoso/pl/{root}" in post["message"] for post in told] == [True, True]
    door.platform.whisper(room, root, member, Reply("こちらが近いです0"), "answer:0")  # after a crash
    assert len(door.server.said_by_bot(door.server.direct_channel(member, door.server.bot))) == 2


def test_a_handle_of_nobodys_is_refused(door: Door) -> None:
    for handle in ("", "x", "{}", "[]"):
        with pytest.raises(PlatformRefusedError):
            door.platform.respond(handle, Reply("x"))
