"""The handover record and the activity report on Slack: as files in a direct message, for the one who asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from slack_server import SlackServer

from bot.replies.wording import activity_report, handover, recognition

ASKER, ANSWERER, GUEST, OPERATOR = "UASK", "UANS", "UGUEST", "UOP"
QUESTION = "償却資産の申告書の受付を電子化したいのですが、何から始めればよいですか。"
ANSWER = "eLTAXのちらしを申告書に同封し、税理士会にも説明しました。半年で三割が電子になりました。"

Calm = Callable[[], None]


def solved(slack: SlackServer, channel: str = "C0TAX", text: str = QUESTION) -> str:
    ts = slack.say(ASKER, channel, text)
    reply = slack.say(ANSWERER, channel, ANSWER, thread_ts=ts)
    slack.react(ASKER, channel, reply, "white_check_mark")
    return ts


def papers(slack: SlackServer, member_id: str) -> dict[str, dict[str, Any]]:
    """The files of the last direct message, by how their names end."""
    last = slack.said_by_bot("D" + member_id[1:])[-1]
    shown = [file for file in slack.files.values() if file["permalink"] in str(last["text"]) + str(last["blocks"])]
    return {file["name"].rpartition(".")[2]: file for file in shown}


def test_the_handover_record_comes_as_two_files(slack: SlackServer, transport: str, calm: Calm) -> None:
    ts = solved(slack)
    calm()
    slack.command(ASKER, "C0TAX", "/kyoso", "引き継ぎ")
    calm()
    assert slack.responses[-1]["text"] == handover.JA.sent
    found = papers(slack, ASKER)
    assert found["pdf"]["content"].startswith(b"%PDF-")
    text = found["md"]["content"].decode()
    assert "# 愛媛県上島町 引き継ぎ記録" in text
    assert ts.replace(".", "") in text
    assert "半年で三割" in text
    assert found["pdf"]["name"].startswith("引き継ぎ記録_上島町_")
    slack.delete("C0TAX", ts)
    calm()


def test_the_activity_report_comes_to_the_helper_alone(slack: SlackServer, transport: str, calm: Calm) -> None:
    ts = solved(slack)
    calm()
    slack.command(ANSWERER, "C0TAX", "/kyoso", "ambassador report")
    calm()
    assert "ダイレクトメッセージでお送りします" in slack.responses[-1]["text"]
    found = papers(slack, ANSWERER)
    assert found["pdf"]["content"].startswith(b"%PDF-")
    text = found["md"]["content"].decode()
    assert "松山市 システム管理" in text
    assert "上島町" in text
    assert "半年で三割" not in text
    slack.delete("C0TAX", ts)
    calm()


def test_who_has_nothing_to_show_is_told_kindly(slack: SlackServer, transport: str, calm: Calm) -> None:
    slack.command(GUEST, "C0HELP", "/kyoso", "handover")
    slack.command(OPERATOR, "C0HELP", "/kyoso", "活動証明")
    slack.command(GUEST, "C0HELP", "/kyoso", "アンバサダー 候補")
    slack.command(GUEST, "C0HELP", "/kyoso", "称号 off")
    calm()
    said = [response["text"] for response in slack.responses]
    assert handover.JA.no_place in said
    assert any(text.endswith(activity_report.JA.nothing.partition("は、")[2]) for text in said)
    assert recognition.JA.operators_only in said
    assert recognition.JA.opted_out in said
    assert "DGUEST" not in slack.rooms
