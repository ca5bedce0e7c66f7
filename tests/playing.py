"""Where use cases are played: a stand-in of each chat platform, and a genuine Mattermost where one is named.

That one is named by MATTERMOST_TEST_URL and MATTERMOST_TEST_ADMIN_TOKEN. It must be able to call this machine, at
127.0.0.1 or, from a container or another machine, at what MATTERMOST_TEST_CALLBACK_HOST says:
`AllowedUntrustedInternalConnections` has to hold that address, and bots, access tokens and slash commands have to be
switched on. Each test makes a team of its own there.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from chats import Chat, SlackChat
from mattermost_chat import MattermostChat
from mattermost_server import MattermostServer
from served import Served
from slack_server import SlackServer

GENUINE = os.environ.get("MATTERMOST_TEST_URL", "")
PLATFORMS = ["slack", "mattermost", *(["mattermost-genuine"] if GENUINE else [])]


@contextmanager
def place(name: str) -> Iterator[Chat]:
    """A platform with people on it, and no bot yet."""
    if name == "slack":
        with SlackServer.running() as server:
            yield SlackChat(server)
    elif name == "mattermost":
        with MattermostServer.running() as stub, closing(MattermostChat(stub.url, stub.admin_token, stub)) as chat:
            yield chat
    else:
        with closing(MattermostChat(GENUINE, os.environ["MATTERMOST_TEST_ADMIN_TOKEN"])) as chat:
            yield chat


def played(name: str, home: Path) -> Iterator[Chat]:
    """A platform with the bot in a process of its own, at home in `home`."""
    with place(name) as chat, Served(None, home, port=chat.port, **chat.settings()) as chat.bot:
        yield chat
