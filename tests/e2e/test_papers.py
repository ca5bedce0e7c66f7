"""The handover record and the activity report, on each platform: files in a direct message, for the one who asked."""

from __future__ import annotations

from chats import Chat

from bot.replies.wording import activity_report, handover, recognition

QUESTION = "償却資産の申告書の受付を電子化したいのですが、何から始めればよいですか。"
ANSWER = "eLTAXのちらしを申告書に同封し、税理士会にも説明しました。半年で三割が電子になりました。"


def solved(chat: Chat) -> str:
    root = chat.say("asker", "tax", QUESTION)
    reply = chat.say("answerer", "tax", ANSWER, root)
    chat.react("asker", "tax", reply, "white_check_mark")
    chat.settle()
    chat.clear()
    return root


def papers(chat: Chat, who: str) -> dict[str, bytes]:
    """The files of the one message that brings some."""
    (found,) = [files for said in chat.private(who) if (files := chat.files(said))]
    return found


def test_the_handover_record_comes_as_two_files(chat: Chat) -> None:
    root = solved(chat)
    chat.command("asker", "tax", "kyoso", "引き継ぎ")
    chat.settle()
    assert any(handover.JA.sent in said.words for said in chat.private("asker"))
    found = papers(chat, "asker")
    assert found["pdf"].startswith(b"%PDF-")
    text = found["md"].decode()
    assert "# 愛媛県上島町 引き継ぎ記録" in text
    assert chat.link("tax", root) in text
    assert "半年で三割" in text
    assert any("引き継ぎ記録_上島町_" in said.words for said in chat.private("asker"))
    chat.delete("asker", "tax", root)
    chat.settle()


def test_the_activity_report_comes_to_the_helper_alone(chat: Chat) -> None:
    root = solved(chat)
    chat.command("answerer", "tax", "kyoso", "ambassador report")
    chat.settle()
    assert any("ダイレクトメッセージでお送りします" in said.words for said in chat.private("answerer"))
    found = papers(chat, "answerer")
    assert found["pdf"].startswith(b"%PDF-")
    text = found["md"].decode()
    assert "松山市 システム管理" in text
    assert "上島町" in text
    assert "半年で三割" not in text
    chat.delete("asker", "tax", root)
    chat.settle()


def test_who_has_nothing_to_show_is_told_kindly(chat: Chat) -> None:
    stranger = chat.arrive("委託業者")
    asked = {"handover": handover.JA.no_place, "活動証明": activity_report.JA.nothing.partition("は、")[2]}
    asked |= {"アンバサダー 候補": recognition.JA.operators_only, "称号 off": recognition.JA.opted_out}
    for text, answer in asked.items():
        chat.clear()
        chat.command(stranger, "help", "kyoso", text)
        chat.settle()
        (told,) = chat.private(stranger)
        assert answer in told.words
        assert not chat.files(told)
