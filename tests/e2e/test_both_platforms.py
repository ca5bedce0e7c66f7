"""One bot on a Slack workspace and a Mattermost server at once: each member sees their own place's threads alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from chats import Chat, SlackChat
from mattermost_chat import MattermostChat
from mattermost_server import MattermostServer
from served import Served
from slack_server import SlackServer

# What was asked and answered on one platform alone.
ON_SLACK = (
    "ヤギによる公園の除草を委託した団体はありますか。柵の費用が心配です。",
    "柵は移動式にして半額になりました。",
)
ON_MATTERMOST = ("ハヤブサで庁舎の鳩よけをした団体はありますか。契約の形を知りたいです。", "鷹匠と単価契約にしました。")


def resolved(chat: Chat, question: str, answer: str) -> None:
    root = chat.say("answerer", "chat", question)
    chat.react("answerer", "chat", chat.say("asker", "chat", answer, root), "white_check_mark")
    chat.settle()


def seen(chat: Chat, question: str) -> str:
    """What the bot answers to a question, and to a search for it."""
    chat.clear()
    root = chat.say("asker", "help", question)
    chat.command("asker", "help", "similar", question)
    chat.settle()
    return " ".join(shown.words for shown in (*chat.answers("help", root), *chat.private("asker")))


@pytest.mark.slow
@pytest.mark.parametrize("joined", [False, True])
def test_one_bot_serves_both(new_home: Path, joined: bool) -> None:
    with SlackServer.running() as slack_server, MattermostServer.running() as stub:
        slack, mattermost = SlackChat(slack_server), MattermostChat(stub.url, stub.admin_token, stub)
        settings = mattermost.settings()
        if joined:
            # The one Slack workspace on record is the one that is served.
            names = f"joined: [slack:T0KYOSO26, 'mattermost:{settings['KYOSO_MATTERMOST_TEAM']}']\n"
            channel_map = new_home / "channel_map.yaml"
            channel_map.write_text(channel_map.read_text(encoding="utf-8") + names, encoding="utf-8")
        with Served(slack_server, new_home, port=mattermost.port, **settings) as bot:
            slack.bot = mattermost.bot = bot
            resolved(slack, *ON_SLACK)
            resolved(mattermost, *ON_MATTERMOST)
            for own, other, (question, answer) in ((slack, mattermost, ON_SLACK), (mattermost, slack, ON_MATTERMOST)):
                assert answer in seen(own, question)
                assert (answer in seen(other, question)) is joined
            assert bot.process.poll() is None
        mattermost.close()
