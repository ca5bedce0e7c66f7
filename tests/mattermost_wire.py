"""HTTP and WebSocket of the stand-in Mattermost on one port, as the real server has them; it can die at any moment."""

from __future__ import annotations

import json
import socket
import threading
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from websockets.exceptions import ProtocolError
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

if TYPE_CHECKING:
    from mattermost_server import MattermostServer

DEAD_QUEUE = 128  # events kept for replay, as in the server's web_conn.go
ACTIVE_QUEUE = 256  # events that wait for a client that is away


class Reply(Exception):  # noqa: N818 - an answer, not an error
    """What a route answers; an error as Mattermost words it."""

    def __init__(self, status: int, body: Any, headers: dict[str, str] | None = None) -> None:
        super().__init__(status)
        self.status, self.body, self.headers = status, body, headers or {}


def refuse(status: int, error_id: str) -> Reply:
    return Reply(status, {"id": error_id, "message": error_id, "status_code": status})


@dataclass
class Trouble:
    """What befalls a request whose method and path begin so: a status, or a lost answer; or it hangs until released."""

    request: str
    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    accept_first: bool = False
    hangs: bool = False
    reached: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)


class Connection:
    """One WebSocket connection as the server remembers it, whether a client is there or not."""

    def __init__(self, connection_id: str, user_id: str) -> None:
        self.id, self.user_id = connection_id, user_id
        self.sequence = 0
        self.dead: deque[tuple[int, dict[str, Any]]] = deque(maxlen=DEAD_QUEUE)
        self.waiting: deque[dict[str, Any]] = deque()
        self.lock = threading.RLock()
        self._protocol: ServerProtocol | None = None
        self._socket: socket.socket | None = None
        self.dumb = False

    def publish(self, event: dict[str, Any]) -> None:
        with self.lock:
            if self._socket is None:
                if len(self.waiting) < ACTIVE_QUEUE:
                    self.waiting.append(event)
                return
            self._number(event)

    def attach(self, protocol: ServerProtocol, raw: socket.socket, sequence: int) -> bool:
        """A client is back and wants what comes from `sequence` on; False where that is no longer known."""
        with self.lock:
            self._protocol, self._socket = protocol, raw
            known = [number for number, _ in self.dead]
            if sequence not in known and sequence != self.sequence:
                return False
            for number, event in list(self.dead):
                if number >= sequence:
                    self._write({**event, "seq": number})
            while self.waiting:
                self._number(self.waiting.popleft())
            return True

    def detach(self) -> None:
        with self.lock:
            self._protocol = self._socket = None

    def drop(self) -> None:
        with self.lock:
            raw = self._socket
        if raw is not None:
            with suppress(OSError):
                raw.shutdown(socket.SHUT_RDWR)

    def answer(self, told: dict[str, Any]) -> None:
        with self.lock:
            self._write(told)

    def flush(self) -> None:
        with self.lock:
            if self._protocol is not None and self._socket is not None and not self.dumb:
                with suppress(OSError):
                    self._socket.sendall(b"".join(self._protocol.data_to_send()))

    @property
    def attached(self) -> bool:
        return self._socket is not None

    def _number(self, event: dict[str, Any]) -> None:
        self.dead.append((self.sequence, event))
        self.sequence += 1
        self._write({**event, "seq": self.sequence - 1})

    def _write(self, told: dict[str, Any]) -> None:
        if self._protocol is not None:
            with suppress(Exception):  # the client has gone: what it did not get it will ask for
                self._protocol.send_text(json.dumps(told).encode())
                self.flush()


class Wire:
    """The listening side. `stop` is a crash: every connection breaks at once; `start` listens on the port again."""

    def __init__(self, server: MattermostServer) -> None:
        self._server = server
        self.port = 0
        self._sockets: set[socket.socket] = set()
        self.connections: dict[str, Connection] = {}
        self.troubles: list[Trouble] = []
        self.opened = 0
        self._http: ThreadingHTTPServer | None = None
        self.start()

    def start(self) -> None:
        self._http = ThreadingHTTPServer(("127.0.0.1", self.port), _handler_for(self, self._server))
        self._http.daemon_threads = True
        if self._server.tls is not None:
            self._http.socket = self._server.tls.wrap_socket(self._http.socket, server_side=True)
        self.port = self._http.server_port
        serve = self._http.serve_forever
        threading.Thread(target=serve, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self) -> None:
        self.connections.clear()
        if self._http is not None:
            self._http.shutdown()
            self._http.server_close()
            self._http = None
        for raw in list(self._sockets):
            with suppress(OSError):
                raw.shutdown(socket.SHUT_RDWR)

    def trouble(self, request: str) -> Trouble | None:
        found = next((trouble for trouble in self.troubles if request.startswith(trouble.request)), None)
        if found:
            self.troubles.remove(found)
        return found

    def publish(self, event: dict[str, Any], wanted: set[str] | None) -> None:
        """Tell the connections of these users; None means everybody."""
        for connection in list(self.connections.values()):
            if wanted is None or connection.user_id in wanted:
                connection.publish(event)

    def talk(self, handler: BaseHTTPRequestHandler, query: dict[str, str]) -> None:
        """Speak WebSocket on a connection until it ends."""
        user_id = self._server.user_of(handler.headers.get("Authorization", ""))
        protocol = ServerProtocol()
        told = "".join(f"{name}: {value}\r\n" for name, value in handler.headers.items())
        protocol.receive_data(f"GET {handler.path} HTTP/1.1\r\n{told}\r\n".encode())
        (request,) = protocol.events_received()
        assert isinstance(request, Request)
        protocol.send_response(protocol.accept(request))
        handler.connection.sendall(b"".join(protocol.data_to_send()))
        self.opened += 1
        connection = self._join(protocol, handler.connection, user_id, query) if user_id else None
        try:
            while data := handler.connection.recv(65_536):
                protocol.receive_data(data)
                for frame in protocol.events_received():
                    if isinstance(frame, Frame) and frame.opcode is Opcode.TEXT:
                        asked = json.loads(bytes(frame.data))
                        if connection is None and asked.get("action") == "authentication_challenge":
                            user_id = self._server.user_of("Bearer " + asked["data"]["token"])
                            connection = self._join(protocol, handler.connection, user_id, {}) if user_id else None
                            if connection:
                                connection.answer({"status": "OK", "seq_reply": asked.get("seq")})
                if connection is not None:
                    connection.flush()
                if protocol.close_expected():
                    break
        except (OSError, ProtocolError):
            pass
        finally:
            if connection is not None:
                connection.detach()

    def _join(self, protocol: ServerProtocol, raw: socket.socket, user_id: str, query: dict[str, str]) -> Connection:
        known = self.connections.get(query.get("connection_id", "")) if self._server.reliable else None
        if known is not None and known.user_id == user_id and query.get("sequence_number", "").isdigit():
            if known.attach(protocol, raw, int(query["sequence_number"])):
                return known
            del self.connections[known.id]
        fresh = Connection(self._server.new_id(), user_id)
        self.connections[fresh.id] = fresh
        fresh.attach(protocol, raw, 0)
        told = fresh.id if self._server.reliable else ""
        data = {"connection_id": told, "server_version": self._server.version}
        fresh.publish({"event": "hello", "data": data, "broadcast": {"user_id": user_id}})
        return fresh


def _handler_for(wire: Wire, server: MattermostServer) -> type[BaseHTTPRequestHandler]:  # noqa: C901 - a class
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        timeout = 120

        def setup(self) -> None:
            super().setup()
            wire._sockets.add(self.connection)

        def finish(self) -> None:
            wire._sockets.discard(self.connection)
            with suppress(OSError):
                super().finish()

        def handle(self) -> None:
            with suppress(OSError):
                super().handle()

        def do_GET(self) -> None:
            split = urlsplit(self.path)
            path = split.path.removeprefix(server.path)
            query = dict(parse_qsl(split.query, keep_blank_values=True))
            if path == "/api/v4/websocket" and "websocket" in self.headers.get("Upgrade", ""):
                self.close_connection = True
                wire.talk(self, query)
                return
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if not split.path.startswith(f"{server.path}/"):
                self._answer(refuse(404, "api.context.404.app_error"))
                return
            trouble = wire.trouble(f"{self.command} {path}")
            if trouble and trouble.status:
                self._answer(Reply(trouble.status, {"id": "trouble", "message": "trouble"}, trouble.headers))
                return
            if trouble and not trouble.accept_first:
                self._hang(trouble)
                return
            try:
                answer = server.answer(self.command, path, query, body, dict(self.headers.items()))
            except Reply as reply:
                answer = reply
            if trouble:
                self._hang(trouble)
                return
            self._answer(answer)

        do_POST = do_PUT = do_DELETE = do_GET  # noqa: N815 - the base class's names

        def _hang(self, trouble: Trouble) -> None:
            trouble.reached.set()
            if trouble.hangs:
                trouble.released.wait(60)
            self.close_connection = True

        def _answer(self, reply: Reply) -> None:
            raw = isinstance(reply.body, bytes)
            content = reply.body if raw else json.dumps(reply.body).encode()
            self.send_response(reply.status)
            kind = "text/plain" if raw else "application/json"
            told = {"Content-Type": kind, "Content-Length": str(len(content))} | reply.headers
            for name, value in told.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_args: Any) -> None:
            pass

    return Handler
