"""`kyoso mattermost setup`: what is missing is made, what is right stays, what only people can do is said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from mattermost_admin import Administered
from mattermost_server import MattermostServer
from typer.testing import CliRunner

from bot import bootstrap
from bot.cli import app
from bot.config import BotSettings
from bot.errors import NotConfiguredError, PlatformError, PlatformRefusedError
from bot.platforms.mattermost.setup import SetupReport

PUBLIC = "http://127.0.0.1:8765"


@pytest.fixture
def place() -> Iterator[Administered]:
    with MattermostServer.running() as server:
        server.add_channel("何でも相談", bot_in=False)
        server.add_channel("地図にない部屋", bot_in=False)
        yield Administered(server)


def set_up(place: Administered, token: str = "", admin: str = "") -> SetupReport:
    settings = BotSettings(
        mattermost_url=place.server.url,
        mattermost_team=place.server.team["name"],
        mattermost_token=token,
        public_url=PUBLIC,
    )
    return bootstrap.set_up_mattermost(settings, admin or place.token)


def without_bot(place: Administered) -> None:
    """A server that never heard of Kyoso."""
    server = place.server
    del server.users[server.bot], server.tokens[server.token]
    place.in_team.clear()


def bot_of(place: Administered) -> dict[str, object]:
    return next(user for user in place.server.users.values() if user["username"] == "kyoso")


def test_a_new_server_is_made_ready(place: Administered) -> None:
    without_bot(place)
    report = set_up(place)
    server = place.server
    bot = bot_of(place)
    assert bot["is_bot"]
    assert place.in_team == {bot["id"]}
    assert {room["display_name"] for room in server.channels.values() if bot["id"] in server.members[room["id"]]} == {
        "何でも相談"
    }
    registered = {command["trigger"]: command for command in server.commands.values()}
    assert {name: command["url"] for name, command in registered.items()} == {
        "similar": f"{PUBLIC}/mattermost/command",
        "kyoso": f"{PUBLIC}/mattermost/command",
    }
    assert report.env["KYOSO_MATTERMOST_COMMAND_TOKEN"].split(",") == [
        registered["similar"]["token"],
        registered["kyoso"]["token"],
    ]
    assert server.tokens[report.env["KYOSO_MATTERMOST_TOKEN"]] == bot["id"]
    assert any("AllowedUntrustedInternalConnections" in line and "127.0.0.1" in line for line in report.left)


def test_a_second_run_changes_nothing(place: Administered) -> None:
    without_bot(place)
    place.config["AllowedUntrustedInternalConnections"] = "127.0.0.0/8 10.0.0.1"
    first = set_up(place)
    commands, users = dict(place.server.commands), len(place.server.users)
    again = set_up(place, token=first.env["KYOSO_MATTERMOST_TOKEN"])
    assert (place.server.commands, len(place.server.users)) == (commands, users)
    assert "KYOSO_MATTERMOST_TOKEN" not in again.env
    assert again.env["KYOSO_MATTERMOST_COMMAND_TOKEN"] == first.env["KYOSO_MATTERMOST_COMMAND_TOKEN"]
    assert again.left == ()


def test_what_is_wrong_is_mended_and_what_is_others_left_alone(place: Administered) -> None:
    without_bot(place)
    first = set_up(place)
    moved, taken = place.server.commands.values()
    moved["url"] = "http://old.example/mattermost/command"
    taken["url"] = "https://other.example/hooks/kyoso"
    bot_of(place)["delete_at"] = 5
    report = set_up(place)
    assert moved["url"] == f"{PUBLIC}/mattermost/command"
    assert taken["url"] == "https://other.example/hooks/kyoso"
    assert bot_of(place)["delete_at"] == 0
    assert any("https://other.example" in line for line in report.left)
    assert report.env["KYOSO_MATTERMOST_COMMAND_TOKEN"] == first.env["KYOSO_MATTERMOST_COMMAND_TOKEN"].split(",")[0]


def test_what_the_server_does_not_permit_is_said(place: Administered) -> None:
    without_bot(place)
    place.bots_allowed = False
    place.config["EnableCommands"] = False
    left = " ".join(set_up(place).left)
    assert "EnableBotAccountCreation" in left
    assert "EnableCommands" in left


def test_a_persons_account_of_the_bots_name_is_not_taken(place: Administered) -> None:
    without_bot(place)
    place.server.add_user("kyoso", "共創さん")
    with pytest.raises(PlatformRefusedError, match="a person's account"):
        set_up(place)


def test_missing_settings_and_a_wrong_token_are_told(place: Administered) -> None:
    with pytest.raises(NotConfiguredError, match="KYOSO_MATTERMOST_URL, KYOSO_MATTERMOST_TEAM, KYOSO_PUBLIC_URL"):
        bootstrap.set_up_mattermost(BotSettings(), "x")
    with pytest.raises((PlatformError, PlatformRefusedError)):
        set_up(place, admin="wrong")


def test_the_command_prints_what_belongs_into_env_and_never_the_admins_token(
    place: Administered, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    without_bot(place)
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "KYOSO_MATTERMOST_URL": place.server.url,
        "KYOSO_MATTERMOST_TEAM": "kyoso",
        "KYOSO_PUBLIC_URL": PUBLIC,
    }.items():
        monkeypatch.setenv(name, value)
    for more in ([], ["--json"]):
        result = CliRunner().invoke(app, ["mattermost", "setup", "--admin-token", place.token, *more])
        assert result.exit_code == 0
        assert "KYOSO_MATTERMOST_COMMAND_TOKEN" in result.output
        assert place.token not in result.output
