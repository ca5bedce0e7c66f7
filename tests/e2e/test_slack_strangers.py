"""Other Slack-compatible servers know less than Slack, and stand at other addresses: the bot serves all the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from fakes import FakeClock, FakeDirectory
from served import Served
from slack_server import BOT_USER, SlackServer

from bot.errors import PlatformError, PlatformRefusedError
from bot.platforms.slack.client import SlackPlatform, workspace_id
from indexer.model import Workspace

ASKER = "UASK"
KEYS = "体育館の鍵をスマートロックにした団体はありますか。冬の寒さで動くか心配です。"


def answers(slack: SlackServer, ts: str, channel: str = "C0HELP") -> list[dict[str, Any]]:
    return [said for said in slack.room(channel).thread(ts) if said.get("user") == BOT_USER]


@pytest.mark.slow
def test_a_server_that_knows_the_least(new_server: SlackServer, new_home: Path) -> None:
    slack = new_server
    slack.unknown = {"conversations.list", "conversations.members", "conversations.replies", "users.list", "users.info"}
    slack.untold = {"team_id", "bot_id", "team", "url"}
    slack.bot_scopes = ""
    slack.delivery.hello = {"type": "hello"}
    slack.fail("auth.test", 503, times=2)  # nor is it there at once
    with Served(slack, new_home, KYOSO_SLACK_API_URL=slack.base) as bot:
        slack.delivery.wait_connected()
        ts = slack.say(ASKER, "C0HELP", KEYS)
        slack.fail("chat.postMessage", 500)
        again = slack.say(ASKER, "C0HELP", KEYS)
        inside = slack.say(ASKER, "G0PREF", KEYS)
        slack.command(ASKER, "C0HELP", "/similar", KEYS)
        slack.dm(ASKER, KEYS)
        slack.delivery.wait_acked()
        bot.idle()
        assert [len(answers(slack, question)) for question in (ts, again)] == [1, 1]
        assert len(answers(slack, inside, "G0PREF")) == 1
        assert "スマートロック" in str(slack.responses)
        assert len(slack.said_by_bot(slack.direct_room(ASKER).id)) == 1
        slack.delete("C0HELP", ts)
        slack.delivery.wait_acked()
        bot.idle()
        assert answers(slack, ts) == []


@pytest.mark.parametrize("path", ["", "/", "/api", "/api/", "/api//"])
def test_the_address_may_have_or_lack_the_api(path: str) -> None:
    with SlackServer.running() as slack:
        platform = SlackPlatform.connect(slack.token, slack.base + path, directory=FakeDirectory(), clock=FakeClock())
        platform.close()
        assert platform.api_url.removesuffix("/").removesuffix("/api") == slack.base
        assert platform.me.user_id == BOT_USER


def test_a_wrong_token_is_told_at_once() -> None:
    with SlackServer.running() as slack, pytest.raises(PlatformError, match="invalid_auth"):
        SlackPlatform.connect("xoxb-wrong", slack.url, directory=FakeDirectory(), clock=FakeClock(), patience=60)


def test_an_address_without_an_api_is_told() -> None:
    with SlackServer.running() as slack:
        slack.unknown = {"auth.test"}
        with pytest.raises(PlatformRefusedError, match="unknown_method"):
            SlackPlatform.connect(slack.token, slack.url, directory=FakeDirectory(), clock=FakeClock())


def test_channels_without_a_description_are_found_in_the_list() -> None:
    with SlackServer.running() as slack:
        slack.add_channel("C0HELP", "何でも相談")
        slack.unknown = {"conversations.info"}
        platform = SlackPlatform.connect(slack.token, slack.url, directory=FakeDirectory(), clock=FakeClock())
        assert platform.channel("C0HELP").name == "何でも相談"
        with pytest.raises(PlatformRefusedError):
            platform.channel("C0NOWHERE")
        platform.close()


HERE, THERE = "https://here.example/", "https://there.example/"


@pytest.mark.parametrize(
    ("team_id", "on_record", "expected"),
    [
        ("T1", {}, "slack:T1"),
        ("T1", {"slack:T1": "", "slack:T2": ""}, "slack:T1"),
        ("T1", {"slack:E9": ""}, "slack:E9"),  # the export told the organisation's id
        ("T1", {"slack:E9": HERE}, "slack:E9"),  # and it was served here before
        ("T1", {"slack:T2": THERE}, "slack:T1"),  # another workspace: its members' words stay with them
        ("", {"slack:T2": "", "console:sample": ""}, "slack:T2"),
        ("T1", {"slack:T2": "", "slack:T3": ""}, "slack:T1"),
    ],
)
def test_the_one_workspace_on_record_is_the_one_that_is_served(
    team_id: str, on_record: dict[str, str], expected: str
) -> None:
    known = [Workspace(workspace, url=url) for workspace, url in on_record.items()]
    assert workspace_id(team_id, HERE, known) == expected
