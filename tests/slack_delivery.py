"""How the fake Slack reports what happened: Socket Mode envelopes or signed HTTP requests, again until acknowledged."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from queue import Queue
from socket import SHUT_RDWR
from typing import Any, Literal
from urllib.parse import urlencode

from websockets.exceptions import ConnectionClosed
from websockets.sync.server import ServerConnection, serve

Mode = Literal["socket", "http"]
ACK_SECONDS = 3.0


@dataclass
class Envelope:
    """One report. `kind` is Socket Mode's: events_api, slash_commands or interactive."""

    id: str
    kind: str
    payload: dict[str, Any]
    attempts: int = 0
    acked: bool = False


class Delivery:
    """Delivers envelopes in order. `paused` keeps them back; `refusing` turns new sockets away."""

    def __init__(self, signing_secret: str) -> None:
        self.mode: Mode = "socket"
        self.http_url = ""
        self.signing_secret = signing_secret
        self.envelopes: list[Envelope] = []
        self.acks: list[str] = []
        self.connections = 0
        self.refusing = False
        self.hello: dict[str, Any] = {"type": "hello", "num_connections": 1, "connection_info": {"app_id": "A0KYOSO"}}
        self.paused = threading.Event()
        self._sockets: list[ServerConnection] = []
        self._changed = threading.Condition()
        self._queue: Queue[Envelope | None] = Queue()
        self._numbers = itertools.count(1)
        self._websockets = serve(self._socket, "127.0.0.1", 0)
        self.socket_url = f"ws://127.0.0.1:{self._websockets.socket.getsockname()[1]}/link"
        self._threads = [
            threading.Thread(target=self._websockets.serve_forever, daemon=True),
            threading.Thread(target=self._run, daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        self._queue.put(None)
        self.drop_sockets()
        self._websockets.shutdown()

    def report(self, kind: str, payload: dict[str, Any]) -> Envelope:
        envelope = Envelope(f"env-{next(self._numbers)}", kind, payload)
        self.envelopes.append(envelope)
        if not self.paused.is_set():
            self._queue.put(envelope)
        return envelope

    def redeliver(self, *, everything: bool = False) -> None:
        """Send again what was not acknowledged, or `everything` as if no acknowledgement had arrived."""
        for envelope in self.envelopes:
            if everything or not envelope.acked:
                self._queue.put(envelope)

    def drop_sockets(self) -> None:
        """Cut all connections without a closing handshake."""
        for socket in list(self._sockets):
            with suppress(OSError):
                socket.socket.shutdown(SHUT_RDWR)

    def go_dumb(self) -> None:
        """Leave the connections open, but answer nothing on them any more, not even pings."""
        for socket in list(self._sockets):
            socket.protocol.recv_frame = lambda _frame: None  # type: ignore[assignment]
            self._sockets.remove(socket)

    def ask_to_reconnect(self) -> None:
        for socket in list(self._sockets):
            socket.send(json.dumps({"type": "disconnect", "reason": "refresh_requested"}))

    def wait_connected(self, count: int = 1, timeout: float = 10) -> None:
        self.wait(lambda: self.connections >= count and bool(self._sockets), timeout)

    def wait_acked(self, timeout: float = 10) -> None:
        """Wait until every envelope is acknowledged."""
        self.wait(lambda: all(envelope.acked for envelope in self.envelopes), timeout)

    def wait(self, done: Callable[[], bool], timeout: float) -> None:
        with self._changed:
            if not self._changed.wait_for(done, timeout):
                raise TimeoutError([envelope for envelope in self.envelopes if not envelope.acked])

    def _run(self) -> None:
        while (envelope := self._queue.get()) is not None:
            envelope.attempts += 1
            if self.mode == "http":
                self._post(envelope)
            else:
                self._send(envelope)

    def _acked(self, envelope_id: str) -> None:
        with self._changed:
            self.acks.append(envelope_id)
            for envelope in self.envelopes:
                envelope.acked = envelope.acked or envelope.id == envelope_id
            self._changed.notify_all()

    # Socket Mode

    def _socket(self, socket: ServerConnection) -> None:
        if self.refusing:
            socket.socket.close()
            return
        socket.send(json.dumps(self.hello))
        with self._changed:
            self._sockets.append(socket)
            self.connections += 1
            self._changed.notify_all()
        self.redeliver()
        try:
            for text in socket:
                self._acked(json.loads(text)["envelope_id"])
        except (ConnectionClosed, OSError):
            pass
        finally:
            if socket in self._sockets:
                self._sockets.remove(socket)

    def _send(self, envelope: Envelope) -> None:
        told = {
            "envelope_id": envelope.id,
            "type": envelope.kind,
            "payload": envelope.payload,
            "accepts_response_payload": envelope.kind != "events_api",
        }
        if envelope.attempts > 1 and envelope.kind == "events_api":
            told |= {"retry_attempt": envelope.attempts - 1, "retry_reason": "timeout"}
        for socket in self._sockets[-1:]:
            try:
                socket.send(json.dumps(told))
            except (ConnectionClosed, OSError):
                continue

    # Signed HTTP

    def _post(self, envelope: Envelope) -> None:
        status, _ = self.post_signed(envelope.kind, envelope.payload, retry=envelope.attempts - 1)
        if status == 200:
            self._acked(envelope.id)

    def post_signed(
        self, kind: str, payload: dict[str, Any], *, retry: int = 0, secret: str | None = None, age: float = 0
    ) -> tuple[int, str]:
        """Post a report as Slack does; what the app answers."""
        if kind == "events_api":
            body, form = json.dumps(payload), "application/json"
        else:
            fields = payload if kind == "slash_commands" else {"payload": json.dumps(payload)}
            body, form = urlencode(fields), "application/x-www-form-urlencoded"
        stamp = str(int(time.time() - age))
        base = f"v0:{stamp}:{body}".encode()
        signature = "v0=" + hmac.new((secret or self.signing_secret).encode(), base, hashlib.sha256).hexdigest()
        headers = {"Content-Type": form, "X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": signature}
        if retry:
            headers |= {"X-Slack-Retry-Num": str(retry), "X-Slack-Retry-Reason": "http_timeout"}
        request = urllib.request.Request(self.http_url, data=body.encode(), headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=ACK_SECONDS) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError as error:
            return 0, str(error)
