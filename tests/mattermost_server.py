"""A Mattermost server on this machine, written from the API's documentation, faithful where the bot relies on it.

People act through `say`, `edit`, `delete`, `react`, `command`, `press` and the like; the bot is told of it over the
WebSocket and by HTTP calls, as by the real server. The bot's own calls arrive at `url` and are checked as the real one
checks them. `restart` is a crash: connections break, what was kept for replay is lost, posts stay.
"""

from __future__ import annotations

import copy
import itertools
import json
import random
import ssl
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any
from urllib.parse import urlencode

import mattermost_community
from mattermost_rest import ROUTES
from mattermost_wire import Reply, Trouble, Wire, refuse

LETTERS = "ybndrfg8ejkmcpqxot1uwisza345h769"
MOST_CHARACTERS = 16_383
MOST_SINCE = 1_000
HOOK_USES, HOOK_SECONDS = 5, 30 * 60
TEAM = "kyoso"
# These wait for the bot, which calls the server meanwhile.
CALLING_OUT = (mattermost_community.execute, mattermost_community.act)

Post = dict[str, Any]


def takes_the_place(post: dict[str, Any], other: dict[str, Any]) -> bool:
    """Whether a client shows a post instead of another that it was told before: a later state of the same."""
    return bool(post["id"] == other["id"] and post.get("update_at", 0) > other.get("update_at", 0))


class MattermostServer:
    """The server, under a path of its host where one is given; `close` it, or use `running()`."""

    def __init__(self, path: str = "", tls: ssl.SSLContext | None = None) -> None:
        self.path = path
        self.tls = tls
        self.lock = threading.RLock()
        self.version = "9.11.0"
        self.may_whisper = False  # whether bots may post ephemerally; not so by default
        self.reliable = True  # whether connections have ids and are resumed (`EnableReliableWebSockets`)
        self.edit_seconds: float = -1  # `PostEditTimeLimit`
        self.may_edit = True  # whether members have the permission `edit_post`
        self.takes_files = True  # `EnableFileAttachments`
        self.outsiders: set[str] = set()  # users who are not in the team
        self.thread_page = 0  # replies told of at once; 0 for all of them
        self.changes_files = False  # whether a patch changes a post's files, as from 10.5 on
        self.site_url = f"https://mattermost.example{path}"
        self.users: dict[str, dict[str, Any]] = {}
        self.tokens: dict[str, str] = {}
        self.channels: dict[str, dict[str, Any]] = {}
        self.members: dict[str, set[str]] = {}
        self.posts: dict[str, Post] = {}
        self.reactions: dict[str, list[dict[str, Any]]] = {}
        self.files: dict[str, dict[str, Any]] = {}
        self.commands: dict[str, dict[str, Any]] = {}
        self.hooks: dict[str, dict[str, Any]] = {}
        self.shown: list[dict[str, Any]] = []  # what one member saw alone: ephemerals and answers to commands, presses
        self.calls: list[tuple[str, str]] = []
        self.calls_left: int | None = None  # how many calls are permitted before 429
        self._clock = itertools.count(1)
        self._last = int(time.time() * 1000) - 3_600_000
        self._random = random.Random(7)
        self.team: dict[str, Any] = {
            "id": self.new_id(),
            "name": TEAM,
            "display_name": "共創",
            "type": "O",
            "delete_at": 0,
        }
        self.passwords: dict[str, tuple[str, str]] = {}
        self.cookies: dict[str, Post] = {}
        self._pending: dict[str, str] = {}
        self.wire = Wire(self)
        self.bot = self.add_user("kyoso", "共創", is_bot=True)
        self.token = self.add_token(self.bot)
        self.admin = self.add_user("admin", "管理者", roles="system_admin system_user")
        self.admin_token = self.add_token(self.admin)

    @classmethod
    @contextmanager
    def running(cls, path: str = "", tls: ssl.SSLContext | None = None) -> Iterator[MattermostServer]:
        server = cls(path, tls)
        try:
            yield server
        finally:
            server.close()

    @property
    def url(self) -> str:
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.wire.port}{self.path}"

    def close(self) -> None:
        self.wire.stop()

    def restart(self, seconds: float = 0.0) -> None:
        """Die and come back with all that is in the database."""
        self.wire.stop()
        time.sleep(seconds)
        self.wire.start()

    # The team

    def new_id(self) -> str:
        with self.lock:
            return "".join(self._random.choice(LETTERS) for _ in range(26))

    def now(self) -> int:
        """Milliseconds that never stand still."""
        with self.lock:
            self._last = max(self._last + 1, int(time.time() * 1000))
            return self._last

    def add_user(self, username: str, nickname: str = "", **facts: Any) -> str:
        user_id = self.new_id()
        user = {"id": user_id, "username": username, "nickname": nickname, "roles": "system_user", "delete_at": 0}
        user |= {"first_name": "", "last_name": "", "position": "", "is_bot": False, "update_at": self.now()} | facts
        self.users[user_id] = user
        return user_id

    def add_token(self, user_id: str) -> str:
        token = self.new_id()
        self.tokens[token] = user_id
        return token

    def add_channel(
        self, display_name: str, *, private: bool = False, bot_in: bool = True, members: tuple[str, ...] = ()
    ) -> str:
        channel_id = self.new_id()
        kind = "P" if private else "O"
        self.channels[channel_id] = self._channel(channel_id, kind, display_name, self.team["id"])
        self.members[channel_id] = set(members) | ({self.bot} if bot_in else set())
        return channel_id

    def _channel(self, channel_id: str, kind: str, display_name: str, team_id: str) -> dict[str, Any]:
        at = self.now()
        return {
            "id": channel_id,
            "type": kind,
            "team_id": team_id,
            "name": f"room-{len(self.channels)}",
            "display_name": display_name,
            "create_at": at,
            "update_at": at,
            "delete_at": 0,
            "last_post_at": 0,
        }

    def direct_channel(self, one: str, other: str) -> str:
        name = "__".join(sorted((one, other)))
        found = next((room["id"] for room in self.channels.values() if room["name"] == name), None)
        if found is None:
            found = self.new_id()
            self.channels[found] = self._channel(found, "D", "", "") | {"name": name}
            self.members[found] = {one, other}
        return str(found)

    def add_command(self, trigger: str, url: str) -> str:
        """A slash command of the team; its token."""
        command_id, token = self.new_id(), self.new_id()
        self.commands[command_id] = {
            "id": command_id,
            "token": token,
            "team_id": self.team["id"],
            "trigger": trigger,
            "url": url,
            "method": "P",
        }
        return token

    # What people do

    def say(self, user: str, channel: str, text: str, root: str = "", **extra: Any) -> str:
        """A person posts."""
        return str(self.create(user, {"channel_id": channel, "message": text, "root_id": root} | extra)["id"])

    def dm(self, user: str, text: str) -> str:
        return self.say(user, self.direct_channel(user, self.bot), text)

    def create(self, user: str, given: dict[str, Any]) -> Post:
        """Make a post of anybody's and tell those in the channel."""
        with self.lock:
            pending = given.get("pending_post_id", "")
            if pending and pending in self._pending:
                return self.told(self.posts[self._pending[pending]])
            room = self.channels[given["channel_id"]]
            if given.get("root_id") and given["root_id"] not in self.posts:
                raise refuse(400, "api.post.create_post.root_id.app_error")
            at = self.now()
            post: Post = {"id": self.new_id(), "create_at": at, "update_at": at, "edit_at": 0, "delete_at": 0}
            post |= {"user_id": user, "channel_id": room["id"], "root_id": given.get("root_id", "")}
            post |= {"message": given.get("message", ""), "type": given.get("type", ""), "original_id": ""}
            post |= {"props": dict(given.get("props") or {}), "file_ids": list(given.get("file_ids") or [])}
            if self.users[user]["is_bot"]:
                post["props"]["from_bot"] = "true"
            self._number_actions(post)
            self.posts[post["id"]] = post
            if pending:
                self._pending[pending] = post["id"]
            room["last_post_at"] = at
            if post["root_id"]:
                self.posts[post["root_id"]]["update_at"] = at
            if room["type"] == "O":
                self.members[room["id"]].add(user)
        data = {"channel_type": room["type"], "team_id": room["team_id"], "sender_name": self.users[user]["username"]}
        data |= {"channel_name": room["name"], "channel_display_name": room["display_name"]}
        self.tell("posted", data | {"post": json.dumps(self.told(post))}, channel_id=room["id"])
        return self.told(post)

    def edit(self, post_id: str, text: str, **changed: Any) -> None:
        """Change a post; what it said before stays behind as a deleted one."""
        with self.lock:
            post = self.posts[post_id]
            at = self.now()
            former = copy.deepcopy(post) | {"id": self.new_id(), "original_id": post_id, "delete_at": at}
            former["update_at"] = at
            self.posts[former["id"]] = former
            post |= {"message": text, "edit_at": at, "update_at": at} | changed
            self._number_actions(post)
        self.tell("post_edited", {"post": json.dumps(self.told(post))}, channel_id=post["channel_id"])

    def delete(self, post_id: str) -> None:
        """Soft: the row stays, with its replies' marked likewise."""
        with self.lock:
            post = self.posts[post_id]
            at = self.now()
            for gone in self.posts.values():
                if post_id in (gone["id"], gone["root_id"]) and not gone["delete_at"]:
                    gone |= {"delete_at": at, "update_at": at}
        data = {"post": json.dumps(self.told(post)), "delete_by": post["user_id"]}
        self.tell("post_deleted", data, channel_id=post["channel_id"])

    def react(self, user: str, post_id: str, emoji: str, *, remove: bool = False) -> None:
        with self.lock:
            given = self.reactions.setdefault(post_id, [])
            kept = [r for r in given if (r["user_id"], r["emoji_name"]) != (user, emoji)]
            at = self.now()
            reaction = {"user_id": user, "post_id": post_id, "emoji_name": emoji, "create_at": 0 if remove else at}
            self.reactions[post_id] = kept if remove else [*kept, reaction]
            self.posts[post_id] |= {"update_at": at, "has_reactions": bool(self.reactions[post_id])}
        kind = "reaction_removed" if remove else "reaction_added"
        self.tell(kind, {"reaction": json.dumps(reaction)}, channel_id=self.posts[post_id]["channel_id"])

    def join(self, user: str, channel: str) -> None:
        self.members[channel].add(user)
        self.tell("user_added", {"user_id": user, "team_id": self.channels[channel]["team_id"]}, channel_id=channel)

    def leave(self, user: str, channel: str) -> None:
        self.tell("user_removed", {"user_id": user, "remover_id": user}, channel_id=channel)
        self.members[channel].discard(user)

    def command(self, user: str, channel: str, trigger: str, text: str = "", root: str = "", **altered: str) -> int:
        """Call a slash command; its answer goes to `shown`. What the bot answered with, as a status."""
        command = next(c for c in self.commands.values() if c["trigger"] == trigger.lstrip("/"))
        hook_id = self.new_id()
        self.hooks[hook_id] = {"user": user, "channel": channel, "root": root, "uses": 0, "at": time.time()}
        form = {"token": command["token"], "team_id": self.team["id"], "team_domain": TEAM, "channel_id": channel}
        form |= {"channel_name": self.channels[channel]["name"], "user_id": user, "root_id": root, "text": text}
        form |= {"user_name": self.users[user]["username"], "command": f"/{command['trigger']}"}
        form |= {"trigger_id": self.new_id(), "response_url": f"{self.site_url}/hooks/commands/{hook_id}"}
        headers = {"Authorization": f"Token {command['token']}", "Accept": "application/json"}
        if "authorization" in altered:
            headers["Authorization"] = altered.pop("authorization")
        status, answer = post_to(command["url"], urlencode(form | altered), headers)
        if status == 200:
            self._show(user, channel, answer.get("text", ""), answer.get("attachments"), answer.get("response_type"))
        return status

    def press(self, user: str, post: dict[str, Any], name: str, chosen: str = "") -> int:
        """Press a button, or choose from a menu, of a post or of what was shown; named by label or action."""
        action = next(
            a
            for attachment in post["props"]["attachments"]
            for a in attachment.get("actions", [])
            if name in (a["name"], a["integration"]["context"]["action"])
        )
        return self.act(user, post, action, chosen)

    def act(self, user: str, post: dict[str, Any], action: dict[str, Any], chosen: str = "") -> int:
        """Call an action's integration; its answer goes to `shown`."""
        context = copy.deepcopy(action["integration"]["context"]) | ({"selected_option": chosen} if chosen else {})
        request = {"user_id": user, "user_name": self.users[user]["username"], "channel_id": post["channel_id"]}
        request |= {"team_id": self.team["id"], "post_id": post.get("id") or self.new_id(), "type": action["type"]}
        request |= {"trigger_id": self.new_id() * 6, "data_source": action.get("data_source", ""), "context": context}
        status, answer = post_to(action["integration"]["url"], json.dumps(request), {"Accept": "application/json"})
        if status == 200 and answer.get("ephemeral_text"):
            self._show(user, post["channel_id"], answer["ephemeral_text"], None, "ephemeral")
        return status

    def tell(self, event: str, data: dict[str, Any], *, channel_id: str = "", team: bool = False) -> None:
        """Tell those in a channel, in the team, or everybody."""
        wanted = set(self.members[channel_id]) if channel_id else None
        broadcast = {"channel_id": channel_id, "team_id": self.team["id"] if team else "", "user_id": ""}
        self.wire.publish({"event": event, "data": data, "broadcast": broadcast}, wanted)

    # What tests look at

    def thread(self, root: str) -> list[Post]:
        return [p for p in self.posts.values() if root in (p["id"], p["root_id"]) and not p["delete_at"]]

    def said_by_bot(self, channel: str) -> list[Post]:
        posts = self.posts.values()
        return [p for p in posts if (p["channel_id"], p["user_id"]) == (channel, self.bot) and not p["delete_at"]]

    def told(self, post: Post) -> Post:
        """A post as the API tells it."""
        told = copy.deepcopy(post)
        files = [self.files[file_id]["info"] for file_id in post["file_ids"]]
        told = _stripped(told, "")
        told["metadata"] = {"reactions": copy.deepcopy(self.reactions.get(post["id"], [])), "files": files}
        return told

    # What befalls the bot's calls

    def fail(self, request: str, status: int, *, times: int = 1, **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.wire.troubles += [Trouble(request, status, named) for _ in range(times)]

    def lose_answer(self, request: str) -> None:
        self.wire.troubles.append(Trouble(request, accept_first=True))

    def hang(self, request: str, *, accept_first: bool = False) -> Trouble:
        trouble = Trouble(request, accept_first=accept_first, hangs=True)
        self.wire.troubles.append(trouble)
        return trouble

    def drop_sockets(self) -> None:
        """Cut the connections; the server keeps what happens for their return."""
        for connection in list(self.wire.connections.values()):
            connection.drop()

    # The API

    def user_of(self, authorization: str) -> str:
        return self.tokens.get(authorization.removeprefix("Bearer ").strip(), "")

    def answer(self, method: str, path: str, query: dict[str, str], body: bytes, headers: dict[str, str]) -> Reply:
        """Carry out one call."""
        self.calls.append((method, path))
        if path.startswith("/hooks/commands/"):
            return self._hook(path.rpartition("/")[2], json.loads(body))
        if self.calls_left is not None:
            if self.calls_left <= 0:
                limits = {"Retry-After": "1", "X-Ratelimit-Remaining": "0", "X-Ratelimit-Reset": "1"}
                raise Reply(429, b"limit exceeded", limits)
            self.calls_left -= 1
        user = self.user_of(headers.get("Authorization", ""))
        if path == "/api/v4/config/client":
            told = {"Version": self.version, "SiteURL": self.site_url, "MaxPostSize": str(MOST_CHARACTERS)}
            return Reply(200, told)
        if (method, path) == ("POST", "/api/v4/users/login"):
            return self._login(json.loads(body))
        if not user:
            raise refuse(401, "api.context.session_expired.app_error")
        # What a console's routes answer goes before the others', where a test has made a console.
        console = [one for one in ROUTES if one[2].__module__ == "mattermost_admin"]
        routes = [one for one in ROUTES if one not in console]
        for wanted, pattern, route in (console if hasattr(self, "administered") else []) + routes:
            if wanted == method and (found := pattern.fullmatch(path.removeprefix("/api/v4/"))):
                with nullcontext() if route in CALLING_OUT else self.lock:
                    return route(self, user, found.groups(), query, body, headers)
        raise refuse(404, "api.context.404.app_error")

    def _login(self, given: dict[str, str]) -> Reply:
        password, user = self.passwords.get(given["login_id"], ("", ""))
        if not user or password != given["password"]:
            raise refuse(401, "api.user.login.invalid_credentials_email_username")
        return Reply(200, self.users[user], {"Token": self.add_token(user)})

    def _hook(self, hook_id: str, answer: dict[str, Any]) -> Reply:
        hook = self.hooks.get(hook_id)
        if hook is None or time.time() - hook["at"] > HOOK_SECONDS:
            raise refuse(404, "web.command_webhook.command.app_error")
        if hook["uses"] >= HOOK_USES:
            raise refuse(400, "app.command_webhook.try_use.invalid")
        hook["uses"] += 1
        user, channel = hook["user"], hook["channel"]
        self._show(user, channel, answer.get("text", ""), answer.get("attachments"), answer.get("response_type"))
        return Reply(200, b"ok")

    def _show(self, user: str, channel: str, text: str, attachments: Any, kind: str | None) -> None:
        """An answer to a command or press; one without words shows nothing."""
        if len(text) > MOST_CHARACTERS:
            raise refuse(400, "model.post.is_valid.msg.app_error")
        if text or attachments:
            props = {"attachments": attachments or []}
            self.show({"user": user, "channel_id": channel, "message": text, "props": props, "type": kind})

    def show(self, said: dict[str, Any]) -> None:
        """Let one member see a post that stands nowhere; its buttons come with cookies."""
        self._number_actions(said)
        said.setdefault("id", self.new_id())
        self.shown = [other for other in self.shown if not takes_the_place(said, other)] + [said]
        post = {"create_at": self.now(), "user_id": said["user"], "root_id": ""} | said
        post |= {"type": "system_ephemeral", "file_ids": []}
        cookie = self.new_id()
        self.cookies[cookie] = copy.deepcopy(post)
        event = {"event": "ephemeral_message", "data": {"post": json.dumps(_stripped(post, cookie))}}
        self.wire.publish(event | {"broadcast": {"user_id": said["user"]}}, {said["user"]})

    def _number_actions(self, post: Post) -> None:
        for attachment in post["props"].get("attachments") or []:
            for action in attachment.get("actions") or []:
                action.setdefault("id", self.new_id())


def _stripped(post: Post, cookie: str) -> Post:
    """A post without the integrations behind its buttons, which clients are not told of."""
    told = copy.deepcopy(post)
    for attachment in told["props"].get("attachments") or []:
        for action in attachment.get("actions") or []:
            action.pop("integration", None)
            if cookie:
                action["cookie"] = cookie
    return told


def post_to(url: str, body: str, headers: dict[str, str]) -> tuple[int, dict[str, Any]]:
    """What an integration answers; 0 where it is not there."""
    form = "application/json" if body.startswith("{") else "application/x-www-form-urlencoded"
    request = urllib.request.Request(url, data=body.encode(), headers={"Content-Type": form} | headers)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            told = json.loads(answer.read() or b"{}")
            return answer.status, told
    except urllib.error.HTTPError as error:
        return error.code, {}
    except OSError:
        return 0, {}
