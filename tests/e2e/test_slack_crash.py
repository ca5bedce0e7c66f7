"""Killed at the worst moments, told to end, started twice: the bot answers each question once."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest
from served import Served, until
from slack_server import BOT_USER, SlackServer

ASKER = "UASK"
KEYS = "体育館の鍵をスマートロックにした団体はありますか。冬の寒さで動くか心配です。"
LOTTERY = "テニスコートの抽選で、家族の名義で何十個もIDを作る人がいます。どう防いでいますか。"


def answers(slack: SlackServer, ts: str) -> list[dict[str, Any]]:
    return [said for said in slack.room("C0HELP").thread(ts) if said.get("user") == BOT_USER]


@pytest.mark.slow
def test_killed_between_hearing_and_saying(new_server: SlackServer, new_home: Path) -> None:
    """Three questions at three moments: said but not noted, kept in the outbox, kept in the inbox.

    The second process is told to end, and ends while Slack hangs; nothing is left half-done behind.
    """
    slack = new_server
    stranger = slack.hang("users.info")
    sending = slack.hang("chat.postMessage", accept_first=True)
    with Served(slack, new_home) as bot:
        said = slack.say(ASKER, "C0HELP", KEYS)
        assert sending.reached.wait(30)
        waiting = slack.say(ASKER, "C0HELP", LOTTERY)  # the sender is busy: it waits in the outbox
        slack.delivery.wait_acked()
        until(lambda: 'kyoso_outbox{state="waiting"} 1.0' in bot.get("/metrics")[1])
        slack.add_user("UUNMET", "奥尻町 情報係")
        heard = slack.say("UUNMET", "C0HELP", KEYS)
        assert stranger.reached.wait(30)
        slack.delivery.wait_acked()
        bot.kill()
    sending.released.set()
    stranger.released.set()
    assert [len(answers(slack, ts)) for ts in (said, waiting, heard)] == [1, 0, 0]
    with Served(slack, new_home) as bot:
        bot.idle()
        assert [len(answers(slack, ts)) for ts in (said, waiting, heard)] == [1, 1, 1]
        hanging = slack.hang("chat.postMessage", accept_first=True)
        slack.say(ASKER, "C0HELP", KEYS)
        assert hanging.reached.wait(30)
        code = bot.end()  # while Slack still hangs
        hanging.released.set()
        assert code == 0, bot.log.read_text()
        assert "Traceback" not in bot.log.read_text()


@pytest.mark.slow
def test_two_processes_on_one_database(new_server: SlackServer, new_home: Path) -> None:
    """Everything comes to both, and once one of them dies in the act of sending the other one takes over."""
    slack = new_server
    starting = Served(slack, new_home)
    with Served(slack, new_home) as first, starting as second:
        slack.delivery.http_url = second.events_url
        asked = []
        for number in range(8):
            ts = slack.say(ASKER, "C0HELP", KEYS if number % 2 else LOTTERY)
            asked.append(ts)
            envelope = slack.delivery.envelopes[-1]
            slack.delivery.post_signed(envelope.kind, envelope.payload)
        slack.command(ASKER, "C0HELP", "/similar", KEYS)
        slack.delivery.wait_acked()
        first.idle()
        assert [len(answers(slack, ts)) for ts in asked] == [1] * len(asked)
        assert len(slack.responses) == 1
        for ts in asked[:4]:
            slack.edit("C0HELP", ts, KEYS + "追伸です。")
            slack.delete("C0HELP", ts)
        slack.delivery.wait_acked()
        first.idle()
        assert [len(answers(slack, ts)) for ts in asked[:4]] == [0] * 4

        sending = slack.hang("chat.postMessage")
        ts = slack.say(ASKER, "C0HELP", LOTTERY)
        assert sending.reached.wait(30)
        for process in (first, second):  # whichever has it: one is stopped for good, the other one goes on
            process.process.send_signal(signal.SIGSTOP)
        first.kill()
        second.process.send_signal(signal.SIGCONT)
        sending.released.set()
        until(lambda: answers(slack, ts), 40)
        slack.delivery.wait_connected()
        second.idle()
        assert len(answers(slack, ts)) == 1
