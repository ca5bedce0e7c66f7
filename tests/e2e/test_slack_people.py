"""What Slack alone has of what members do with the bot: both transports, response URLs, shortcuts, refusals."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from slack_server import BOT_USER, SlackServer

from bot.replies.wording import JA

ASKER, ANSWERER, GUEST = "UASK", "UANS", "UGUEST"
KEYS = "体育館の鍵をスマートロックにした団体はありますか。冬の寒さで動くか心配です。"
CAMELS = "ラクダ便による文書配送を庁内で始めた団体はありますか"

Calm = Callable[[], None]


def answers(slack: SlackServer, ts: str, channel: str = "C0HELP") -> list[dict[str, Any]]:
    return [said for said in slack.room(channel).thread(ts) if said.get("user") == BOT_USER]


def words(message: dict[str, Any]) -> str:
    return json.dumps(message, ensure_ascii=False)


def buttons(message: dict[str, Any]) -> list[str]:
    return [
        button["text"]["text"]
        for block in message["blocks"]
        if block["type"] == "actions"
        for button in block["elements"]
    ]


def past(slack: SlackServer, question: str, answer: str, channel: str = "C0CHAT") -> str:
    """A thread that was resolved."""
    ts = slack.say(ANSWERER, channel, question)
    reply = slack.say(ASKER, channel, answer, thread_ts=ts)
    slack.react(ANSWERER, channel, reply, "white_check_mark")
    return ts


def test_similar_answers_privately_and_shows_more(slack: SlackServer, transport: str, calm: Calm) -> None:
    for number in range(7):
        past(slack, f"{CAMELS}。{number}町です。", f"{number}頭で始めました。")
    calm()
    slack.command(ASKER, "C0HELP", "/similar", CAMELS)
    calm()
    (first,) = slack.responses
    assert first["response_type"] == "ephemeral"
    assert JA.more in buttons(first)
    slack.press(ASKER, "C0HELP", {"blocks": first["blocks"]}, "more")
    calm()
    _, second = slack.responses
    assert second["replace_original"] is False
    assert "頭で始めました" in words(second)
    assert JA.share in buttons(second)
    slack.press(GUEST, "C0HELP", {"blocks": first["blocks"]}, "more")
    calm()
    assert slack.responses[-1]["text"] == JA.gone  # somebody else's search


def test_the_shortcut_finds_what_is_like_a_message(slack: SlackServer, transport: str, calm: Calm) -> None:
    ts = slack.say(ANSWERER, "C0CHAT", KEYS)
    slack.shortcut(ASKER, "C0CHAT", ts)
    calm()
    (found,) = slack.responses
    assert "スマートロック" in words(found)
    assert not answers(slack, ts, "C0CHAT")


def test_a_middling_answer_is_whispered_to_the_asker(slack: SlackServer, calm: Calm) -> None:
    ts = slack.say(ASKER, "C0TAX", KEYS)
    calm()
    (note,) = slack.ephemerals
    assert (note["user"], note["channel"]) == (ASKER, "C0TAX")
    assert "thread_ts" not in note  # Slack shows nothing in a thread that has no reply yet
    assert not answers(slack, ts, "C0TAX")


def test_the_buttons_of_an_answer_work(slack: SlackServer, transport: str, calm: Calm) -> None:
    ts = slack.say(ASKER, "C0HELP", KEYS)
    calm()
    (answer,) = answers(slack, ts)
    slack.press(ANSWERER, "C0HELP", answer, JA.helpful)
    calm()
    assert [said["text"] for said in slack.responses] == [JA.thanks_helpful]
    before = len(answer["blocks"])
    slack.press(ASKER, "C0HELP", answer, JA.wrong)
    calm()
    left = answers(slack, ts)
    assert not left or len(left[0]["blocks"]) < before
    if left:
        slack.press(ASKER, "C0HELP", left[0], JA.solved)
        calm()
        assert JA.marked_solved in words(answers(slack, ts)[0])
        assert not buttons(answers(slack, ts)[0])


def test_an_archived_channel_is_left_in_peace(slack: SlackServer, calm: Calm) -> None:
    room = slack.add_channel("C0OLD", "何でも相談", members=(ASKER,))
    slack.event({"type": "channel_created", "channel": {"id": "C0OLD", "name": "何でも相談", "created": 1}})
    calm()
    room.archived = True
    slack.say(ASKER, "C0OLD", KEYS)  # posted while it was archived: Slack refuses the answer
    calm()
    assert [call.method for call in slack.calls if call.method.startswith("chat.")] == ["chat.postMessage"]
    slack.event({"type": "channel_archive", "channel": "C0OLD", "user": ASKER})
    slack.say(ASKER, "C0OLD", KEYS)
    calm()
    assert [call.method for call in slack.calls if call.method.startswith("chat.")] == ["chat.postMessage"]
    assert not slack.said_by_bot("C0OLD")
