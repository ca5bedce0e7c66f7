"""The methods of the stand-in Mattermost by which an administrator makes a community and members act in it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mattermost_rest import known, route
from mattermost_wire import Reply, refuse

if TYPE_CHECKING:
    from mattermost_server import MattermostServer


def _administrator(server: MattermostServer, user: str) -> None:
    if "system_admin" not in server.users[user]["roles"]:
        raise refuse(403, "api.context.permissions.app_error")


@route("POST", "teams")
def make_team(server: MattermostServer, user: str, _parts: Any, _query: Any, body: bytes, *_: Any) -> Reply:
    _administrator(server, user)
    server.team |= json.loads(body)
    return Reply(201, server.team)


@route("POST", r"teams/(\w+)/members")
def join_team(server: MattermostServer, _user: str, parts: tuple[str, ...], _query: Any, body: bytes, *_: Any) -> Reply:
    user_id = json.loads(body)["user_id"]
    server.outsiders.discard(user_id)
    return Reply(201, {"team_id": parts[0], "user_id": user_id})


@route("DELETE", r"teams/(\w+)/members/(\w+)")
def leave_team(server: MattermostServer, user: str, parts: tuple[str, ...], *_: Any) -> Reply:
    _administrator(server, user)
    server.outsiders.add(parts[1])
    for members in server.members.values():
        members.discard(parts[1])
    server.tell("leave_team", {"user_id": parts[1], "team_id": server.team["id"]}, team=True)
    return Reply(200, {"status": "OK"})


@route("POST", "users")
def make_user(server: MattermostServer, user: str, _parts: Any, _query: Any, body: bytes, *_: Any) -> Reply:
    _administrator(server, user)
    given = json.loads(body)
    made = server.add_user(given["username"], given.get("nickname", ""))
    server.passwords[given["username"]] = (given["password"], made)
    server.tell("new_user", {"user_id": made})
    return Reply(201, server.users[made])


@route("POST", "bots")
def make_bot(server: MattermostServer, user: str, _parts: Any, _query: Any, body: bytes, *_: Any) -> Reply:
    _administrator(server, user)
    given = json.loads(body)
    made = server.add_user(given["username"], given.get("display_name", ""), is_bot=True)
    return Reply(201, {"user_id": made, "username": given["username"]})


@route("POST", r"users/(\w+)/tokens")
def make_token(server: MattermostServer, user: str, parts: tuple[str, ...], *_: Any) -> Reply:
    _administrator(server, user)
    return Reply(
        201, {"token": server.add_token(known(server.users, parts[0], "app.user.missing_account.const")["id"])}
    )


@route("DELETE", r"channels/(\w+)/members/(\w+)")
def remove_member(server: MattermostServer, user: str, parts: tuple[str, ...], *_: Any) -> Reply:
    _administrator(server, user)
    server.leave(parts[1], parts[0])
    return Reply(200, {"status": "OK"})


@route("DELETE", r"channels/(\w+)")
def archive(server: MattermostServer, user: str, parts: tuple[str, ...], *_: Any) -> Reply:
    _administrator(server, user)
    room = known(server.channels, parts[0], "app.channel.get.existing.app_error")
    room["delete_at"] = server.now()
    server.tell("channel_deleted", {"channel_id": room["id"], "delete_at": room["delete_at"]}, team=True)
    return Reply(200, {"status": "OK"})


@route("PUT", r"channels/(\w+)/privacy")
def convert(server: MattermostServer, user: str, parts: tuple[str, ...], _query: Any, body: bytes, *_: Any) -> Reply:
    _administrator(server, user)
    room = known(server.channels, parts[0], "app.channel.get.existing.app_error")
    room["type"] = json.loads(body)["privacy"]
    server.tell("channel_converted", {"channel_id": room["id"]}, team=True)
    return Reply(200, room)


@route("DELETE", r"users/(\w+)")
def deactivate(server: MattermostServer, user: str, parts: tuple[str, ...], *_: Any) -> Reply:
    _administrator(server, user)
    return _changed(server, parts[0], delete_at=server.now())


@route("POST", r"users/(\w+)/demote")
def demote(server: MattermostServer, user: str, parts: tuple[str, ...], *_: Any) -> Reply:
    _administrator(server, user)
    return _changed(server, parts[0], roles="system_guest")


def _changed(server: MattermostServer, user_id: str, **facts: Any) -> Reply:
    changed = known(server.users, user_id, "app.user.missing_account.const")
    changed |= facts | {"update_at": server.now()}
    server.tell("user_updated", {"user": changed})
    return Reply(200, {"status": "OK"})


@route("POST", "channels")
def make_channel(server: MattermostServer, user: str, _parts: Any, _query: Any, body: bytes, *_: Any) -> Reply:
    given = json.loads(body)
    made = server.add_channel(given["display_name"], private=given["type"] == "P", bot_in=False, members=(user,))
    return Reply(201, server.channels[made])


@route("POST", "commands")
def make_command(server: MattermostServer, user: str, _parts: Any, _query: Any, body: bytes, *_: Any) -> Reply:
    _administrator(server, user)
    given = json.loads(body)
    token = server.add_command(given["trigger"], given["url"])
    return Reply(201, next(command for command in server.commands.values() if command["token"] == token))


@route("POST", "commands/execute")
def execute(server: MattermostServer, user: str, _parts: Any, _query: Any, body: bytes, *_: Any) -> Reply:
    given = json.loads(body)
    trigger, _, text = given["command"].partition(" ")
    if all(command["trigger"] != trigger.lstrip("/") for command in server.commands.values()):
        raise refuse(404, "api.command.execute_command.not_found.app_error")
    status = server.command(user, given["channel_id"], trigger, text)
    if status != 200:
        raise refuse(500, "api.command.execute_command.failed_resp.app_error")
    return Reply(200, {"response_type": "ephemeral"})


@route("POST", r"posts/(\w+)/actions/(\w+)")
def act(server: MattermostServer, user: str, parts: tuple[str, ...], _query: Any, body: bytes, *_: Any) -> Reply:
    given = json.loads(body or b"{}")
    post = server.posts.get(parts[0]) or server.cookies.get(given.get("cookie", ""))
    if post is None:
        raise refuse(404, "api.post.do_action.action_id.app_error")
    attachments = post["props"].get("attachments") or []
    found = [a for attachment in attachments for a in attachment.get("actions") or [] if a["id"] == parts[1]]
    if not found:
        raise refuse(404, "api.post.do_action.action_id.app_error")
    status = server.act(user, post | {"id": parts[0]}, found[0], given.get("selected_option", ""))
    if status != 200:
        raise refuse(400, "api.post.do_action.action_integration.app_error")
    return Reply(200, {"status": "OK"})


@route("POST", "reactions")
def react(server: MattermostServer, user: str, _parts: Any, _query: Any, body: bytes, *_: Any) -> Reply:
    given = json.loads(body)
    server.react(user, given["post_id"], given["emoji_name"])
    return Reply(201, given)


@route("DELETE", r"users/(\w+)/posts/(\w+)/reactions/(\w+)")
def unreact(server: MattermostServer, user: str, parts: tuple[str, ...], *_: Any) -> Reply:
    server.react(user, parts[1], parts[2], remove=True)
    return Reply(200, {"status": "OK"})
