"""The weekly digest, polls, newcomers and the home page on Slack, with the real bot in a process of its own."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

from served import Served, environment, until
from slack_server import SlackServer

ASKER, ANSWERER = "UASK", "UANS"
WEEK = "2025-W40"  # of the sample community, which the bot has imported
POLL = "皆さんのところは窓口の受付時間の短縮、どうしていますか。\n1. もう短縮した\n2. 検討中\n3. 予定なし\n"
TOWNS = ("松山市", "奥尻町", "小諸市", "三鷹市", "福岡市", "内子町")

Calm = Callable[[], None]


def digest(home: Path, *arguments: str, week: str = WEEK) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bot", "digest", "--week", week, *arguments]
    return subprocess.run(command, cwd=home, env=environment(home), check=False, capture_output=True, text=True)


def posts(slack: SlackServer) -> list[dict[str, Any]]:
    return slack.said_by_bot("C0WEEK")


def pictures(slack: SlackServer, message: dict[str, Any]) -> list[dict[str, Any]]:
    return [slack.files[block["slack_file"]["id"]] for block in message["blocks"] if block["type"] == "image"]


def test_the_digest_is_posted_once_with_its_picture_and_forgets_what_is_deleted(
    slack: SlackServer, bot: Served, calm: Calm
) -> None:
    assert digest(bot.home).returncode == 0
    calm()
    (first,) = posts(slack)
    (picture,) = pictures(slack, first)
    assert picture["content"].startswith(b"\x89PNG")
    (image,) = [block for block in first["blocks"] if block["type"] == "image"]
    assert "週ごとに示したグラフ" in image["alt_text"]
    again = digest(bot.home, "--json")
    assert [one["posted"] for one in json.loads(again.stdout)["editions"]] == [False]
    calm()
    assert len(posts(slack)) == 1
    linked = re.search(r"/archives/(\w+)/p(\d{10})(\d{6})\|([^>]+)>", str(first["blocks"]))
    assert linked
    gone = {"channel": linked[1], "deleted_ts": f"{linked[2]}.{linked[3]}", "event_ts": slack.next_ts()}
    slack.event({"type": "message", "subtype": "message_deleted", "hidden": True, "ts": slack.next_ts(), **gone})
    calm()
    (now,) = posts(slack)
    assert now["ts"] == first["ts"]
    assert linked[4] not in json.dumps(now, ensure_ascii=False)
    assert pictures(slack, now)


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


def test_a_polls_tally_is_edited_in_place_with_its_table(slack: SlackServer, transport: str, calm: Calm) -> None:
    for number, name in enumerate(TOWNS):
        slack.add_user(f"UP{transport}{number}", f"情報係＠{name}")
        slack.room("C0HELP").members.add(f"UP{transport}{number}")
    ts = slack.say(ASKER, "C0HELP", POLL)

    def tallies() -> list[dict[str, Any]]:
        said = slack.room("C0HELP").thread(ts)
        return [one for one in said if one.get("bot_id") and one["text"].startswith("📊")]

    def table(message: dict[str, Any]) -> list[list[str]]:
        files = [file for file in slack.files.values() if file["permalink"] in str(message["blocks"])]
        content: bytes = files[-1]["content"]
        return list(csv.reader(StringIO(content.decode("utf-8-sig"), newline="")))

    for number in range(5):
        slack.say(f"UP{transport}{number}", "C0HELP", f"{1 + number % 2}です。昨年からです。", thread_ts=ts)
    calm()
    (first,) = tallies()
    assert first["text"].startswith("📊 5団体")
    assert [row[1] for row in table(first)[1:]] == ["奥尻町", "小諸市", "三鷹市", "松山市", "福岡市"]
    answer = slack.say(f"UP{transport}5", "C0HELP", "=1+1 で検討中です。", thread_ts=ts)
    calm()
    (second,) = tallies()
    assert (second["ts"], second["text"].partition("か")[0]) == (first["ts"], "📊 6団体")
    assert "'=1+1 で検討中です。" in [row[5] for row in table(second)]
    slack.delete("C0HELP", answer)
    calm()
    (third,) = tallies()
    assert third["text"].startswith("📊 5団体")
    slack.command(ASKER, "C0TAX", "/similar", "窓口の受付時間の短縮")
    calm()
    assert "それぞれのやり方を回答しています" in json.dumps(slack.responses[-1], ensure_ascii=False)
    slack.delete("C0HELP", ts)
    calm()
    assert tallies() == []


def test_a_newcomer_is_welcomed_once(slack: SlackServer, transport: str, calm: Calm) -> None:
    newcomer = f"UNEW{transport}"
    slack.add_user(newcomer, "税務課＠久万高原町")
    ts = slack.say(newcomer, "C0HELLO", "はじめまして。税務課で課税を担当しています。よろしくお願いします。")
    slack.say(newcomer, "C0HELLO", "追記です。釣りが好きです。")
    slack.delivery.redeliver(everything=True)
    calm()
    said = slack.said_by_bot("C0HELLO")
    (welcome,) = [one for one in said if one["thread_ts"] == ts]
    assert "税務課＠久万高原町 さん、ようこそ!" in str(welcome["blocks"])
    assert "<#C0TRY>" in str(welcome["blocks"])


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
    assert "毎週のまとめ: 受け取らない" in json.dumps(slack.responses[-1], ensure_ascii=False)
    slack.press_home(ASKER, "解決済みにする")
    calm()
    assert "解決済みにしました" in json.dumps(slack.homes[ASKER], ensure_ascii=False)
    slack.delete("C0TAX", ts)
    calm()
