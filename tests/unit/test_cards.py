"""Cards: what the outbox keeps of a message is the whole message."""

from __future__ import annotations

import json

from bot.replies import Attachment, Button, Card, Menu, Reply


def test_the_outbox_keeps_every_part_of_a_message() -> None:
    reply = Reply(
        "本文",
        (
            Card(
                "題",
                "https://test.example/",
                "抜粋",
                "事実",
                menus=(Menu("choose", "選ぶ", (("1", "一"),), value="7"),),
            ),
        ),
        ("注",),
        (Button("take", "担当します", "7"),),
        (("C1", "税"),),
        (Menu("expert", "詳しい人", people=True),),
        (Attachment("図.png", b"\x00\xff", "質問数の推移"),),
    )
    assert Reply.from_json(reply.to_json()) == reply


def test_messages_kept_by_earlier_versions_are_read() -> None:
    kept = json.loads(Reply("本文", (Card("題", "", "", ""),)).to_json())
    del kept["menus"], kept["attachments"], kept["cards"][0]["menus"]
    assert Reply.from_json(json.dumps(kept)) == Reply("本文", (Card("題", "", "", ""),))
