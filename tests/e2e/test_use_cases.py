"""Questions, answers, commands and buttons from what a member does to what they see, on each chat platform."""

from __future__ import annotations

import pytest
from chats import Chat, SlackChat
from mattermost_chat import MattermostChat

from bot.replies.wording import JA

ZEBRA = "庁舎のシマウマ模様の横断幕を電子化した団体はありますか。費用の元は取れますか。"
PENGUIN = "ペンギン型の案内ロボットを窓口に置いた団体はありますか。どう運用していますか。"
CAMEL = "ラクダ便による文書配送を庁内で始めた団体はありますか。進め方を教えてください。"
OTTER = "カワウソを見守る河川カメラの映像を公開した団体はありますか。権利の扱いが心配です。"
SECRET = "県内だけの話ですが、モグラ対策の補助金を県に出し直した団体はありますか。"
PAST = {
    ZEBRA: "横断幕は布のままがよいです。三年で元が取れませんでした。",
    PENGUIN: "充電は夜間にしています。昼は職員が付き添います。",
    CAMEL: "まず三頭で始め、総務課が当番表を作りました。",
    OTTER: "映像は一日で消すと要綱に書きました。",
}


def resolved(chat: Chat, question: str, answer: str, room: str = "chat") -> str:
    """A thread of the past."""
    root = chat.say("answerer", room, question)
    reply = chat.say("asker", room, answer, root)
    chat.react("answerer", room, reply, "white_check_mark")
    return root


@pytest.fixture(scope="session")
def _talked(_chat: Chat) -> Chat:
    for question, answer in PAST.items():
        resolved(_chat, question, answer)
    resolved(_chat, SECRET, "様式第二号を先に出しました。", "pref")
    _chat.settle()
    return _chat


@pytest.fixture
def chat(_talked: Chat) -> Chat:
    _talked.clear()
    _talked.settle()
    return _talked


@pytest.fixture
def breakable(chat: Chat) -> Chat:
    """A platform that can be made to fail."""
    if isinstance(chat, MattermostChat) and chat.stub is None:
        pytest.skip("a genuine server is not broken on purpose")
    return chat


def test_a_question_is_answered_once_in_its_thread(chat: Chat) -> None:
    root = chat.say("asker", "help", ZEBRA)
    chat.settle()
    (answer,) = chat.answers("help", root)
    assert "シマウマ" in answer.words
    assert "横断幕は布のまま" in answer.words
    assert JA.helpful in answer.buttons
    assert not chat.private("asker")


def test_only_threads_of_the_members_own_platform_are_shown(chat: Chat) -> None:
    chat.command("asker", "help", "similar", "体育館の鍵が冬の寒さで動くか心配です")
    chat.settle()
    (found,) = chat.private("asker")
    assert ("スマートロック" in found.words) is isinstance(chat, SlackChat)  # whose past is on record


def test_thanks_replies_and_closed_channels_are_left_alone(chat: Chat) -> None:
    thanks = chat.say("asker", "help", "先日の件、ありがとうございました。助かりました。")
    elsewhere = chat.say("asker", "chat", PENGUIN)
    silent = chat.say("asker", "help", "了解です")
    chat.say("asker", "help", PENGUIN, silent)
    chat.settle()
    for root, room in ((thanks, "help"), (elsewhere, "chat"), (silent, "help")):
        assert not chat.answers(room, root)
    chat.delete("asker", "chat", elsewhere)


def test_a_middling_answer_is_for_the_asker_alone(chat: Chat) -> None:
    root = chat.say("asker", "tax", PENGUIN)
    chat.settle()
    (note,) = chat.private("asker")
    assert "ペンギン" in note.words
    assert not chat.answers("tax", root)
    assert not chat.private("answerer")


def test_an_edit_renews_the_answer_in_place(chat: Chat) -> None:
    root = chat.say("asker", "help", ZEBRA)
    chat.settle()
    assert len(chat.answers("help", root)) == 1
    chat.edit("asker", "help", root, CAMEL)
    chat.settle()
    (after,) = chat.answers("help", root)
    assert "ラクダ" in after.words
    assert "ラクダ" in after.words.partition("シマウマ")[0]  # which is no more than a second thought now


def test_an_edit_to_what_is_no_question_takes_the_answer_back(chat: Chat) -> None:
    root = chat.say("asker", "help", ZEBRA)
    chat.settle()
    chat.edit("asker", "help", root, "解決しました。お騒がせしました。")
    chat.settle()
    assert chat.answers("help", root) == []


def test_a_deleted_question_takes_its_answer_along(chat: Chat) -> None:
    root = chat.say("asker", "help", ZEBRA)
    chat.settle()
    assert len(chat.answers("help", root)) == 1
    chat.delete("asker", "help", root)
    chat.settle()
    assert chat.answers("help", root) == []


def test_a_deleted_thread_leaves_the_answers_that_quote_it(chat: Chat) -> None:
    goose = "ガチョウによる庁舎警備を試した団体はありますか。近所の理解はどう得ましたか。"
    told = resolved(chat, goose, "回覧板で三か月前から知らせました。")
    chat.settle()
    root = chat.say("asker", "help", "ガチョウの庁舎警備を始めたいです。近所の理解を得た団体はありますか。")
    chat.settle()
    assert any("回覧板" in answer.words for answer in chat.answers("help", root))
    chat.delete("answerer", "chat", told)
    chat.settle()
    assert not any(
        "回覧板" in answer.words or "ガチョウによる" in answer.words for answer in chat.answers("help", root)
    )


def test_a_mention_is_answered_privately(chat: Chat) -> None:
    root = chat.say("asker", "help", f"{chat.mention()} {OTTER}")
    chat.settle()
    (note,) = chat.private("asker")
    assert "カワウソ" in note.words
    assert not chat.answers("help", root)


def test_a_direct_message_is_answered_once_and_not_recorded(chat: Chat) -> None:
    walrus = "セイウチの庁内見学会を開いた団体はありますか"
    chat.dm("asker", walrus)
    chat.settle()
    assert len([said for said in chat.private("asker") if said.words]) == 1
    chat.clear()
    chat.command("answerer", "help", "similar", walrus)
    chat.settle()
    assert not any("庁内見学会を開いた団体はありますか**" in found.words for found in chat.private("answerer"))


def test_similar_answers_privately_and_can_be_shared_with_ones_own_question(chat: Chat) -> None:
    root = chat.say("asker", "tax", CAMEL)
    chat.settle()
    chat.clear()
    chat.command("asker", "tax", "similar", CAMEL)
    chat.settle()
    (found,) = chat.private("asker")
    assert "ラクダ" in found.words
    chat.press("asker", "tax", found, JA.share)
    chat.press("asker", "tax", found, JA.share)
    chat.settle()
    (shared,) = chat.answers("tax", root)
    assert "上島町" in shared.words


def test_the_buttons_of_an_answer_work(chat: Chat) -> None:
    root = chat.say("asker", "help", OTTER)
    chat.settle()
    (answer,) = chat.answers("help", root)
    chat.press("answerer", "help", answer, JA.helpful)
    chat.settle()
    assert any(JA.thanks_helpful in said.words for said in chat.private("answerer"))
    chat.press("asker", "help", answer, JA.solved)
    chat.settle()
    (settled,) = chat.answers("help", root)
    assert JA.marked_solved in settled.words
    assert not settled.buttons


def test_ones_own_question_is_resolved_by_a_command(chat: Chat) -> None:
    beaver = "ビーバーの堰と農業用水の調整をした団体はありますか。誰が間に入りましたか。"
    chat.say("operator", "help", beaver)
    chat.settle()
    chat.clear()
    chat.command("operator", "help", "kyoso", "解決")
    chat.settle()
    (told,) = chat.private("operator")
    assert "ビーバー" in told.words


def test_commands_explain_themselves(chat: Chat) -> None:
    for command, text in (("similar", ""), ("kyoso", "help"), ("kyoso", "何かのまちがい"), ("kyoso", "route")):
        chat.clear()
        chat.command("asker", "help", command, text)
        chat.settle()
        (told,) = chat.private("asker")
        assert told.words


def test_a_reaction_resolves_and_its_removal_undoes_it(chat: Chat) -> None:
    llama = "リャマに議案書を運ばせた議会事務局はありますか。首輪の色はどうしましたか。"
    root = chat.say("answerer", "chat", llama)
    reply = chat.say("asker", "chat", "首輪は紺にしました。", root)

    def found() -> bool:
        chat.settle()
        chat.clear()
        chat.command("asker", "help", "similar", llama)
        chat.settle()
        return "首輪は紺" in chat.private("asker")[0].words

    assert not found()
    chat.react("answerer", "chat", reply, "white_check_mark")
    assert found()
    chat.react("answerer", "chat", reply, "white_check_mark", remove=True)
    assert not found()


def test_what_stands_in_a_private_room_is_shown_to_its_members_alone(chat: Chat) -> None:
    for who, room, seen in (("operator", "help", False), ("asker", "help", True)):
        chat.clear()
        chat.command(who, room, "similar", "モグラ対策の補助金を県に出し直した団体")
        chat.settle()
        assert any("様式第二号" in found.words for found in chat.private(who)) is seen
    root = chat.say("asker", "help", "モグラ対策の補助金を県に出し直した団体はありますか。")
    chat.settle()
    assert not any("様式第二号" in answer.words for answer in chat.answers("help", root))


def test_a_private_room_off_the_map_is_not_recorded(chat: Chat) -> None:
    chat.say("asker", "own", "オコジョの毛並みの記録簿を電子化した団体はありますか。")
    chat.settle()
    chat.command("asker", "own", "similar", "オコジョの毛並みの記録簿")
    chat.settle()
    assert not any("オコジョの毛並みの記録簿を電子化" in found.words for found in chat.private("asker"))


def test_a_failure_of_the_server_passes(breakable: Chat) -> None:
    root = _asked_quietly(breakable)
    breakable.settle()
    assert len(breakable.answers("help", root)) == 1


def test_an_answer_that_got_lost_is_not_repeated(breakable: Chat) -> None:
    root = _asked_quietly(breakable, lost=True)
    breakable.settle()
    assert len(breakable.answers("help", root)) == 1


def test_a_dropped_connection_loses_nothing(breakable: Chat) -> None:
    breakable.drop()
    root = breakable.say("asker", "help", ZEBRA)
    breakable.settle()
    assert len(breakable.answers("help", root)) == 1


def _asked_quietly(chat: Chat, *, lost: bool = False) -> str:
    """Ask, and let the bot's answer, not the question, meet the trouble."""
    if isinstance(chat, MattermostChat):
        assert chat.stub is not None
        # The question goes in by the back door: the trouble waits for the next request that makes a post.
        (chat.lose_once if lost else chat.fail_once)()
        return chat.stub.say(chat._ids["asker"], chat._rooms["help"], ZEBRA)
    (chat.lose_once if lost else chat.fail_once)()
    return chat.say("asker", "help", ZEBRA)
