"""The app manifest asks for what the code uses, and the code uses what the tables name."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.platforms.slack.events import SIMILAR_SHORTCUT
from bot.platforms.slack.scopes import EVENT_SCOPES, METHOD_SCOPES, needed

ROOT = Path(__file__).parents[2]
CALLED = re.compile(r'"((?:apps|auth|bots|chat|conversations|files|reactions|team|users|views)\.[A-Za-z.]+)"')


@pytest.fixture
def manifest() -> dict[str, Any]:
    read: dict[str, Any] = yaml.safe_load((ROOT / "deploy/slack-manifest.yaml").read_text("utf-8"))
    return read


def test_the_manifest_asks_for_the_needed_scopes_and_no_other(manifest: dict[str, Any]) -> None:
    assert manifest["oauth_config"]["scopes"]["bot"] == sorted(needed())


def test_the_manifest_subscribes_to_the_events_of_the_table(manifest: dict[str, Any]) -> None:
    assert manifest["settings"]["event_subscriptions"]["bot_events"] == sorted(EVENT_SCOPES)


def test_the_table_names_every_method_that_the_code_calls() -> None:
    sources = [path for path in (ROOT / "bot/platforms/slack").glob("*.py") if path.name != "scopes.py"]
    called = {name for path in sources for name in CALLED.findall(path.read_text("utf-8"))}
    assert called == set(METHOD_SCOPES)


def test_every_event_subscribed_to_means_something() -> None:
    source = (ROOT / "bot/platforms/slack/events.py").read_text("utf-8")
    for event in EVENT_SCOPES:
        word = event.partition(".")[0]
        if word.startswith(("channel_", "group_")):
            word = word.partition("_")[2]
        assert f'"{word}"' in source, event


def test_commands_shortcut_and_socket_mode_are_there(manifest: dict[str, Any]) -> None:
    features, settings = manifest["features"], manifest["settings"]
    assert [command["command"] for command in features["slash_commands"]] == ["/similar", "/kyoso"]
    assert features["shortcuts"][0]["callback_id"] == SIMILAR_SHORTCUT
    assert features["shortcuts"][0]["name"] == "似たスレッドを探す"
    assert len(features["shortcuts"][0]["name"]) <= 24
    assert features["app_home"]["messages_tab_enabled"]
    assert settings["socket_mode_enabled"]
    assert settings["interactivity"]["is_enabled"]


def test_the_manifest_keeps_slacks_lengths(manifest: dict[str, Any]) -> None:
    shown = manifest["display_information"]
    assert len(shown["name"]) <= 35
    assert len(shown["description"]) <= 140
    assert 174 <= len(shown["long_description"]) <= 4_000
    for command in manifest["features"]["slash_commands"]:
        assert len(command["command"]) <= 32
        assert len(command["description"]) <= 2_000
        assert len(command["usage_hint"]) <= 1_000
