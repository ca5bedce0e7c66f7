"""A Slack-compatible server on this machine, faithful where the bot relies on Slack; tests assert on its state.

People act through `say`, `edit`, `delete`, `react`, `command`, `press` and the like; the bot is told of it by Socket
Mode or signed HTTP (`delivery`). The bot's own calls arrive over HTTP at `url` and are checked as Slack checks them.
"""

from __future__ import annotations

import copy
import itertools
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl

from slack_delivery import Delivery, Mode
from slack_methods import METHODS, Refused

TEAM, BOT_USER, BOT, APP = "T0TEST", "U0KYOSO", "B0KYOSO", "A0KYOSO"


@dataclass
class Room:
    """A channel or direct message with what was said there, oldest first."""

    id: str
    name: str
    private: bool = False
    archived: bool = False
    im_with: str = ""
    members: set[str] = field(default_factory=set)
    messages: list[dict[str, Any]] = field(default_factory=list)

    def message(self, ts: str) -> dict[str, Any]:
        found = next((message for message in self.messages if message["ts"] == ts), None)
        if found is None:
            raise Refused("message_not_found")
        return found

    def thread(self, ts: str) -> list[dict[str, Any]]:
        return [message for message in self.messages if ts in (message["ts"], message.get("thread_ts"))]


@dataclass(frozen=True)
class Call:
    """One Web API call as the bot made it."""

    method: str
    arguments: dict[str, Any]


@dataclass
class Trouble:
    """What befalls a call: an HTTP status, or `accept_first`: it is carried out and its answer lost.

    With `hangs` the call is not answered, nor carried out unless `accept_first`, before `released`.
    """

    method: str
    status: int = 0
    retry_after: float = 1
    accept_first: bool = False
    hangs: bool = False
    reached: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)


class SlackServer:
    """The server; `close` it, or use `running()`."""

    def __init__(self, mode: Mode = "socket") -> None:
        self.token, self.app_token, self.signing_secret = "xoxb-test", "xapp-test", "secret-of-the-test"
        self.rooms: dict[str, Room] = {}
        self.users: dict[str, dict[str, Any]] = {}
        self.ephemerals: list[dict[str, Any]] = []
        self.responses: list[dict[str, Any]] = []
        self.files: dict[str, dict[str, Any]] = {}
        self.slow_files = 0  # how many messages with a picture are refused while the file is looked at
        self.homes: dict[str, dict[str, Any]] = {}
        self.deleted: list[dict[str, Any]] = []
        self.calls: list[Call] = []
        self.troubles: list[Trouble] = []
        self.bot_scopes = "chat:write,channels:read"
        self.unknown: set[str] = set()  # methods that this server does not have
        self.untold: set[str] = set()  # what its auth.test leaves out
        self.auth_extra: dict[str, Any] = {"bot_id": BOT, "team": "テスト共創", "url": "https://test.slack.com/"}
        self.keeps_metadata = self.keeps_block_ids = True
        self.lock = threading.RLock()
        self.delivery = Delivery(self.signing_secret)
        self.delivery.mode = mode
        self._numbers = itertools.count(1)
        self._second = 1_790_000_000
        self._response_uses: dict[str, int] = {}
        self._response_users: dict[str, str] = {}
        self._answered: list[tuple[str, dict[str, Any]]] = []
        self._pressed: dict[str, tuple[str, dict[str, Any]]] = {}  # where, by the way to answer the press
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), _handler_for(self))
        self._http.daemon_threads = True
        self.base = f"http://127.0.0.1:{self._http.server_port}"
        self.url = self.base + "/api/"
        threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        self.add_user(BOT_USER, "kyoso", is_bot=True)

    @classmethod
    @contextmanager
    def running(cls, mode: Mode = "socket") -> Iterator[SlackServer]:
        server = cls(mode)
        try:
            yield server
        finally:
            server.close()

    def close(self) -> None:
        self.delivery.close()
        self._http.shutdown()
        self._http.server_close()

    # The workspace

    def add_user(self, user_id: str, display_name: str, **flags: Any) -> None:
        profile = {"display_name": display_name, "real_name": display_name, "title": ""}
        self.users[user_id] = {"id": user_id, "name": user_id.lower(), "deleted": False, "profile": profile} | flags

    def add_channel(
        self, channel_id: str, name: str, *, private: bool = False, bot_in: bool = True, members: tuple[str, ...] = ()
    ) -> Room:
        room = Room(channel_id, name, private, members=set(members) | ({BOT_USER} if bot_in else set()))
        self.rooms[channel_id] = room
        return room

    def room(self, channel_id: str) -> Room:
        if channel_id not in self.rooms:
            raise Refused("channel_not_found")
        return self.rooms[channel_id]

    def direct_room(self, user_id: str) -> Room:
        if user_id not in self.users:
            raise Refused("user_not_found")
        room_id = "D" + user_id[1:]
        return self.rooms.setdefault(room_id, Room(room_id, "", im_with=user_id, members={BOT_USER, user_id}))

    def said_by_bot(self, channel_id: str) -> list[dict[str, Any]]:
        return [message for message in self.rooms[channel_id].messages if message.get("user") == BOT_USER]

    # What people do

    def say(self, user: str, channel: str, text: str, thread_ts: str | None = None, **extra: Any) -> str:
        """A person posts; the event is reported. A direct message where `channel` is their D… room."""
        message = {"type": "message", "user": user, "text": text, "team": TEAM} | extra
        return str(self.keep(self.room(channel), message, thread_ts)["ts"])

    def dm(self, user: str, text: str) -> str:
        return self.say(user, self.direct_room(user).id, text)

    def keep(self, room: Room, message: dict[str, Any], thread_ts: str | None) -> dict[str, Any]:
        """Store a message of anybody's and report it."""
        with self.lock:
            message["ts"] = self.next_ts()
            if thread_ts:
                message["thread_ts"] = thread_ts
            room.members.add(message["user"])
            room.messages.append(message)
        self._report_message(room, message, event_ts=message["ts"])
        if f"<@{BOT_USER}>" in message.get("text", "") and not room.im_with and message["user"] != BOT_USER:
            told = {key: value for key, value in message.items() if key != "subtype"}
            self.event({**told, "type": "app_mention", "channel": room.id, "event_ts": message["ts"]})
        return message

    def edit(self, channel: str, ts: str, text: str, **extra: Any) -> None:
        room = self.room(channel)
        with self.lock:
            message = room.message(ts)
            before = copy.deepcopy(message)
            message.update({"text": text, "edited": {"user": message["user"], "ts": self.next_ts()}}, **extra)
        changed = {"subtype": "message_changed", "hidden": True, "message": message, "previous_message": before}
        self._report_message(room, {"type": "message"} | copy.deepcopy(changed), event_ts=message["edited"]["ts"])

    def delete(self, channel: str, ts: str) -> None:
        """A message with replies leaves a tombstone behind, as on Slack."""
        room = self.room(channel)
        with self.lock:
            message = room.message(ts)
            before = copy.deepcopy(message)
            self.deleted.append(before)
            at = self.next_ts()
            if len(room.thread(ts)) > 1 and "thread_ts" not in message:
                text = "This message was deleted."
                message.clear()
                message.update(type="message", subtype="tombstone", user="USLACKBOT", text=text, ts=ts, hidden=True)
                change = {"subtype": "message_changed", "message": message, "previous_message": before}
            else:
                room.messages.remove(message)
                change = {"subtype": "message_deleted", "deleted_ts": ts, "previous_message": before}
        self._report_message(room, {"type": "message", "hidden": True, "ts": at} | copy.deepcopy(change), event_ts=at)

    def react(self, user: str, channel: str, ts: str, emoji: str, *, remove: bool = False) -> None:
        reactions = self.room(channel).message(ts).setdefault("reactions", [])
        kept = next((reaction for reaction in reactions if reaction["name"] == emoji), None)
        if kept is None:
            reactions.append(kept := {"name": emoji, "users": [], "count": 0})
        kept["users"] = [name for name in kept["users"] if name != user] + ([] if remove else [user])
        kept["count"] = len(kept["users"])
        item = {"type": "message", "channel": channel, "ts": ts}
        kind = "reaction_removed" if remove else "reaction_added"
        self.event({"type": kind, "user": user, "reaction": emoji, "item": item, "event_ts": self.next_ts()})

    def command(self, user: str, channel: str, command: str, text: str = "") -> None:
        payload = {
            "command": command,
            "text": text,
            "user_id": user,
            "user_name": user.lower(),
            "channel_id": channel,
            "channel_name": self.room(channel).name,
            "team_id": TEAM,
            "team_domain": "test",
            "api_app_id": APP,
            "is_enterprise_install": "false",
        }
        self.delivery.report("slash_commands", payload | self._reply_paths(user))

    def press(self, user: str, channel: str, message: dict[str, Any], label_or_action: str, chosen: str = "") -> None:
        """Press a button of a message or ephemeral that the bot sent, named by its label or by its action.

        `chosen`: the value or member chosen, where it is a menu.
        """
        buttons = [
            (block.get("block_id", ""), button)
            for block in message["blocks"]
            if block["type"] == "actions"
            for button in block["elements"]
        ]
        names = [(element_label(button), button["action_id"].partition("#")[0]) for _, button in buttons]
        block_id, button = buttons[next(i for i, name in enumerate(names) if label_or_action in name)]
        hidden = "ts" not in message
        action = _pressed(button, chosen) | {"block_id": block_id, "action_ts": self.next_ts()}
        container = {"type": "message", "channel_id": channel, "is_ephemeral": hidden}
        container["message_ts"] = message.get("ts") or self.next_ts()
        if "thread_ts" in message:
            container["thread_ts"] = message["thread_ts"]
        payload = self._interaction("block_actions", user, channel) | {"container": container, "actions": [action]}
        self._pressed[payload["response_url"].removeprefix(self.base)] = channel, message
        self.delivery.report("interactive", payload if hidden else payload | {"message": copy.deepcopy(message)})

    def open_home(self, user: str) -> None:
        self.event({"type": "app_home_opened", "user": user, "channel": "D" + user[1:], "tab": "home"})

    def press_home(self, user: str, label_or_action: str, chosen: str = "") -> None:
        """Press a button on one's home page."""
        blocks = self.homes[user]["blocks"]
        elements = [element for block in blocks if block["type"] == "actions" for element in block["elements"]]
        names = [(element_label(element), element["action_id"].partition("#")[0]) for element in elements]
        element = elements[next(i for i, name in enumerate(names) if label_or_action in name)]
        payload: dict[str, Any] = {"type": "block_actions", "team": {"id": TEAM}, "user": {"id": user}}
        payload |= {"api_app_id": APP, "container": {"type": "view", "view_id": "V1"}, "view": self.homes[user]}
        payload |= {"trigger_id": f"{next(self._numbers)}.trigger", "actions": [_pressed(element, chosen)]}
        self.delivery.report("interactive", payload)

    def shortcut(self, user: str, channel: str, ts: str, callback_id: str = "kyoso_similar") -> None:
        message = copy.deepcopy(self.room(channel).message(ts))
        payload = self._interaction("message_action", user, channel)
        self.delivery.report(
            "interactive", payload | {"callback_id": callback_id, "message_ts": ts, "message": message}
        )

    def event(self, event: dict[str, Any], **outer: Any) -> None:
        """Report any event."""
        payload = {
            "token": "x",
            "team_id": TEAM,
            "api_app_id": APP,
            "type": "event_callback",
            "event_id": f"Ev{next(self._numbers):08}",
            "event_time": int(time.time()),
            "authorizations": [{"team_id": TEAM, "user_id": BOT_USER, "is_bot": True}],
            "event": event,
        }
        self.delivery.report("events_api", payload | outer)

    def next_ts(self) -> str:
        with self.lock:
            self._second += 1
            return f"{self._second}.{next(self._numbers) % 1_000_000:06}"

    # What befalls the bot's calls

    def fail(self, method: str, status: int, *, times: int = 1, retry_after: float = 1) -> None:
        self.troubles += [Trouble(method, status, retry_after) for _ in range(times)]

    def lose_answer(self, method: str, *, times: int = 1) -> None:
        """The next calls are carried out, but the connection drops before the answer."""
        self.troubles += [Trouble(method, accept_first=True) for _ in range(times)]

    def hang(self, method: str, *, accept_first: bool = False) -> Trouble:
        """The next call hangs until `released`, and then its connection drops."""
        trouble = Trouble(method, accept_first=accept_first, hangs=True)
        self.troubles.append(trouble)
        return trouble

    def trouble(self, method: str) -> Trouble | None:
        with self.lock:
            found = next((trouble for trouble in self.troubles if trouble.method == method), None)
            if found:
                self.troubles.remove(found)
            return found

    def answer(self, method: str, arguments: dict[str, Any], token: str) -> dict[str, Any]:
        """Carry out one Web API call."""
        self.calls.append(Call(method, arguments))
        if not token:
            return {"ok": False, "error": "not_authed"}
        if token != (self.app_token if method.startswith("apps.") else self.token):
            return {"ok": False, "error": "invalid_auth"}
        if method not in METHODS or method in self.unknown:
            return {"ok": False, "error": "unknown_method"}
        try:
            return {"ok": True} | METHODS[method](self, arguments)
        except Refused as refused:
            return {"ok": False, "error": str(refused)}
        except KeyError as missing:
            return {"ok": False, "error": "invalid_arguments", "missing": str(missing)}

    def uploaded(self, path: str, content: bytes) -> int:
        """Bytes sent to an upload URL."""
        file = self.files.get(path.removeprefix("/upload/"))
        if file is None or len(content) != file["length"]:
            return 400
        file["content"] = content
        return 200

    def responded(self, path: str, body: dict[str, Any]) -> int:
        """A post to a response_url: five times at most."""
        uses = self._response_uses.get(path)
        if uses is None or uses >= 5:
            return 404
        self._response_uses[path] = uses + 1
        if body.get("replace_original") and path in self._pressed and self._replaced(*self._pressed[path], body):
            return 200
        self.responses.append(body)
        self._answered.append((self._response_users[path], body))
        return 200

    def _replaced(self, channel: str, message: dict[str, Any], body: dict[str, Any]) -> bool:
        """Let a message that was pressed read as the answer says; an ephemeral one is known by its words alone.

        False where a test has put it away meanwhile.
        """
        if "ts" in message:
            self.edit(channel, message["ts"], body["text"], blocks=body["blocks"])
            return True
        shown = [said for said in (*self.ephemerals, *self.responses) if said["blocks"] == message["blocks"]]
        for said in shown:
            said |= {"text": body["text"], "blocks": body["blocks"]}
        return bool(shown)

    def responses_to(self, user: str) -> list[dict[str, Any]]:
        """Those of the responses that answer one member."""
        return [
            body for asked_by, body in self._answered if asked_by == user and any(body is r for r in self.responses)
        ]

    def _report_message(self, room: Room, message: dict[str, Any], *, event_ts: str) -> None:
        if BOT_USER in room.members:
            kind = "im" if room.im_with else "group" if room.private else "channel"
            self.event(copy.deepcopy(message) | {"channel": room.id, "channel_type": kind, "event_ts": event_ts})

    def _interaction(self, kind: str, user: str, channel: str) -> dict[str, Any]:
        return {
            "type": kind,
            "team": {"id": TEAM, "domain": "test"},
            "user": {"id": user, "username": user.lower(), "team_id": TEAM},
            "channel": {"id": channel, "name": self.room(channel).name},
            "api_app_id": APP,
        } | self._reply_paths(user)

    def _reply_paths(self, user: str) -> dict[str, str]:
        number = next(self._numbers)
        path = f"/response/{number}"
        self._response_uses[path] = 0
        self._response_users[path] = user
        return {"trigger_id": f"{number}.trigger", "response_url": self.base + path}


def element_label(element: dict[str, Any]) -> str:
    return str(element["text"]["text"] if element["type"] == "button" else element["placeholder"]["text"])


def _pressed(element: dict[str, Any], chosen: str) -> dict[str, Any]:
    """What Slack tells of a button pressed or of a choice from a menu."""
    action = {"type": element["type"], "action_id": element["action_id"]}
    if element["type"] == "static_select":
        option = next(option for option in element["options"] if option["value"] == chosen)
        return action | {"selected_option": option, "placeholder": element["placeholder"]}
    if element["type"] == "users_select":
        return action | {"selected_user": chosen}
    return action | {"text": element["text"], "value": element.get("value", "")}


def _handler_for(server: SlackServer) -> type[BaseHTTPRequestHandler]:  # noqa: C901 - counts all methods of the class
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.path.startswith("/upload/"):
                self._answer(server.uploaded(self.path, sent), {"ok": True}, {})
                return
            raw = sent.decode()
            json_sent = "json" in (self.headers.get("Content-Type") or "")
            arguments = json.loads(raw or "{}") if json_sent else dict(parse_qsl(raw, keep_blank_values=True))
            responding = self.path.startswith("/response/")
            method = "response_url" if responding else self.path.removeprefix("/api/")
            trouble = server.trouble(method)
            if trouble and trouble.status:
                self._fail(trouble)
                return
            if trouble and not trouble.accept_first:
                self._hang(trouble)
                return
            if responding:
                status = server.responded(self.path, arguments)
                answer: dict[str, Any] = {"ok": True} if status == 200 else {"ok": False, "error": "used_url"}
            else:
                bearer = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
                status, answer = 200, server.answer(method, arguments, arguments.pop("token", bearer))
            if trouble:
                self._hang(trouble)
                return
            self._answer(status, answer, {"X-OAuth-Scopes": server.bot_scopes} if server.bot_scopes else {})

        do_GET = do_POST  # noqa: N815 - the base class's name

        def _fail(self, trouble: Trouble) -> None:
            extra = {"Retry-After": str(trouble.retry_after)} if trouble.status == 429 else {}
            error = "ratelimited" if trouble.status == 429 else "internal_error"
            self._answer(trouble.status, {"ok": False, "error": error}, extra)

        def _hang(self, trouble: Trouble) -> None:
            trouble.reached.set()
            if trouble.hangs:
                trouble.released.wait(60)
            self.close_connection = True

        def _answer(self, status: int, answer: dict[str, Any], headers: dict[str, str]) -> None:
            body = json.dumps(answer).encode()
            self.send_response(status)
            for name, value in (
                {"Content-Type": "application/json", "Content-Length": str(len(body))} | headers
            ).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: Any) -> None:
            pass

    return Handler
