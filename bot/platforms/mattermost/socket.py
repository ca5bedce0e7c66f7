"""The WebSocket: events as they happen, replayed by the server where a connection was lost, caught up where it forgot.

One thread reads. An event counts as heard once it is in the inbox; only then is the next one asked for, so that after a
failure of the database too the server replays it. Source: the server's `web_conn.go`: a connection is resumed by its id
and the sequence number of the first event not heard; a server that cannot gives the connection a new id.
"""

from __future__ import annotations

import json
import random
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlencode

import structlog
from websockets.exceptions import InvalidStatus, WebSocketException
from websockets.sync.client import ClientConnection, connect

from bot.errors import PlatformError, PlatformRefusedError
from bot.platforms.mattermost.transport import trusted
from bot.platforms.payloads import Payload, dict_in, json_in, number_in, string_in

log = structlog.get_logger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 30.0  # seconds between attempts to connect, doubled each time
OPEN_SECONDS = 10.0
PING_SECONDS = 10.0  # a connection that answers no ping within as long again is dead
LONGEST_EVENT = 16_000_000  # bytes: a post's text and props at their longest, many times over


@dataclass
class Position:
    """Where the connection stands: its id on the server and the sequence number that comes next.

    `name` tells it from others: its id, or where the server gives none (`EnableReliableWebSockets` off) a made-up one.
    """

    connection_id: str = ""
    following: int = 0
    name: str = ""


class EventSocket:
    """Keeps a connection and hands on its events.

    `hear` keeps one event, given the connection's name. `catch_up` reads what no replay can bring; it is called
    whenever the connection is a new one, before its first event.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        hear: Callable[[Payload, str], object],
        catch_up: Callable[[], object],
    ) -> None:
        self._url = url.rstrip("/").replace("http", "ws", 1) + "/api/v4/websocket"
        self._token = token
        self._hear = hear
        self._catch_up = catch_up
        self._position = Position()
        self._caught_up = False
        self._session: ClientConnection | None = None
        self._live = threading.Event()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="mattermost-socket", daemon=True)

    def start(self) -> None:
        """Connect and keep connected, without blocking; a server that is away is waited for."""
        self._thread.start()

    def connected(self) -> bool:
        """Whether events are heard: the connection stands and nothing is left to catch up with."""
        return self._live.is_set()

    def close(self) -> None:
        """Hang up."""
        self._closing.set()
        session = self._session
        if session is not None:
            with suppress(OSError, WebSocketException):
                session.close()
        self._thread.join(5.0)

    def _run(self) -> None:
        pause = FIRST_PAUSE
        while not self._closing.is_set():
            try:
                self._listen()
            except (PlatformError, PlatformRefusedError, WebSocketException, OSError, EOFError, TimeoutError) as error:
                log.warning("mattermost's socket was lost", why=_told(error))
            except Exception:  # the boundary: what could not be kept is asked for again
                log.exception("an event could not be kept")
            if not self._caught_up:  # a resumed connection would not be caught up with again
                self._position = Position()
            if self._live.is_set():
                pause = FIRST_PAUSE
            self._live.clear()
            self._session = None
            self._closing.wait(pause * random.uniform(0.5, 1.0))  # noqa: S311 - spreads clients, guards nothing
            pause = min(pause * 2, LONGEST_PAUSE)

    def _listen(self) -> None:
        """Hear one connection to its end."""
        resumed = self._position.connection_id
        asked = {"connection_id": resumed, "sequence_number": self._position.following} if resumed else {}
        with connect(
            f"{self._url}?{urlencode(asked)}" if asked else self._url,
            additional_headers={"Authorization": f"Bearer {self._token}"},
            ssl=trusted() if self._url.startswith("wss") else None,
            open_timeout=OPEN_SECONDS,
            ping_interval=PING_SECONDS,
            ping_timeout=PING_SECONDS,
            close_timeout=1.0,
            max_size=LONGEST_EVENT,
            max_queue=None,  # while catching up, events wait here and not in the server, which would hang up
        ) as session:
            self._session = session
            # For servers behind a gateway that drops the header; an authenticated connection ignores it.
            challenge = {"seq": 1, "action": "authentication_challenge", "data": {"token": self._token}}
            session.send(json.dumps(challenge))
            if resumed and self._caught_up:
                self._live.set()  # a resumed connection begins with what was missed, which may be nothing
            for text in session:
                self._heard(json_in(text if isinstance(text, str) else ""))
                if self._closing.is_set():
                    return

    def _heard(self, event: Payload) -> None:
        if "seq_reply" in event:
            if event.get("status") == "FAIL":
                raise PlatformError(platform="Mattermost", method="websocket", why="the token was not accepted")
            return
        kind = string_in(event.get("event"))
        if not kind:
            return
        number = number_in(event.get("seq"))
        if kind == "hello":
            self._greeted(event, number)
            return
        if number > self._position.following:
            self._position = Position()  # a new connection catches up
            raise PlatformError(platform="Mattermost", method="websocket", why="the server left events out")
        if number < self._position.following:  # replayed from further back than need be
            return
        self._hear(event, self._position.name)
        self._position.following = number + 1

    def _greeted(self, event: Payload, number: int) -> None:
        """A new connection, or an old one that the server no longer knows: nothing is replayed on it."""
        connection_id = string_in(dict_in(event.get("data")).get("connection_id"))
        self._position = Position(connection_id, number + 1, connection_id or secrets.token_hex(8))
        self._caught_up = False
        self._live.clear()
        self._catch_up()
        self._caught_up = True
        self._live.set()


def _told(error: Exception) -> str:
    if isinstance(error, InvalidStatus):
        return f"HTTP {error.response.status_code}"
    return f"{type(error).__name__}: {error}"
