"""The weekly digest's crashes and command, and the home page, on Slack, with the real bot in a process of its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from served import SAMPLE_WEEK as WEEK
from served import Served, digest, until
from slack_server import SlackServer

ASKER, ANSWERER = "UASK", "UANS"

Calm = Callable[[], None]


def posts(slack: SlackServer) -> list[dict[str, Any]]:
    return slack.said_by_bot("C0WEEK")


def test_a_digest_is_posted_once_over_crashes_and_restarts(new_server: SlackServer, new_home: Path) -> None:
    with Served(new_server, new_home):
        until(lambda: "#週のまとめ" in digest(new_home, "--dry-run").stdout)  # the channel is known
    assert json.loads(digest(new_home, "--json").stdout)["editions"][0]["posted"]  # nobody serves: it waits
    new_server.lose_answer("chat.postMessage")
    with Served(new_server, new_home) as bot:
        bot.idle()
    with Served(new_server, new_home) as bot:
        assert json.loads(digest(new_home, "--json").stdout)["editions"][0]["posted"] is False
        bot.idle()
    assert len(posts(new_server)) == 1


def test_the_digest_command_prints_and_refuses(new_home: Path) -> None:
    printed = digest(new_home, "--dry-run")
    assert (printed.returncode, printed.stderr.count("\n")) == (0, 1)  # no channel takes it: the export has none
    assert printed.stdout.startswith("(投稿先のチャンネルなし)\n📮 先週のまとめ (9/29〜10/5)\n")
    assert "✅ 解決した相談" in printed.stdout
    data = json.loads(digest(new_home, "--dry-run", "--json").stdout)
    assert (data["week"], data["editions"][0]["posted"]) == (WEEK, False)
    for week in ("2025-W99", "yesterday", "2999-W01"):
        refused = digest(new_home, week=week)
        assert (refused.returncode, refused.stdout, refused.stderr.count("\n")) == (2, "", 1)
    empty = digest(new_home, "--dry-run", week="2001-W01").stdout.splitlines()
    assert empty[1:] == ["📮 先週(1/1〜1/7)は、新しい質問も解決した相談もありませんでした。", ""]


def test_the_home_page_keeps_settings(slack: SlackServer, transport: str, calm: Calm) -> None:
    question = f"住民税の納付書を封入する機械({transport})の保守はどうしていますか？"
    ts = slack.say(ASKER, "C0TAX", question)
    slack.open_home(ASKER)
    calm()
    page = json.dumps(slack.homes[ASKER], ensure_ascii=False)
    assert question[:20] in page
    assert "毎週のまとめ: 受け取らない" in page
    slack.press_home(ASKER, "毎週のまとめ", "on")
    calm()
    page = json.dumps(slack.homes[ASKER], ensure_ascii=False)
    assert "毎週のまとめ: 月曜の朝に受け取る" in page
    slack.dm(ASKER, "メニュー")
    calm()
    direct = slack.said_by_bot("DASK")[-1]
    slack.press(ASKER, "DASK", direct, "毎週のまとめ", "off")
    calm()
    assert "毎週のまとめ: 受け取らない" in json.dumps(slack.said_by_bot("DASK")[-1], ensure_ascii=False)
    slack.press_home(ASKER, "解決済みにする")
    calm()
    assert "解決済みにしました" in json.dumps(slack.homes[ASKER], ensure_ascii=False)
    slack.delete("C0TAX", ts)
    calm()
