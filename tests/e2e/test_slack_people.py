"""What members do with the bot on Slack: commands, buttons, shortcuts; and who gets to see what."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from served import Served
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


def test_a_thread_is_shared_once_with_ones_own_question(slack: SlackServer, transport: str, calm: Calm) -> None:
    ts = slack.say(ASKER, "C0TAX", KEYS)
    slack.command(ASKER, "C0TAX", "/similar", KEYS)
    calm()
    found = {"blocks": slack.responses[-1]["blocks"]}
    slack.press(ASKER, "C0TAX", found, JA.share)
    slack.press(ASKER, "C0TAX", found, JA.share)
    calm()
    (shared,) = answers(slack, ts, "C0TAX")
    assert "上島町" in words(shared)
    slack.delete("C0TAX", ts)
    calm()
    assert not answers(slack, ts, "C0TAX")


def test_the_shortcut_finds_what_is_like_a_message(slack: SlackServer, transport: str, calm: Calm) -> None:
    ts = slack.say(ANSWERER, "C0CHAT", KEYS)
    slack.shortcut(ASKER, "C0CHAT", ts)
    calm()
    (found,) = slack.responses
    assert "スマートロック" in words(found)
    assert not answers(slack, ts, "C0CHAT")


def test_similar_without_words_and_unknown_words_explain_themselves(slack: SlackServer, calm: Calm) -> None:
    slack.command(ASKER, "C0HELP", "/similar")
    slack.command(ASKER, "C0HELP", "/kyoso", "help")
    slack.command(ASKER, "C0HELP", "/kyoso", "何かのまちがい")
    calm()
    assert [bool(answer["text"]) for answer in slack.responses] == [True] * 3


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


def test_a_reaction_resolves_and_its_removal_undoes_it(slack: SlackServer, calm: Calm) -> None:
    zebra = "庁舎のシマウマ模様の横断幕を電子化した団体はありますか"
    ts = slack.say(ANSWERER, "C0CHAT", zebra)
    reply = slack.say(ASKER, "C0CHAT", "横断幕は布のままがよいです。", thread_ts=ts)

    def found() -> bool:
        slack.responses.clear()
        slack.command(ASKER, "C0HELP", "/similar", zebra)
        calm()
        return "シマウマ" in words({"blocks": [b for b in slack.responses[0]["blocks"][1:] if b["type"] == "section"]})

    assert not found()
    slack.react(ANSWERER, "C0CHAT", reply, "white_check_mark")
    calm()
    assert found()
    slack.react(ANSWERER, "C0CHAT", reply, "white_check_mark", remove=True)
    calm()
    assert not found()


def test_a_deleted_thread_leaves_the_answers_that_quote_it(slack: SlackServer, calm: Calm) -> None:
    penguin = "ペンギン型の案内ロボットを置いた窓口はどう運用していますか"
    told = past(slack, penguin, "充電は夜間にしています。")
    calm()
    ts = slack.say(ASKER, "C0HELP", "ペンギン型の案内ロボットを窓口で運用したいです。どうしていますか。")
    calm()
    assert "充電は夜間" in words(answers(slack, ts)[0])
    slack.delete("C0CHAT", told)
    calm()
    assert all("充電は夜間" not in words(answer) for answer in answers(slack, ts))


def test_a_private_channel_on_the_map_stays_among_its_members(slack: SlackServer, calm: Calm) -> None:
    otter = "カワウソ保護条例の届出を電子で受けている団体はありますか"
    past(slack, otter, "届出は県の共同システムで受けています。", "G0PREF")
    calm()

    def finds(member: str) -> bool:
        slack.responses.clear()
        slack.command(member, "C0HELP", "/similar", "カワウソ保護条例の届出")
        calm()
        return "共同システム" in words(slack.responses[0])

    assert finds(ASKER)
    assert not finds("UOP")
    ts = slack.say(ASKER, "C0HELP", "カワウソ保護条例の届出を電子で受けたいです。どうしていますか。")
    inside = slack.say(ASKER, "G0PREF", "カワウソ保護条例の届出は、電子でどう受けていますか。")
    calm()
    assert all("共同システム" not in words(answer) for answer in answers(slack, ts))
    assert "共同システム" in words(answers(slack, inside, "G0PREF")[0])


def test_a_guest_is_shown_only_what_a_guest_can_open(slack: SlackServer, calm: Calm) -> None:
    slack.command(GUEST, "C0HELP", "/similar", KEYS)
    calm()
    assert "スマートロック" not in words({"blocks": slack.responses[0]["blocks"][1:]})


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


def test_a_channel_and_a_member_of_after_the_start_are_met(slack: SlackServer, calm: Calm) -> None:
    slack.add_user("UNEW", "奥尻町 情報係")
    slack.add_channel("C0NEW", "新しい部屋", members=("UNEW",))
    slack.event({"type": "channel_created", "channel": {"id": "C0NEW", "name": "新しい部屋", "created": 1}})
    told = slack.say("UNEW", "C0NEW", KEYS)
    slack.add_channel("C0UNTOLD", "新しい部屋", members=("UNEW",))
    untold = slack.say("UNEW", "C0UNTOLD", KEYS)
    nobody = slack.say("UGHOST", "C0UNTOLD", KEYS)
    calm()
    assert len(answers(slack, told, "C0NEW")) == 1
    assert len(answers(slack, untold, "C0UNTOLD")) == 1
    assert len(answers(slack, nobody, "C0UNTOLD")) == 1


def test_the_bot_never_answers_itself(slack: SlackServer, bot: Served, calm: Calm) -> None:
    ts = slack.say(ASKER, "C0HELP", KEYS)
    calm()
    slack.say(BOT_USER, "C0HELP", KEYS, bot_id="B0KYOSO", app_id="A0KYOSO")
    calm()
    assert len(answers(slack, ts)) == 1
    assert slack.room("C0HELP").messages[-1]["text"] == KEYS
