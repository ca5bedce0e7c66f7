"""Both ways from Slack into the inbox: Socket Mode, which must survive its server, and HTTP, which must be signed."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator

import pytest
import uvicorn
from builders import NOON, WORKSPACE
from fakes import FakeClock
from fastapi import FastAPI
from slack_server import SlackServer

from bot.errors import PlatformRefusedError
from bot.platforms.slack.http import router
from bot.platforms.slack.identity import Identity
from bot.platforms.slack.listeners import Listeners, bolt_app
from bot.platforms.slack.socket_mode import SlackSocket
from bot.store import UnitOfWork
from bot.store.inbox import Entry
from indexer.corpus import Database
from indexer.resolution import ResolutionRules

ME = Identity(WORKSPACE, "U0KYOSO", "B0KYOSO", "A0KYOSO")


class Arrivals:
    """The bot's receiving side, and what came of it."""

    def __init__(self, server: SlackServer, unit: UnitOfWork) -> None:
        self.unit = unit
        self.count = 0
        self.listeners = Listeners(unit, ME, FakeClock(), self._arrived)
        self.app = bolt_app(
            self.listeners, token=server.token, api_url=server.url, signing_secret=server.signing_secret
        )

    def entries(self) -> list[Entry]:
        with self.unit.read() as work:
            return work.inbox.due(NOON, limit=100)

    def texts(self) -> list[str]:
        return [entry.payload["event"]["text"] for entry in self.entries()]

    def _arrived(self) -> None:
        self.count += 1


def people(server: SlackServer) -> SlackServer:
    server.add_user("U1", "上島町 情報係")
    server.add_channel("C1", "何でも相談", members=("U1",))
    return server


@pytest.fixture
def unit(database: Database) -> UnitOfWork:
    return UnitOfWork(database, ResolutionRules())


@pytest.fixture
def by_socket(unit: UnitOfWork) -> Iterator[tuple[SlackServer, Arrivals]]:
    with SlackServer.running() as server:
        arrivals = Arrivals(people(server), unit)
        socket = SlackSocket(arrivals.app, server.app_token, server.url, silent_seconds=2)
        socket.start()
        try:
            server.delivery.wait_connected()
            yield server, arrivals
        finally:
            socket.close()


@pytest.fixture
def by_http(unit: UnitOfWork) -> Iterator[tuple[SlackServer, Arrivals]]:
    with SlackServer.running("http") as server:
        arrivals = Arrivals(people(server), unit)
        web = FastAPI()
        web.include_router(router(arrivals.app, server.signing_secret))
        serving = uvicorn.Server(uvicorn.Config(web, port=0, log_level="warning"))
        thread = threading.Thread(target=serving.run, daemon=True)
        thread.start()
        wait(lambda: serving.started)
        port = serving.servers[0].sockets[0].getsockname()[1]
        server.delivery.http_url = f"http://127.0.0.1:{port}/slack/events"
        try:
            yield server, arrivals
        finally:
            serving.should_exit = True
            thread.join()


@pytest.fixture(params=["by_socket", "by_http"])
def both(request: pytest.FixtureRequest) -> tuple[SlackServer, Arrivals]:
    arriving: tuple[SlackServer, Arrivals] = request.getfixturevalue(request.param)
    return arriving


def wait(done: Callable[[], bool], seconds: float = 10) -> None:
    until = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_everything_arrives_once_however_often_it_is_delivered(both: tuple[SlackServer, Arrivals]) -> None:
    server, arrivals = both
    ts = server.say("U1", "C1", "証明書が出ません")
    server.command("U1", "C1", "/similar", "証明書")
    server.shortcut("U1", "C1", ts)
    server.say("U1", "C1", "<@U0KYOSO> 防災")
    server.delivery.wait_acked()
    acknowledged = len(server.delivery.acks)
    server.delivery.redeliver(everything=True)
    wait(lambda: len(server.delivery.acks) == 2 * acknowledged)
    kinds = [entry.kind for entry in arrivals.entries()]
    assert sorted(kinds) == ["command", "event", "event", "shortcut"]
    assert arrivals.count == 4


def test_a_press_arrives(both: tuple[SlackServer, Arrivals]) -> None:
    server, arrivals = both
    button = {"type": "button", "action_id": "helpful#0", "text": {"type": "plain_text", "text": "役に立った"}}
    message = {"ts": "1.2", "blocks": [{"type": "actions", "elements": [button | {"value": "7"}]}]}
    server.press("U1", "C1", message, "役に立った")
    server.delivery.wait_acked()
    assert [entry.kind for entry in arrivals.entries()] == ["action"]


def test_what_cannot_be_kept_is_not_acknowledged_and_comes_again(
    both: tuple[SlackServer, Arrivals], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, arrivals = both

    def broken(_body: object) -> bool:
        raise OSError

    with monkeypatch.context() as patched:
        patched.setattr(arrivals.listeners, "keep", broken)
        server.say("U1", "C1", "証明書が出ません")
        wait(lambda: server.delivery.envelopes[0].attempts == 1)
        time.sleep(0.3)
        assert server.delivery.acks == []
    server.delivery.redeliver()
    server.delivery.wait_acked()
    assert arrivals.texts() == ["証明書が出ません"]


def test_a_dropped_socket_is_replaced_within_seconds(by_socket: tuple[SlackServer, Arrivals]) -> None:
    server, arrivals = by_socket
    server.delivery.drop_sockets()
    server.say("U1", "C1", "切れている間の質問")
    server.delivery.wait_connected(2, timeout=8)
    server.delivery.wait_acked()
    assert arrivals.texts() == ["切れている間の質問"]


def test_a_socket_that_only_looks_alive_is_replaced(by_socket: tuple[SlackServer, Arrivals]) -> None:
    server, _arrivals = by_socket
    server.delivery.go_dumb()
    server.delivery.wait_connected(2, timeout=10)


def test_slack_may_ask_for_a_new_connection(by_socket: tuple[SlackServer, Arrivals]) -> None:
    server, arrivals = by_socket
    server.delivery.ask_to_reconnect()
    server.delivery.wait_connected(2)
    server.say("U1", "C1", "つなぎ直した後の質問")
    server.delivery.wait_acked()
    assert arrivals.texts() == ["つなぎ直した後の質問"]


def test_a_quiet_socket_with_pongs_is_left_alone(by_socket: tuple[SlackServer, Arrivals]) -> None:
    server, _arrivals = by_socket
    time.sleep(4)
    assert server.delivery.connections == 1


def test_a_refused_app_token_is_told(unit: UnitOfWork) -> None:
    with SlackServer.running() as server:
        socket = SlackSocket(Arrivals(server, unit).app, "xapp-wrong", server.url)
        try:
            with pytest.raises(PlatformRefusedError, match="invalid_auth"):
                socket.start()
        finally:
            socket.close()


def test_a_server_that_is_away_at_the_start_is_waited_for(unit: UnitOfWork) -> None:
    with SlackServer.running() as server:
        server.fail("apps.connections.open", 500, times=2)
        socket = SlackSocket(Arrivals(server, unit).app, server.app_token, server.url)
        socket.start()
        assert not socket.connected()
        try:
            server.delivery.wait_connected(timeout=15)
            wait(socket.connected)
        finally:
            socket.close()


def test_an_unsigned_stale_or_unreadable_request_is_turned_away(by_http: tuple[SlackServer, Arrivals]) -> None:
    server, arrivals = by_http
    event = {"type": "event_callback", "event_id": "Ev1", "event": {"type": "message", "text": "x"}}
    assert server.delivery.post_signed("events_api", event, secret="wrong")[0] == 401
    assert server.delivery.post_signed("events_api", event, age=600)[0] == 401
    assert server.delivery.post_signed("interactive", {"team": 5})[0] == 400
    assert server.delivery.post_signed("events_api", event | {"pad": "x" * 2_100_000})[0] in (0, 413)
    assert arrivals.entries() == []
    assert server.delivery.post_signed("events_api", event)[0] == 200
    assert len(arrivals.entries()) == 1


def test_slacks_check_of_the_address_is_answered(by_http: tuple[SlackServer, Arrivals]) -> None:
    server, arrivals = by_http
    challenge = {"type": "url_verification", "challenge": "c123", "token": "x"}
    assert server.delivery.post_signed("events_api", challenge) == (200, '{"challenge": "c123"}')
    assert arrivals.entries() == []
