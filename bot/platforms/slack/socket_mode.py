"""Slack's Socket Mode: one connection kept alive, on the adapter that notices a lost server within seconds.

The adapter pings but never misses an answer, so a socket can look alive and be dead: the watchdog here takes a
connection that was silent for too long, pongs included, for dead and opens another. What was not
acknowledged comes again.
"""

from __future__ import annotations

import json
import socket
import threading
import time
from contextlib import suppress
from http import HTTPStatus
from http.client import HTTPException
from typing import Any

import structlog
from slack_bolt import App
from slack_bolt.adapter.socket_mode.websocket_client import SocketModeHandler
from slack_sdk.errors import SlackApiError, SlackClientError
from websocket import WebSocketApp, WebSocketException

from bot.errors import PlatformRefusedError
from bot.platforms.slack.web_api import PLATFORM, web_client

log = structlog.get_logger(__name__)

PING_SECONDS = 5.0
SILENT_SECONDS = 20.0  # four pings unanswered
CHECK_SECONDS = 1.0
# Answers of a server that is there but cannot open a connection now; any other error is about the token.
AWAY = frozenset({"fatal_error", "internal_error", "service_unavailable", "request_timeout"})
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 30.0  # between attempts to connect
WORKERS = 1  # keeping a report takes milliseconds, and one after the other they stay in their order


class SlackSocket:
    """The connection to Slack, opened with the app-level token at the configured server."""

    def __init__(self, app: App, app_token: str, api_url: str, *, silent_seconds: float = SILENT_SECONDS) -> None:
        self._silent_seconds = silent_seconds
        self._handler: Any = SocketModeHandler(
            app,
            app_token,
            # The app-level token opens connections and does nothing else; the bot's own token never goes there.
            web_client=web_client(app_token, api_url),
            ping_interval=min(PING_SECONDS, silent_seconds / 4),
            concurrency=WORKERS,
        )
        self._client = self._handler.client
        self._heard_at = float("-inf")
        self._client.on_open_listeners.append(self._opened)
        self._client.on_message_listeners.append(self._heard)
        self._closing = threading.Event()
        self._watchdog = threading.Thread(target=self._watch, name="slack-watchdog", daemon=True)

    def start(self) -> None:
        """Connect and keep connected, without blocking.

        Raises PlatformRefusedError where the app token is not accepted; a server that is away is waited for.
        """
        try:
            self._client.connect()
            self._heard_at = time.monotonic()
        except SlackApiError as error:
            why = str(error.response.get("error"))
            if error.response.status_code < HTTPStatus.INTERNAL_SERVER_ERROR and why not in AWAY:
                raise PlatformRefusedError(platform=PLATFORM, method="apps.connections.open", why=why) from error
            log.warning("slack cannot be reached yet", why=why)
        except (OSError, HTTPException, SlackClientError) as error:
            log.warning("slack cannot be reached yet", why=str(error))
        self._watchdog.start()

    def connected(self) -> bool:
        """Whether the connection stands and was heard of lately."""
        return bool(self._client.is_connected()) and not self._silent()

    def close(self) -> None:
        """Hang up and stop watching; what was not acknowledged yet comes again on the next connection."""
        self._closing.set()
        if self._watchdog.is_alive():
            self._watchdog.join()
        self._client.auto_reconnect_enabled = False
        with suppress(OSError, WebSocketException):
            self._cut()  # else the adapter sits in its read for up to ten seconds
        self._handler.close()

    def _opened(self, _socket: WebSocketApp) -> None:
        self._heard_at = time.monotonic()

    def _heard(self, session: WebSocketApp, message: str) -> None:
        self._heard_at = time.monotonic()
        if _asks_to_leave(message):
            # The adapter closes this connection from another thread, which its reader notices after ten seconds only;
            # ended here, in the reader's own thread, it is read to its end at once.
            _ended(session)

    def _silent(self) -> bool:
        session = self._client.current_session
        pong_at = float(getattr(session, "last_pong_tm", 0.0) or 0.0)  # wall clock, 0 before the first
        since_pong = time.time() - pong_at if pong_at else float("inf")
        return min(since_pong, time.monotonic() - self._heard_at) > self._silent_seconds

    def _watch(self) -> None:
        pause = FIRST_PAUSE
        while not self._closing.wait(CHECK_SECONDS):
            if not self._silent():
                pause = FIRST_PAUSE
                continue
            log.warning("slack's socket is silent; connecting again", seconds=self._silent_seconds)
            try:
                self._renew()
                self._heard_at = time.monotonic()  # the new connection has as long to be heard
            except (SlackApiError, SlackClientError, WebSocketException, OSError, HTTPException) as error:
                log.warning("slack cannot be reached", why=str(error), pause=pause)
                self._closing.wait(pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    def _renew(self) -> None:
        """Cut a dead connection, upon which the adapter opens another by itself; without one, open the first."""
        if not self._cut():
            self._client.connect_to_new_endpoint(force=True)

    def _cut(self) -> bool:
        """End the present connection without waiting for the other side; False where there is none."""
        return _ended(self._client.current_session)


def _ended(session: WebSocketApp | None) -> bool:
    """Say goodbye and end both directions; False where there is no connection."""
    connection = getattr(session, "sock", None)
    raw = getattr(connection, "sock", None)
    if connection is None or raw is None:
        return False
    with suppress(OSError, WebSocketException):
        connection.send_close()
    with suppress(OSError):
        raw.shutdown(socket.SHUT_RDWR)
    return True


def _asks_to_leave(message: str) -> bool:
    """Whether Slack wants the connection replaced, as it does every few hours."""
    try:
        told = json.loads(message)
    except ValueError:
        return False
    return isinstance(told, dict) and told.get("type") == "disconnect"
