"""People on a Mattermost server, by its public API alone."""

from __future__ import annotations

import json
import os
import secrets
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from chats import PEOPLE, PRIVATE, PUBLIC, ROOMS, Bot, Shown
from mattermost_server import MattermostServer, takes_the_place
from served import LONG, free_port, until
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

LOOPBACK = "127.0.0.1"
CALLED_AT = os.environ.get("MATTERMOST_TEST_CALLBACK_HOST", LOOPBACK)


class MattermostChat:
    """A Mattermost server, spoken to by its public API alone: the stand-in (`stub`), or any other."""

    def __init__(self, url: str, admin_token: str, stub: MattermostServer | None = None) -> None:
        self.stub = stub
        self.bot: Bot | None = None
        self.port = free_port()
        self._url = url.rstrip("/")
        self._tag = f"{time.time_ns() % 10**10:010}"
        self._admin = self._client(admin_token)
        self._people: dict[str, httpx.Client] = {}
        self._ids: dict[str, str] = {}
        self._rooms: dict[str, str] = {}
        self._seen: dict[str, list[dict[str, Any]]] = {}
        self._sockets: list[ClientConnection] = []
        self._cleared_at = 0
        self._found()

    def settings(self) -> dict[str, str]:
        """What a bot needs to speak here."""
        open_to_others = {"KYOSO_HTTP_HOST": "0.0.0.0", "KYOSO_CONSOLE_TOKEN": secrets.token_urlsafe()}
        return (open_to_others if CALLED_AT != LOOPBACK else {}) | {
            "KYOSO_MATTERMOST_URL": self._url,
            "KYOSO_MATTERMOST_TOKEN": self._bot_token,
            "KYOSO_MATTERMOST_TEAM": self._team["name"],
            "KYOSO_MATTERMOST_COMMAND_TOKEN": ", ".join(self._command_tokens),
            "KYOSO_PUBLIC_URL": f"http://{CALLED_AT}:{self.port}",
        }

    def close(self) -> None:
        for socket in self._sockets:
            with suppress(OSError, WebSocketException):
                socket.close()

    def arrive(self, called: str, rooms: tuple[str, ...] = PUBLIC, *, guest: bool = False) -> str:
        who = f"newcomer{len(self._ids)}"
        self._settle_in(who, called)
        if guest:
            demoted = self._admin.post(f"users/{self._ids[who]}/demote")
            if not demoted.is_success and self.stub is None:
                pytest.skip(f"this server has no guests: {demoted.text}")
            _told(demoted)
        for room in rooms:
            self.enter(who, room)
        return who

    def open_room(self, room: str, called: str) -> None:
        self._open(room, called, "O")

    def _open(self, room: str, called: str, kind: str) -> None:
        given = {"team_id": self._team["id"], "name": f"{room}-{self._tag}", "display_name": called, "type": kind}
        self._rooms[room] = _told(self._admin.post("channels", json=given))["id"]
        _told(self._admin.post(f"channels/{self._rooms[room]}/members", json={"user_id": self._bot_id}))

    def enter(self, who: str, room: str) -> None:
        _told(self._admin.post(f"channels/{self._rooms[room]}/members", json={"user_id": self._ids[who]}))

    def leave(self, who: str, room: str) -> None:
        _told(self._admin.delete(f"channels/{self._rooms[room]}/members/{self._ids[who]}"))

    def hide(self, room: str) -> None:
        _told(self._admin.put(f"channels/{self._rooms[room]}/privacy", json={"privacy": "P"}))

    def archive(self, room: str) -> None:
        _told(self._admin.delete(f"channels/{self._rooms[room]}"))

    def deactivate(self, who: str) -> None:
        _told(self._admin.delete(f"users/{self._ids[who]}"))

    def leave_team(self, who: str) -> None:
        _told(self._admin.delete(f"teams/{self._team['id']}/members/{self._ids[who]}"))

    def id_of(self, who: str) -> str:
        return self._ids[who]

    def room_id(self, room: str) -> str:
        return self._rooms[room]

    def link(self, room: str, post: str) -> str:
        del room
        return f"/pl/{post}"

    def room_link(self, room: str) -> str:
        return f"/channels/{self._rooms[room]}"

    def written(self, post: str) -> datetime:
        told = _told(self._people["asker"].get(f"posts/{post}"))
        return datetime.fromtimestamp(told["create_at"] / 1000, UTC)

    def say(self, who: str, room: str, text: str, root: str = "") -> str:
        post = {"channel_id": self._rooms[room], "message": text, "root_id": root}
        return str(_told(self._people[who].post("posts", json=post))["id"])

    def say_as_integration(self, room: str, text: str) -> str:
        called = f"other{len(self._ids)}{self._tag}"
        made = _told(self._admin.post("bots", json={"username": called, "display_name": "別のボット"}))["user_id"]
        self._join_team(made)
        _told(self._admin.post(f"channels/{self._rooms[room]}/members", json={"user_id": made}))
        token = _told(self._admin.post(f"users/{made}/tokens", json={"description": "kyoso test"}))["token"]
        post = {"channel_id": self._rooms[room], "message": text}
        return str(_told(self._client(token).post("posts", json=post))["id"])

    def edit(self, who: str, room: str, post: str, text: str) -> None:
        _told(self._people[who].put(f"posts/{post}/patch", json={"message": text}))

    def delete(self, who: str, room: str, post: str) -> None:
        _told(self._people[who].delete(f"posts/{post}"))

    def react(self, who: str, room: str, post: str, emoji: str, *, remove: bool = False) -> None:
        user = self._ids[who]
        if remove:
            _told(self._people[who].delete(f"users/{user}/posts/{post}/reactions/{emoji}"))
            return
        _told(self._people[who].post("reactions", json={"user_id": user, "post_id": post, "emoji_name": emoji}))

    def dm(self, who: str, text: str) -> None:
        _told(self._people[who].post("posts", json={"channel_id": self._direct_room(who), "message": text}))

    def command(self, who: str, room: str, command: str, text: str = "") -> None:
        asked = {"channel_id": self._rooms[room], "team_id": self._team["id"], "command": f"/{command} {text}".strip()}
        _told(self._people[who].post("commands/execute", json=asked))

    def press(self, who: str, room: str, seen: Shown, label: str) -> None:
        self.choose(who, room, seen, label, "")

    def choose(self, who: str, room: str, seen: Shown, menu: str, option: str) -> None:
        action = next(action for action in _actions(seen.raw) if action["name"] == menu)
        given = {"cookie": action["cookie"]} if action.get("cookie") else {}
        given |= {"selected_option": option} if option else {}
        _told(self._people[who].post(f"posts/{seen.raw['id']}/actions/{action['id']}", json=given))

    def mention(self) -> str:
        return f"@{self._bot_name}"

    def answers(self, room: str, root: str) -> list[Shown]:
        answer = self._people["answerer"].get(f"posts/{root}/thread")
        if answer.status_code == 404:
            return []
        posts = sorted(_told(answer)["posts"].values(), key=lambda post: int(post["create_at"]))
        return [_on_mattermost(post) for post in posts if post["user_id"] == self._bot_id and not post["delete_at"]]

    def said(self, room: str) -> list[Shown]:
        told = _told(self._people["answerer"].get(f"channels/{self._rooms[room]}/posts", params={"per_page": 200}))
        posts = [told["posts"][post_id] for post_id in reversed(told["order"])]
        return [_on_mattermost(post) for post in posts if post["user_id"] == self._bot_id]

    def files(self, seen: Shown) -> dict[str, bytes]:
        infos = (seen.raw.get("metadata") or {}).get("files") or []
        got = {info["name"]: self._admin.get(f"files/{info['id']}") for info in infos}
        return {name.rpartition(".")[2]: answer.content for name, answer in got.items()}

    def private(self, who: str) -> list[Shown]:
        new = [said for said in self.direct(who) if said.raw["create_at"] > self._cleared_at]
        return [*map(_on_mattermost, self._seen[who]), *new]

    def direct(self, who: str) -> list[Shown]:
        told = _told(self._admin.get(f"channels/{self._direct_room(who)}/posts"))
        posts = [told["posts"][post_id] for post_id in reversed(told["order"])]
        return [_on_mattermost(post) for post in posts if post["user_id"] == self._bot_id]

    def clear(self) -> None:
        marker = _told(self._people["operator"].post("posts", json={"channel_id": self._rooms["chat"], "message": "…"}))
        self._cleared_at = marker["create_at"]
        for seen in self._seen.values():
            seen.clear()

    def settle(self) -> None:
        """By a newcomer, whom the bot looks up once all before them is dealt with; elsewhere by waiting for calm."""
        assert self.bot is not None
        if self.stub is not None:
            newcomer = self.stub.add_user(f"newcomer{len(self.stub.users)}")
            self.stub.tell("new_user", {"user_id": newcomer})
            stub = self.stub
            until(lambda: ("GET", f"/api/v4/users/{newcomer}") in stub.calls)
            self.bot.idle()
            return
        for _ in range(3):
            time.sleep(1.0)
            self.bot.idle()

    def fail_once(self) -> None:
        assert self.stub is not None
        self.stub.fail("POST /api/v4/posts", 500)

    def lose_once(self) -> None:
        assert self.stub is not None
        self.stub.lose_answer("POST /api/v4/posts")

    def drop(self) -> None:
        assert self.stub is not None
        for connection in list(self.stub.wire.connections.values()):
            if connection.user_id == self._bot_id:
                connection.drop()

    def _found(self) -> None:
        """Make the team, its people and rooms, the bot and its commands."""
        name = f"kyoso-{self._tag}"
        self._team = _told(self._admin.post("teams", json={"name": name, "display_name": "共創", "type": "I"}))
        self._bot_name = f"kyosobot{self._tag}"
        made = _told(self._admin.post("bots", json={"username": self._bot_name, "display_name": "共創"}))
        self._bot_id = made["user_id"]
        token = self._admin.post(f"users/{self._bot_id}/tokens", json={"description": "kyoso test"})
        self._bot_token = _told(token)["token"]
        self._join_team(self._bot_id)
        for who, nickname in PEOPLE.items():
            self._settle_in(who, nickname)
        for room, called in ROOMS.items():
            self._open(room, called, "P" if room in PRIVATE else "O")
            for who in PEOPLE if room not in PRIVATE else ("asker", "answerer"):
                self.enter(who, room)
        self._command_tokens = [self._make_command(trigger) for trigger in ("similar", "kyoso")]

    def _settle_in(self, who: str, nickname: str) -> None:
        username, password = f"{who}{self._tag}", f"Pass-{self._tag}-{who}"
        given = {"username": username, "email": f"{username}@test.example", "password": password, "nickname": nickname}
        self._ids[who] = _told(self._admin.post("users", json=given))["id"]
        self._join_team(self._ids[who])
        logged_in = self._client("").post("users/login", json={"login_id": username, "password": password})
        _told(logged_in)
        self._people[who] = self._client(logged_in.headers["Token"])
        self._seen[who] = []
        self._watch(who, logged_in.headers["Token"])

    def _watch(self, who: str, token: str) -> None:
        """Keep what the server shows this member alone, from now on."""
        watching = threading.Event()
        address = self._url.replace("http", "ws", 1) + "/api/v4/websocket"

        def read() -> None:
            headers = {"Authorization": f"Bearer {token}"}
            with suppress(OSError, WebSocketException), connect(address, additional_headers=headers) as socket:
                self._sockets.append(socket)
                for text in socket:
                    event = json.loads(text)
                    watching.set()  # it began with a greeting
                    if event.get("event") == "ephemeral_message":
                        post = json.loads(event["data"]["post"])
                        self._seen[who] = [*(o for o in self._seen[who] if not takes_the_place(post, o)), post]

        threading.Thread(target=read, daemon=True).start()
        assert watching.wait(LONG), "the server greets nobody over its WebSocket"

    def _make_command(self, trigger: str) -> str:
        given = {"team_id": self._team["id"], "method": "P", "trigger": trigger}
        given["url"] = f"http://{CALLED_AT}:{self.port}/mattermost/command"
        return str(_told(self._admin.post("commands", json=given))["token"])

    def _join_team(self, user_id: str) -> None:
        member = {"team_id": self._team["id"], "user_id": user_id}
        _told(self._admin.post(f"teams/{self._team['id']}/members", json=member))

    def _direct_room(self, who: str) -> str:
        return str(_told(self._admin.post("channels/direct", json=[self._ids[who], self._bot_id]))["id"])

    def _client(self, token: str) -> httpx.Client:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(base_url=f"{self._url}/api/v4/", headers=headers, timeout=40)


def _told(answer: httpx.Response) -> Any:
    assert answer.is_success, (answer.request.url, answer.status_code, answer.text)
    return answer.json()


def _actions(post: dict[str, Any]) -> list[dict[str, Any]]:
    attachments = (post.get("props") or {}).get("attachments") or []
    return [action for attachment in attachments for action in attachment.get("actions") or []]


def _on_mattermost(post: dict[str, Any]) -> Shown:
    # Without the escapes that Mattermost does not show.
    words = json.dumps(post, ensure_ascii=False).replace("\\\\", "").replace("\u200b", "")
    return Shown(words, tuple(action["name"] for action in _actions(post)), post)
