"""Discussions elsewhere, and questions made known in another channel, on the fake Slack."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from served import Served
from slack_server import BOT_USER, SlackServer

ASKER, ANSWERER = "UASK", "UANS"
# Only a near-duplicate is spoken of aloud, so that what the sample's threads say does not matter here.
CHANNEL_MAP = """\
version: 1
confidence: {thread: 0.9, whisper: 0.85}
channels:
  - {name: 何でも相談, kind: general, reply: thread}
  - {name: 入湯税, kind: topic, reply: whisper, keywords: [温泉入湯, 入湯客名簿, 特別徴収, 旅館組合, 納入申告]}
  - {name: 雑談, kind: social, reply: off}
"""
BATHS = (
    "温泉入湯税の特別徴収で、旅館組合から入湯客名簿の様式を電子にしたいと相談されました。"
    "納入申告の書式まで変えた団体はありますか。手順を教えてください。"
)
RAFTS = "渡し船の乗船記録を紙の台帳からアプリへ移した団体はありますか。船頭さんが使える入力のやり方を教えてください。"


def answers(slack: SlackServer, ts: str, channel: str = "C0HELP") -> list[dict[str, Any]]:
    return [said for said in slack.room(channel).thread(ts) if said.get("user") == BOT_USER]


def words(message: dict[str, Any]) -> str:
    return json.dumps(message, ensure_ascii=False)


@pytest.fixture
def bot(new_home: Path, new_server: SlackServer) -> Iterator[Served]:
    (new_home / "channel_map.yaml").write_text(CHANNEL_MAP, encoding="utf-8")
    new_server.add_channel("C0BATH", "入湯税", members=(ASKER, ANSWERER))
    with Served(new_server, new_home) as served:
        yield served


def calm(slack: SlackServer, bot: Served) -> None:
    slack.delivery.wait_acked()
    bot.idle()


def address(channel: str, ts: str) -> str:
    return f"/archives/{channel}/p{ts.replace('.', '')}"


def test_a_question_is_made_known_where_it_belongs_and_taken_back_with_it(new_server: SlackServer, bot: Served) -> None:
    slack = new_server
    asked = slack.say(ASKER, "C0HELP", BATHS)
    calm(slack, bot)
    (whisper,) = slack.ephemerals
    assert (whisper["user"], whisper["channel"]) == (ASKER, "C0HELP")
    slack.press(ASKER, "C0HELP", whisper, "#入湯税 にも投稿する")
    slack.press(ASKER, "C0HELP", whisper, "#入湯税 にも投稿する")
    calm(slack, bot)
    (note,) = slack.said_by_bot("C0BATH")
    (back,) = answers(slack, asked)
    assert "さんが #何でも相談 で相談しています" in words(note)
    assert address("C0HELP", asked) in words(note)
    assert address("C0BATH", note["ts"]) in words(back)
    slack.delete("C0HELP", asked)
    calm(slack, bot)
    assert slack.said_by_bot("C0BATH") == []
    assert answers(slack, asked) == []


def test_a_discussion_elsewhere_is_linked_beside_the_answer_and_follows_it(
    new_server: SlackServer, bot: Served
) -> None:
    slack = new_server
    solved = slack.say(ANSWERER, "C0CHAT", RAFTS)
    reply = slack.say(ASKER, "C0CHAT", "船頭さんには音声入力のアプリを配りました。", thread_ts=solved)
    slack.react(ANSWERER, "C0CHAT", reply, "white_check_mark")
    opened = slack.say(
        ANSWERER, "C0BATH", RAFTS.replace("渡し船の", "港の渡し船の").replace("ください", "いただけますか")
    )
    slack.say(ASKER, "C0BATH", "うちも困っています。", thread_ts=opened)
    calm(slack, bot)
    asked = slack.say(ASKER, "C0HELP", RAFTS)
    calm(slack, bot)
    (answer,) = answers(slack, asked)
    assert "こちらで議論されていますよ" in words(answer)
    assert address("C0BATH", opened) in words(answer)
    slack.delete("C0BATH", opened)
    calm(slack, bot)
    (answer,) = answers(slack, asked)
    assert "こちらで議論されていますよ" not in words(answer)
    assert address("C0BATH", opened) not in words(answer)
    assert address("C0CHAT", solved) in words(answer)
