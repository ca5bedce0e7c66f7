"""Discussions elsewhere, and questions made known in another channel, on each platform."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from chats import Chat
from playing import PLATFORMS, played

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


@pytest.fixture(scope="module", params=PLATFORMS)
def _chat(request: pytest.FixtureRequest, _past: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chat]:
    home = Path(shutil.copytree(_past, tmp_path_factory.mktemp("elsewhere") / "home"))
    (home / "channel_map.yaml").write_text(CHANNEL_MAP, encoding="utf-8")
    yield from played(request.param, home)


def test_a_question_is_made_known_where_it_belongs_and_taken_back_with_it(chat: Chat) -> None:
    asked = chat.say("asker", "help", BATHS)
    chat.settle()
    (whisper,) = chat.private("asker")
    assert not chat.private("answerer")
    chat.press("asker", "help", whisper, "#入湯税 にも投稿する")
    chat.settle()
    (told,) = chat.private("asker")  # in the place of the offer
    assert "#入湯税 に、このご相談へのリンクを投稿しました。" in told.words
    assert told.buttons == ()
    (note,) = chat.said("bath")
    (back,) = chat.answers("help", asked)
    assert "さんが #何でも相談 で相談しています" in note.words
    assert chat.link("help", asked) in note.words
    assert chat.link("bath", note.id) in back.words
    chat.delete("asker", "help", asked)
    chat.settle()
    assert chat.said("bath") == []
    assert chat.answers("help", asked) == []


def test_a_discussion_elsewhere_is_linked_beside_the_answer_and_follows_it(chat: Chat) -> None:
    solved = chat.say("answerer", "chat", RAFTS)
    reply = chat.say("asker", "chat", "船頭さんには音声入力のアプリを配りました。", solved)
    chat.react("answerer", "chat", reply, "white_check_mark")
    opened = chat.say(
        "answerer", "bath", RAFTS.replace("渡し船の", "港の渡し船の").replace("ください", "いただけますか")
    )
    chat.say("asker", "bath", "うちも困っています。", opened)
    chat.settle()
    asked = chat.say("asker", "help", RAFTS)
    chat.settle()
    (answer,) = chat.answers("help", asked)
    assert "こちらで議論されていますよ" in answer.words
    assert chat.link("bath", opened) in answer.words
    chat.delete("answerer", "bath", opened)
    chat.settle()
    (answer,) = chat.answers("help", asked)
    assert "こちらで議論されていますよ" not in answer.words
    assert chat.link("bath", opened) not in answer.words
    assert chat.link("chat", solved) in answer.words
