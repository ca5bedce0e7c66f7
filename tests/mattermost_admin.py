"""What a system administrator may do on the stand-in Mattermost: bots, tokens, memberships, commands, settings."""

from __future__ import annotations

import json
from typing import Any

from mattermost_rest import route
from mattermost_server import MattermostServer
from mattermost_wire import Reply, refuse

DENIED = "api.context.permissions.app_error"


class Administered:
    """A server with an administrator, and what its console says."""

    def __init__(self, server: MattermostServer) -> None:
        self.server = server
        self.admin = server.add_user("root", roles="system_user system_admin")
        self.token = server.add_token(self.admin)
        self.config: dict[str, Any] = {"AllowedUntrustedInternalConnections": "", "EnableCommands": True}
        self.bots_allowed = True
        self.in_team: set[str] = {server.bot}
        server.administered = self  # type: ignore[attr-defined]


def _of(server: MattermostServer, user: str) -> Administered:
    found: Administered = server.administered  # type: ignore[attr-defined]
    if "system_admin" not in server.users[user]["roles"]:
        raise refuse(403, DENIED)
    return found


@route("GET", "config")
def config(server: MattermostServer, user: str, *_: Any) -> Reply:
    return Reply(200, {"ServiceSettings": _of(server, user).config})


@route("GET", r"users/username/([\w.-]+)")
def by_name(server: MattermostServer, _user: str, parts: tuple[str, ...], *_: Any) -> Reply:
    found = next((one for one in server.users.values() if one["username"] == parts[0]), None)
    if found is None:
        raise refuse(404, "app.user.missing_account.const")
    return Reply(200, found)


@route("POST", "bots")
def make_bot(server: MattermostServer, user: str, _parts: Any, _query: Any, body: bytes, *_: Any) -> Reply:
    if not _of(server, user).bots_allowed:
        raise refuse(403, "api.bot.create_disabled")
    told = json.loads(body)
    return Reply(201, {"user_id": server.add_user(told["username"], told["display_name"], is_bot=True)})


@route("POST", r"bots/(\w+)/enable")
def enable_bot(server: MattermostServer, user: str, parts: tuple[str, ...], *_: Any) -> Reply:
    _of(server, user)
    server.users[parts[0]]["delete_at"] = 0
    return Reply(200, {"user_id": parts[0]})


@route("POST", r"users/(\w+)/tokens")
def make_token(server: MattermostServer, user: str, parts: tuple[str, ...], *_: Any) -> Reply:
    _of(server, user)
    return Reply(200, {"token": server.add_token(parts[0])})


@route("GET", r"teams/(\w+)/members/(\w+)")
def in_team(server: MattermostServer, user: str, parts: tuple[str, ...], *_: Any) -> Reply:
    if parts[1] not in _of(server, user).in_team:
        raise refuse(404, "app.team.get_member.missing.app_error")
    return Reply(200, {"user_id": parts[1], "delete_at": 0})


@route("POST", r"teams/(\w+)/members")
def join_team(server: MattermostServer, user: str, _parts: Any, _query: Any, body: bytes, *_: Any) -> Reply:
    _of(server, user).in_team.add(json.loads(body)["user_id"])
    return Reply(201, {})


@route("GET", r"users/(\w{26})/teams/(\w+)/channels")
def their_channels(server: MattermostServer, user: str, parts: tuple[str, ...], *_: Any) -> Reply:
    _of(server, user)
    return Reply(200, [room for room in server.channels.values() if parts[0] in server.members[room["id"]]])


@route("POST", "commands")
def make_command(server: MattermostServer, user: str, _parts: Any, _query: Any, body: bytes, *_: Any) -> Reply:
    if not _of(server, user).config["EnableCommands"]:
        raise refuse(501, "api.command.disabled.app_error")
    made = json.loads(body) | {"id": server.new_id(), "token": server.new_id(), "delete_at": 0}
    server.commands[made["id"]] = made
    return Reply(201, made)


@route("PUT", r"commands/(\w+)")
def change_command(
    server: MattermostServer, user: str, parts: tuple[str, ...], _query: Any, body: bytes, *_: Any
) -> Reply:
    _of(server, user)
    server.commands[parts[0]] |= json.loads(body)
    return Reply(200, server.commands[parts[0]])
