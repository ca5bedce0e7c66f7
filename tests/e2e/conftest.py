"""One community, indexed once; one bot process that most scenarios share."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from chats import Chat
from playing import PLATFORMS, place, played
from served import Served, settle
from slack_server import SlackServer

ASKER, ANSWERER, GUEST, OPERATOR = "UASK", "UANS", "UGUEST", "UOP"


@pytest.fixture(scope="session")
def _past(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("past")
    settle(home)
    return home


@pytest.fixture
def new_home(tmp_path: Path, _past: Path) -> Path:
    """A folder of its own with the community's past."""
    return Path(shutil.copytree(_past, tmp_path / "home"))


def _people(server: SlackServer) -> SlackServer:
    server._second = int(time.time()) - 3600
    for member, name in ((ASKER, "上島町 情報係"), (ANSWERER, "松山市 システム管理"), (OPERATOR, "運営")):
        server.add_user(member, name)
    server.add_user(GUEST, "委託業者", is_restricted=True)
    everybody = (ASKER, ANSWERER, GUEST, OPERATOR)
    server.add_channel("C0HELP", "何でも相談", members=everybody)
    server.add_channel("C0TAX", "税", members=everybody)
    server.add_channel("C0CHAT", "雑談", members=everybody)
    server.add_channel("C0WEEK", "週のまとめ", members=everybody)
    server.add_channel("C0HELLO", "はじめまして", members=everybody)
    server.add_channel("C0TRY", "試し書き", members=everybody)
    server.add_channel("G0PREF", "県内担当", private=True, members=(ASKER, ANSWERER))
    server.add_channel("G0OWN", "内緒", private=True, members=(ASKER, ANSWERER))
    return server


@pytest.fixture
def new_server() -> Iterator[SlackServer]:
    """A Slack of one's own, with people in it."""
    with SlackServer.running() as server:
        yield _people(server)


@pytest.fixture(scope="session")
def _shared_server() -> Iterator[SlackServer]:
    with SlackServer.running() as server:
        yield _people(server)


@pytest.fixture(scope="session")
def bot(_shared_server: SlackServer, _past: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """The bot that most scenarios share: it hears both transports."""
    home = Path(shutil.copytree(_past, tmp_path_factory.mktemp("shared") / "home"))
    with Served(_shared_server, home) as served:
        _shared_server.delivery.http_url = served.events_url
        yield served


@pytest.fixture
def slack(_shared_server: SlackServer, bot: Served) -> Iterator[SlackServer]:
    """The Slack of the shared bot, without what other tests left behind."""
    _shared_server.ephemerals.clear()
    _shared_server.responses.clear()
    _shared_server.troubles.clear()
    _shared_server.calls.clear()
    yield _shared_server
    _shared_server.delivery.mode = "socket"
    _shared_server.delivery.paused.clear()


@pytest.fixture(params=["socket", "http"])
def transport(request: pytest.FixtureRequest, slack: SlackServer) -> str:
    """How the shared bot is told."""
    slack.delivery.mode = request.param
    return str(request.param)


@pytest.fixture
def calm(slack: SlackServer, bot: Served) -> Callable[[], None]:
    """Wait until everything reported is dealt with."""

    def wait() -> None:
        slack.delivery.wait_acked()
        bot.idle()

    return wait


@pytest.fixture(scope="session", params=PLATFORMS)
def _chat(request: pytest.FixtureRequest, _past: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chat]:
    home = Path(shutil.copytree(_past, tmp_path_factory.mktemp("chat") / "home"))
    yield from played(request.param, home)


@pytest.fixture
def chat(_chat: Chat) -> Chat:
    """Each platform in turn, with a bot that scenarios share, without what others left behind."""
    _chat.clear()
    _chat.settle()
    return _chat


@pytest.fixture(params=PLATFORMS)
def quiet_chat(request: pytest.FixtureRequest) -> Iterator[Chat]:
    """Each platform in turn, to which no bot is connected yet."""
    with place(request.param) as chat:
        yield chat
