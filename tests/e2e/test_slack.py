"""From a question on Slack to its one answer, over both transports, whatever befalls events and calls on the way."""

from __future__ import annotations

import copy
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from served import Served, until
from slack_server import BOT_USER, SlackServer

ASKER, ANSWERER = "UASK", "UANS"
KEYS = "体育館の鍵をスマートロックにした団体はありますか。冬の寒さで動くか心配です。"
LOTTERY = "テニスコートの抽選で、家族の名義で何十個もIDを作る人がいます。どう防いでいますか。"
ROBOT = "夜間に無人で動かすRPAが画面ロックで止まります。どう設定していますか。"
PAPERS = "介護認定審査会の資料を毎週印刷して郵送しています。タブレットにした団体はありますか。"
DEPOSITS = "滞納整理の預金調査を電子照会に変えた団体はありますか。費用の元は取れますか。"
LUNCH = "みなさん今日のお昼は何を食べましたか？うちはそばでした。"

Calm = Callable[[], None]


def answers(slack: SlackServer, ts: str, channel: str = "C0HELP") -> list[dict[str, Any]]:
    """What the bot said in the thread of a question."""
    return [said for said in slack.room(channel).thread(ts) if said.get("user") == BOT_USER]


def shown(message: dict[str, Any]) -> str:
    """All that a message lets people read."""
    parts = [message.get("text", "")]
    for block in message.get("blocks", []):
        parts += [element.get("text", {}) for element in (block, *block.get("elements", []))]
    return " ".join(part if isinstance(part, str) else str(part.get("text", "")) for part in parts)


def test_a_question_is_answered_once_in_its_thread(slack: SlackServer, transport: str, calm: Calm) -> None:
    ts = slack.say(ASKER, "C0HELP", KEYS)
    calm()
    (answer,) = answers(slack, ts)
    assert "スマートロック" in shown(answer)
    assert not slack.ephemerals
    assert sum(call.method == "chat.postMessage" for call in slack.calls) == 1


def test_redeliveries_change_nothing(slack: SlackServer, transport: str, bot: Served) -> None:
    before = len(slack.delivery.envelopes)
    ts = slack.say(ASKER, "C0HELP", ROBOT)
    mine = slack.delivery.envelopes[before:]
    for _ in range(3):  # with Slack's retry headers, or in envelopes that say so
        mine[0].acked = False
        slack.delivery.redeliver()
    slack.delivery.wait_acked()
    slack.delivery.mode = "http" if transport == "socket" else "socket"  # and once more by the other way
    mine[0].acked = False
    slack.delivery.redeliver()
    slack.delivery.wait_acked()
    bot.idle()
    assert len(answers(slack, ts)) == 1


def test_the_same_post_under_other_event_ids_is_answered_once(slack: SlackServer, calm: Calm) -> None:
    ts = slack.say(ASKER, "C0HELP", PAPERS)
    for number in range(3):
        payload = copy.deepcopy(slack.delivery.envelopes[-1].payload)
        slack.delivery.report("events_api", payload | {"event_id": f"EvAgain{number}{ts}"})
    calm()
    assert len(answers(slack, ts)) == 1


def test_a_mention_is_answered_once_and_privately(slack: SlackServer, transport: str, calm: Calm) -> None:
    ts = slack.say(ASKER, "C0HELP", f"<@{BOT_USER}> {KEYS}")
    calm()
    (note,) = slack.ephemerals
    assert note["user"] == ASKER
    assert "スマートロック" in shown(note)
    assert not answers(slack, ts)


def test_a_direct_message_is_answered_once(slack: SlackServer, transport: str, calm: Calm) -> None:
    before = len(slack.said_by_bot(slack.direct_room(ASKER).id))
    slack.dm(ASKER, KEYS)
    calm()
    said = slack.said_by_bot(slack.direct_room(ASKER).id)[before:]
    assert len(said) == 1
    assert "スマートロック" in shown(said[0])


def test_an_edit_renews_the_answer_in_place(slack: SlackServer, transport: str, calm: Calm) -> None:
    ts = slack.say(ASKER, "C0HELP", KEYS)
    calm()
    (before,) = copy.deepcopy(answers(slack, ts))
    slack.edit("C0HELP", ts, LOTTERY)
    calm()
    (after,) = answers(slack, ts)
    assert after["ts"] == before["ts"]
    assert "スマートロック" in before["text"].splitlines()[1]
    assert "テニスコート" in after["text"].splitlines()[1]


def test_a_deleted_question_takes_its_answer_along(slack: SlackServer, transport: str, calm: Calm) -> None:
    ts = slack.say(ASKER, "C0HELP", PAPERS)
    calm()
    assert len(answers(slack, ts)) == 1
    slack.delete("C0HELP", ts)
    calm()
    assert answers(slack, ts) == []


def late(slack: SlackServer, act: Callable[[], object]) -> list[tuple[str, dict[str, Any]]]:
    """What `act` has to report, kept back."""
    slack.delivery.paused.set()
    before = len(slack.delivery.envelopes)
    act()
    kept = slack.delivery.envelopes[before:]
    del slack.delivery.envelopes[before:]
    slack.delivery.paused.clear()
    return [(envelope.kind, envelope.payload) for envelope in kept]


def test_an_edit_may_come_before_its_post(slack: SlackServer, calm: Calm) -> None:
    posted: list[str] = []
    post = late(slack, lambda: posted.append(slack.say(ASKER, "C0HELP", KEYS)))
    slack.edit("C0HELP", posted[0], LOTTERY)
    calm()
    for kind, payload in post:
        slack.delivery.report(kind, payload)
    calm()
    (answer,) = answers(slack, posted[0])
    assert "テニスコート" in shown(answer)


def test_edits_may_come_in_the_wrong_order(slack: SlackServer, calm: Calm) -> None:
    ts = slack.say(ASKER, "C0HELP", KEYS)
    calm()
    older = late(slack, lambda: slack.edit("C0HELP", ts, ROBOT))
    slack.edit("C0HELP", ts, LOTTERY)
    calm()
    for kind, payload in older:
        slack.delivery.report(kind, payload)
    calm()
    (answer,) = answers(slack, ts)
    assert "テニスコート" in shown(answer)


def test_a_deletion_may_come_before_its_post(slack: SlackServer, calm: Calm) -> None:
    posted: list[str] = []
    post = late(slack, lambda: posted.append(slack.say(ASKER, "C0HELP", KEYS)))
    slack.delete("C0HELP", posted[0])
    calm()
    for kind, payload in post:
        slack.delivery.report(kind, payload)
    calm()
    assert answers(slack, posted[0]) == []


def test_a_busy_slack_is_given_the_time_it_asks_for(slack: SlackServer, calm: Calm) -> None:
    slack.fail("chat.postMessage", 429, retry_after=2)
    asked = time.monotonic()
    ts = slack.say(ASKER, "C0HELP", KEYS)
    calm()
    assert len(answers(slack, ts)) == 1
    assert time.monotonic() - asked >= 2


@pytest.mark.parametrize("method", ["chat.postMessage", "chat.update", "chat.delete"])
def test_a_failure_of_slacks_passes(slack: SlackServer, calm: Calm, method: str) -> None:
    slack.fail(method, 500)
    ts = slack.say(ASKER, "C0HELP", KEYS)
    calm()
    slack.edit("C0HELP", ts, LOTTERY)
    calm()
    (answer,) = answers(slack, ts)
    assert "テニスコート" in shown(answer)
    slack.delete("C0HELP", ts)
    calm()
    assert answers(slack, ts) == []


def test_an_answer_that_got_lost_is_not_repeated(slack: SlackServer, calm: Calm) -> None:
    slack.lose_answer("chat.postMessage")
    slack.fail("conversations.replies", 429, retry_after=1)  # nor when looking for it has to wait
    ts = slack.say(ASKER, "C0HELP", DEPOSITS)
    calm()
    assert len(answers(slack, ts)) == 1


def test_a_dropped_socket_loses_nothing(slack: SlackServer, calm: Calm) -> None:
    connections = slack.delivery.connections
    slack.delivery.drop_sockets()
    ts = slack.say(ASKER, "C0HELP", KEYS)
    slack.delivery.wait_connected(connections + 1, timeout=8)
    calm()
    assert len(answers(slack, ts)) == 1


def test_a_server_that_goes_away_comes_back(slack: SlackServer, calm: Calm, bot: Served) -> None:
    connections = slack.delivery.connections
    slack.delivery.refusing = True
    slack.fail("apps.connections.open", 503, times=2)
    slack.fail("chat.postMessage", 503, times=2)
    slack.delivery.drop_sockets()
    until(lambda: bot.get("/readyz")[0] == 503)
    ts = slack.say(ASKER, "C0HELP", KEYS)
    slack.delivery.refusing = False
    slack.delivery.wait_connected(connections + 1, timeout=20)
    calm()
    assert len(answers(slack, ts)) == 1


def test_what_is_not_slacks_is_turned_away(slack: SlackServer, calm: Calm) -> None:
    event = {"type": "message", "user": ASKER, "text": KEYS, "channel": "C0HELP", "ts": slack.next_ts()}
    payload = {"type": "event_callback", "event_id": "EvForged", "event": event | {"channel_type": "channel"}}
    assert slack.delivery.post_signed("events_api", payload, secret="wrong")[0] == 401
    assert slack.delivery.post_signed("events_api", payload, age=600)[0] == 401
    challenge = {"type": "url_verification", "challenge": "c123", "token": "x"}
    assert slack.delivery.post_signed("events_api", challenge) == (200, '{"challenge": "c123"}')
    calm()
    assert not [call for call in slack.calls if call.method == "chat.postMessage"]


def test_a_hundred_questions_at_once_are_acknowledged_in_time(slack: SlackServer, bot: Served, calm: Calm) -> None:
    reports = late(slack, lambda: [slack.say(ASKER, "C0CHAT", f"{LUNCH} その{number}") for number in range(90)])
    asked: list[str] = []
    reports += late(slack, lambda: asked.extend(slack.say(ASKER, "C0HELP", KEYS) for _ in range(10)))
    began = time.monotonic()
    for kind, payload in reports:
        slack.delivery.report(kind, payload)
    slack.delivery.wait_acked(timeout=3)
    assert time.monotonic() - began < 3
    calm()
    assert [len(answers(slack, ts)) for ts in asked] == [1] * 10


def test_a_hundred_requests_at_once_are_answered_in_time(slack: SlackServer, calm: Calm) -> None:
    slack.delivery.mode = "http"
    chatter = late(slack, lambda: [slack.say(ASKER, "C0CHAT", f"{LUNCH} その{number}") for number in range(99)])
    asked: list[str] = []
    reports = chatter + late(slack, lambda: asked.append(slack.say(ASKER, "C0HELP", KEYS)))

    def post(report: tuple[str, dict[str, Any]]) -> tuple[int, float]:
        began = time.monotonic()
        return slack.delivery.post_signed(*report)[0], time.monotonic() - began

    with ThreadPoolExecutor(len(reports)) as pool:
        told = list(pool.map(post, reports))
    assert {status for status, _ in told} == {200}
    assert max(seconds for _, seconds in told) < 3
    calm()
    assert len(answers(slack, asked[0])) == 1


def test_the_log_holds_no_words_of_members(slack: SlackServer, bot: Served) -> None:
    log = bot.log.read_text()
    for words in ("スマートロック", "テニスコート", "そばでした"):
        assert words not in log
        assert ascii(words).strip("'") not in log
