"""The weekly digest on each platform: posted once with its picture, mended, pressed; and a member's own edition."""

from __future__ import annotations

from chats import Chat, Shown
from moved_time import JAPAN, Office, channel_map

from bot.replies.wording import digest, unanswered
from indexer.corpus import Database

WAITING = "議会の会議録を点字にする手配はどこに頼めばよいでしょうか。"
GONE = "庁舎の屋上で養蜂を始めたいのですが、届け出はどこに出せばよいでしょうか。"
SOLVED = "償却資産の申告書の受付を電子化したいのですが、何から始めればよいですか。"
ANSWER = "申告書にちらしを同封し、税理士会にも説明しました。半年で三割が電子になりました。"


def next_week(office: Office, post: str) -> int:
    """Go on to the first working day of the week after a post's; how many editions are posted then."""
    week = office.chat.written(post).astimezone(JAPAN).isocalendar()[:2]
    while office.tomorrow().isocalendar()[:2] <= week:
        pass
    return office.digest()


def edition(chat: Chat) -> Shown:
    (found,) = chat.said("week")
    return found


def test_the_digest_comes_once_is_mended_and_its_button_works(quiet_chat: Chat, database: Database) -> None:
    chat = quiet_chat
    with Office(chat, database, channel_map(chat)) as office:
        waiting, gone = chat.say("asker", "help", WAITING), chat.say("asker", "help", GONE)
        solved = chat.say("asker", "tax", SOLVED)
        chat.react("asker", "tax", chat.say("answerer", "tax", ANSWER, solved), "white_check_mark")
        secret = chat.say("asker", "pref", "モグラ対策の補助金を県に出し直した団体はありますか。")
        chat.settle()
        assert next_week(office, waiting) == 1
        first = edition(chat)
        assert chat.files(first)["png"].startswith(b"\x89PNG")
        assert "週ごとに示したグラフ" in first.words
        for room, post in (("help", waiting), ("help", gone), ("tax", solved)):
            assert chat.link(room, post) in first.words
        assert chat.link("pref", secret) not in first.words
        assert "ちらしを同封" in first.words
        assert office.digest() == 0
        assert edition(chat).id == first.id

        chat.delete("asker", "help", gone)
        chat.settle()
        now = edition(chat)
        assert chat.link("help", gone) not in now.words
        assert "養蜂" not in now.words
        assert chat.files(now)["png"].startswith(b"\x89PNG")

        chat.clear()
        chat.press("answerer", "week", now, digest.JA.take)
        chat.settle()
        assert any(unanswered.JA.took in said.words for said in chat.private("answerer"))
        (line,) = chat.answers("help", waiting)
        assert "さんが回答を準備しています" in line.words


def test_a_members_own_digest_comes_to_them_alone(quiet_chat: Chat, database: Database) -> None:
    chat = quiet_chat
    with Office(chat, database, channel_map(chat)) as office:
        chat.command("answerer", "tax", "kyoso", "まとめ オン")
        chat.settle()
        assert any(digest.JA.on in said.words for said in chat.private("answerer"))
        waiting = chat.say("asker", "tax", SOLVED)
        secret = chat.say("asker", "pref", "モグラ対策の補助金を県に出し直した団体はありますか。")
        chat.say("answerer", "tax", ANSWER, waiting)
        chat.settle()
        assert next_week(office, waiting) == 2
        (own,) = chat.direct("answerer")
        assert "あなたに関わる先週のまとめ" in own.words
        assert "まとめ オフ" in own.words
        assert not chat.direct("asker")
        assert not chat.direct("operator")
        chat.delete("asker", "tax", waiting)
        chat.delete("asker", "pref", secret)
        chat.settle()
        (own,) = chat.direct("answerer")
        assert chat.link("tax", waiting) not in own.words
        assert "モグラ" not in own.words

        chat.clear()
        chat.command("answerer", "tax", "kyoso", "まとめ オフ")
        chat.settle()
        assert any(digest.JA.off in said.words for said in chat.private("answerer"))
