"""A second opinion on the Web API calls: an independent, stateful emulator of Slack with strict scopes, from npm.

Skipped where npx or the package is not to be had.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fakes import FakeClock, FakeDirectory
from served import free_port, until

from bot.errors import PlatformRefusedError
from bot.platforms.slack.client import SlackPlatform
from bot.platforms.slack.scopes import needed
from bot.replies import Button, Card, Reply
from indexer.model import Visibility

PACKAGE = "emulate@0.11.2"
PATIENCE = 60  # seconds, a download included
BOT, ASKER = "xoxb-kyoso", "xoxp-asker"
REPLY = Reply(
    "似たスレッドがあります",
    cards=(Card("証明書が出ない", "https://test.slack.com/archives/C1/p1", "再起動で直りました", "福岡市"),),
    notes=("ほかの人には見えません",),
    buttons=(Button("helpful", "役に立った", "7", "primary"),),
)


class Emulator:
    """The emulator, spoken to as the asker."""

    def __init__(self, base: str) -> None:
        self.base = base

    def answers(self) -> bool:
        try:
            return bool(self.call("auth.test")["ok"])
        except OSError:
            return False

    def call(self, method: str, **arguments: Any) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {ASKER}", "Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.base}/api/{method}", json.dumps(arguments).encode(), headers)
        with urllib.request.urlopen(request, timeout=5) as answer:
            told: dict[str, Any] = json.load(answer)
        return told

    def channel(self, name: str) -> str:
        told = self.call("conversations.list", types="public_channel,private_channel")
        return str(next(channel["id"] for channel in told["channels"] if channel["name"] == name))


def seed() -> dict[str, Any]:
    everything = ["chat:write", "channels:read", "channels:history", "groups:read", "groups:history", "users:read"]
    tokens = [
        {"token": BOT, "user": "kyoso", "scopes": sorted(needed())},
        {"token": ASKER, "user": "asker", "scopes": everything},
    ]
    return {
        "slack": {
            "team": {"name": "テスト共創", "domain": "test"},
            "strict_scopes": True,
            "users": [{"name": name, "real_name": name} for name in ("kyoso", "asker")],
            "channels": [{"name": "何でも相談"}, {"name": "県内担当", "is_private": True}],
            "tokens": tokens,
        }
    }


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    npx = shutil.which("npx")
    if npx is None:
        pytest.skip("npx is not installed")
    home: Path = tmp_path_factory.mktemp("emulate")
    (home / "seed.json").write_text(json.dumps(seed()), encoding="utf-8")
    port = free_port()
    command = [npx, "--yes", PACKAGE, "start", "-s", "slack", "-p", str(port), "--seed", str(home / "seed.json")]
    with (home / "log.txt").open("w") as log:
        process = subprocess.Popen(command, cwd=home, stdout=log, stderr=log, start_new_session=True)
    made = Emulator(f"http://127.0.0.1:{port}")
    try:
        until(lambda: made.answers() or process.poll() is not None, PATIENCE)
    except AssertionError:
        process.poll()
    try:
        if not made.answers():
            pytest.skip(f"{PACKAGE} is not to be had: {(home / 'log.txt').read_text()[-200:]}")
        yield made
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGTERM)  # npx and what it started
            process.wait()


@pytest.fixture(scope="module")
def platform(emulator: Emulator) -> Iterator[SlackPlatform]:
    made = SlackPlatform.connect(BOT, emulator.base, directory=FakeDirectory(), clock=FakeClock())
    yield made
    made.close()


def texts(emulator: Emulator, channel_id: str, ts: str) -> list[str]:
    told = emulator.call("conversations.replies", channel=channel_id, ts=ts)
    return [message["blocks"][0]["text"]["text"] for message in told["messages"][1:]]


def test_the_bot_knows_itself_and_the_workspace(platform: SlackPlatform, emulator: Emulator) -> None:
    assert platform.api_url == f"{emulator.base}/api/"
    assert platform.me.user_id
    assert platform.workspace.name == "テスト共創"
    names = {member.id: member.display_name for member in platform.members()}
    assert names[platform.me.user_id] == "kyoso"
    assert platform.member(platform.me.user_id).display_name == "kyoso"


def test_channels_are_told_with_the_members_of_private_ones(platform: SlackPlatform, emulator: Emulator) -> None:
    rooms = {channel.name: channel for channel in platform.channels()}
    assert rooms["何でも相談"].visibility is Visibility.PUBLIC
    assert rooms["県内担当"].visibility is Visibility.PRIVATE
    assert platform.me.user_id in rooms["県内担当"].members
    assert platform.channel(rooms["県内担当"].id) == rooms["県内担当"]
    assert rooms["何でも相談"].id in platform.joined()
    with pytest.raises(PlatformRefusedError):
        platform.channel("C0NOWHERE")


def test_an_answer_is_posted_found_replaced_and_removed(platform: SlackPlatform, emulator: Emulator) -> None:
    channel_id = emulator.channel("何でも相談")
    ts = emulator.call("chat.postMessage", channel=channel_id, text="証明書が出ません")["ts"]
    assert platform.find(channel_id, ts, "answer:1") is None
    sent = platform.post(channel_id, ts, REPLY, "answer:1")
    assert platform.find(channel_id, ts, "answer:1") == sent
    assert platform.find(channel_id, ts, "answer:2") is None
    assert texts(emulator, channel_id, ts) == [REPLY.text]
    platform.update(channel_id, sent, Reply("改めました"))
    assert texts(emulator, channel_id, ts) == ["改めました"]
    platform.remove(channel_id, sent)
    platform.remove(channel_id, sent)
    assert texts(emulator, channel_id, ts) == []


def test_private_words_reach_a_member(platform: SlackPlatform, emulator: Emulator) -> None:
    channel_id = emulator.channel("何でも相談")
    asker = str(emulator.call("auth.test")["user_id"])
    ts = emulator.call("chat.postMessage", channel=channel_id, text="証明書が出ません")["ts"]
    platform.whisper(channel_id, ts, asker, REPLY, "note:1")
    sent = platform.direct(asker, REPLY, "note:2")
    assert platform.find(asker, None, "note:2") == sent
    with pytest.raises(PlatformRefusedError):
        platform.direct("U0NOBODY", REPLY, "note:3")


def test_a_channel_that_is_not_there_refuses(platform: SlackPlatform) -> None:
    with pytest.raises(PlatformRefusedError):
        platform.post("C0NOWHERE", None, REPLY, "answer:3")
