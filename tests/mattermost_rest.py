"""The REST methods of the stand-in Mattermost: what each checks, does and answers."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mattermost_wire import Reply, refuse

if TYPE_CHECKING:
    from mattermost_server import MattermostServer

MOST_CHARACTERS, MOST_PROPS, OLD_PROPS = 16_383, 800_000, 8_000
MOST_A_PAGE = 200  # more is cut without a word
MOST_SINCE = 1_000
MOST_FILES = 10

Route = Callable[["MattermostServer", str, tuple[str, ...], dict[str, str], bytes, dict[str, str]], Reply]
ROUTES: list[tuple[str, re.Pattern[str], Route]] = []


def route(method: str, path: str) -> Callable[[Route], Route]:
    def keep(function: Route) -> Route:
        ROUTES.append((method, re.compile(path), function))
        return function

    return keep


@route("GET", "users/me")
def me(server: MattermostServer, user: str, *_: Any) -> Reply:
    return Reply(200, server.users[user])


@route("GET", "users")
def users(server: MattermostServer, _user: str, _parts: Any, query: dict[str, str], *_: Any) -> Reply:
    found = [user for user in server.users.values() if user["id"] not in server.outsiders or "in_team" not in query]
    return Reply(200, _page(found, query))


@route("GET", r"users/(\w+)")
def user_(server: MattermostServer, _user: str, parts: tuple[str, ...], *_: Any) -> Reply:
    return Reply(200, known(server.users, parts[0], "app.user.missing_account.const"))


@route("GET", r"teams/(\w+)/members/(\w+)")
def in_team(server: MattermostServer, _user: str, parts: tuple[str, ...], *_: Any) -> Reply:
    if parts[1] not in server.users or parts[1] in server.outsiders:
        raise refuse(404, "app.team.get_member.missing.app_error")
    return Reply(200, {"team_id": parts[0], "user_id": parts[1], "delete_at": 0})


@route("GET", r"teams/name/([\w-]+)")
def team(server: MattermostServer, _user: str, parts: tuple[str, ...], *_: Any) -> Reply:
    if parts[0] != server.team["name"]:
        raise refuse(404, "app.team.get_by_name.missing.app_error")
    return Reply(200, server.team)


@route("GET", r"users/me/teams/(\w+)/channels")
def my_channels(server: MattermostServer, user: str, *_: Any) -> Reply:
    mine = [room for room in server.channels.values() if user in server.members[room["id"]] and not room["delete_at"]]
    return Reply(200, mine)


@route("GET", r"teams/(\w+)/channels(/deleted)?")
def channels(server: MattermostServer, _user: str, parts: tuple[str, ...], query: dict[str, str], *_: Any) -> Reply:
    gone = bool(parts[1])
    rooms = [room for room in server.channels.values() if room["type"] == "O" and bool(room["delete_at"]) == gone]
    return Reply(200, _page(rooms, query))


@route("GET", r"channels/(\w+)")
def channel(server: MattermostServer, user: str, parts: tuple[str, ...], *_: Any) -> Reply:
    room = known(server.channels, parts[0], "app.channel.get.existing.app_error")
    if room["type"] != "O" and user not in server.members[room["id"]]:
        raise refuse(403, "api.context.permissions.app_error")
    return Reply(200, room)


@route("GET", r"channels/(\w+)/members")
def members(server: MattermostServer, _user: str, parts: tuple[str, ...], query: dict[str, str], *_: Any) -> Reply:
    ids = sorted(known(server.members, parts[0], "app.channel.get.existing.app_error"))
    return Reply(200, _page([{"channel_id": parts[0], "user_id": user_id} for user_id in ids], query))


@route("POST", r"channels/(\w+)/members")
def join(server: MattermostServer, user: str, parts: tuple[str, ...], _query: Any, body: bytes, *_: Any) -> Reply:
    room = known(server.channels, parts[0], "app.channel.get.existing.app_error")
    seen = user in server.members[room["id"]] or "system_admin" in server.users[user]["roles"]
    if room["delete_at"] or (room["type"] != "O" and not seen):
        raise refuse(403, "api.context.permissions.app_error")
    server.join(str(json.loads(body)["user_id"]), room["id"])
    return Reply(201, {"channel_id": room["id"], "user_id": user})


@route("GET", r"channels/(\w+)/members/(\w+)")
def member(server: MattermostServer, _user: str, parts: tuple[str, ...], *_: Any) -> Reply:
    if parts[1] not in known(server.members, parts[0], "app.channel.get.existing.app_error"):
        raise refuse(404, "app.channel.get_member.missing.app_error")
    return Reply(200, {"channel_id": parts[0], "user_id": parts[1]})


@route("POST", "channels/direct")
def direct(server: MattermostServer, user: str, _parts: Any, _query: Any, body: bytes, *_: Any) -> Reply:
    one, other = json.loads(body)
    if one not in server.users or other not in server.users:
        raise refuse(404, "app.user.missing_account.const")
    if user not in (one, other) and "system_admin" not in server.users[user]["roles"]:
        raise refuse(403, "api.context.permissions.app_error")
    return Reply(201, server.channels[server.direct_channel(one, other)])


@route("GET", r"channels/(\w+)/posts")
def posts(server: MattermostServer, user: str, parts: tuple[str, ...], query: dict[str, str], *_: Any) -> Reply:
    room = known(server.channels, parts[0], "app.channel.get.existing.app_error")
    seen = user in server.members[room["id"]] or "system_admin" in server.users[user]["roles"]
    if not seen and room["type"] != "O":
        raise refuse(403, "api.context.permissions.app_error")
    here = [post for post in server.posts.values() if post["channel_id"] == room["id"]]
    since = int(query.get("since") or 0)
    if since:
        found = [post for post in here if post["update_at"] > since][:MOST_SINCE]
        roots = [server.posts[post["root_id"]] for post in found if post["root_id"]]
    else:
        live = sorted((post for post in here if not post["delete_at"]), key=lambda post: -int(post["create_at"]))
        if before := query.get("before"):
            live = [post for post in live if post["create_at"] < server.posts[before]["create_at"]]
        found = _page(live, query)
        roots = [server.posts[post["root_id"]] for post in found if post["root_id"]]
    order = [post["id"] for post in sorted(found, key=lambda post: -int(post["create_at"]))]
    return Reply(200, {"order": order, "posts": {post["id"]: server.told(post) for post in (*found, *roots)}})


@route("POST", "posts")
def create(server: MattermostServer, user: str, _parts: Any, _query: Any, body: bytes, *_: Any) -> Reply:
    given = json.loads(body)
    room = known(server.channels, given["channel_id"], "api.context.permissions.app_error", 403)
    if user not in server.members[room["id"]] or room["delete_at"]:
        raise refuse(403, "api.context.permissions.app_error")
    _check(server, given)
    return Reply(201, server.create(user, given))


@route("POST", "posts/ephemeral")
def ephemeral(server: MattermostServer, _user: str, _parts: Any, _query: Any, body: bytes, *_: Any) -> Reply:
    if not server.may_whisper:
        raise refuse(403, "api.context.permissions.app_error")
    given = json.loads(body)
    post = given["post"]
    _check(server, post)
    shown = {"user": given["user_id"], "channel_id": post["channel_id"], "message": post["message"]}
    shown |= {name: post[name] for name in ("id", "update_at") if post.get(name)}
    server.show(shown | {"props": post.get("props") or {}, "root_id": post.get("root_id", ""), "type": "own"})
    return Reply(201, {"id": server.new_id()} | post)


@route("GET", r"posts/(\w+)(/thread)?")
def post_(server: MattermostServer, _user: str, parts: tuple[str, ...], query: dict[str, str], *_: Any) -> Reply:
    post = known(server.posts, parts[0], "app.post.get.app_error")
    if post["delete_at"]:
        raise refuse(404, "app.post.get.app_error")
    if not parts[1]:
        return Reply(200, server.told(post))
    found = server.thread(post["root_id"] or post["id"])
    found = found[: int(query.get("perPage") or 0) or len(found)]
    return Reply(200, {"order": [one["id"] for one in found], "posts": {one["id"]: server.told(one) for one in found}})


@route("PUT", r"posts/(\w+)/patch")
def patch(server: MattermostServer, user: str, parts: tuple[str, ...], _query: Any, body: bytes, *_: Any) -> Reply:
    post = _own(server, user, parts[0])
    given = json.loads(body)
    if not server.may_edit:
        raise refuse(403, "api.context.permissions.app_error")
    age = (server.now() - post["create_at"]) / 1000
    if 0 <= server.edit_seconds < age and given.get("message") is not None:
        raise refuse(400, "api.post.update_post.permissions_time_limit.app_error")
    _check(server, given)
    taken = ("props", "file_ids") if server.changes_files else ("props",)
    changed = {name: given[name] for name in taken if name in given}
    server.edit(post["id"], given.get("message", post["message"]), **changed)
    return Reply(200, server.told(post))


@route("DELETE", r"posts/(\w+)")
def delete(server: MattermostServer, user: str, parts: tuple[str, ...], *_: Any) -> Reply:
    server.delete(_own(server, user, parts[0])["id"])
    return Reply(200, {"status": "OK"})


@route("POST", "files")
def upload(
    server: MattermostServer, user: str, _parts: Any, _query: Any, body: bytes, headers: dict[str, str]
) -> Reply:
    if not server.takes_files:
        raise refuse(501, "api.file.attachments.disabled.app_error")
    boundary = headers["Content-Type"].partition("boundary=")[2].encode()
    channel_id = re.search(rb'name="channel_id"\r\n\r\n(\w+)\r\n', body)
    if channel_id is None or user not in server.members.get(channel_id.group(1).decode(), ()):
        raise refuse(403, "api.context.permissions.app_error")
    part = next(part for part in body.split(b"--" + boundary) if b"filename=" in part)
    head, _, content = part.partition(b"\r\n\r\n")
    name = re.search(rb'filename="([^"]*)"', head)
    info: dict[str, Any] = {
        "id": server.new_id(),
        "name": name.group(1).decode() if name else "",
        "size": len(content) - 2,
    }
    server.files[info["id"]] = {"info": info, "content": content.removesuffix(b"\r\n")}
    return Reply(201, {"file_infos": [info], "client_ids": []})


@route("GET", r"files/(\w+)")
def file_(server: MattermostServer, _user: str, parts: tuple[str, ...], *_: Any) -> Reply:
    return Reply(200, known(server.files, parts[0], "app.file_info.get.app_error")["content"])


@route("GET", r"commands")
def commands(server: MattermostServer, *_: Any) -> Reply:
    return Reply(200, list(server.commands.values()))


def _own(server: MattermostServer, user: str, post_id: str) -> dict[str, Any]:
    post: dict[str, Any] = known(server.posts, post_id, "app.post.get.app_error")
    if post["delete_at"]:
        raise refuse(404, "app.post.get.app_error")
    if post["user_id"] != user:
        raise refuse(403, "api.context.permissions.app_error")
    return post


def _check(server: MattermostServer, post: dict[str, Any]) -> None:
    if len(post.get("message", "")) > MOST_CHARACTERS:
        raise refuse(400, "model.post.is_valid.msg.app_error")
    told = json.dumps(post.get("props") or {}, ensure_ascii=False, separators=(",", ":"))
    told = re.sub("[<>&]", r"\\u003c", told)
    if len(told) > (OLD_PROPS if int(server.version.partition(".")[0]) < 6 else MOST_PROPS):
        raise refuse(400, "model.post.is_valid.props.app_error")
    if len(post.get("file_ids") or []) > MOST_FILES or any(
        file_id not in server.files for file_id in post.get("file_ids") or []
    ):
        raise refuse(400, "model.post.is_valid.file_ids.app_error")
    if not (post.get("message") or post.get("file_ids") or (post.get("props") or {}).get("attachments")):
        raise refuse(400, "model.post.is_valid.empty.app_error")
    for attachment in (post.get("props") or {}).get("attachments") or []:
        for action in attachment.get("actions") or []:
            if not action.get("name") or not action.get("integration", {}).get("url"):
                raise refuse(400, "model.post.is_valid.action.app_error")


def known(table: dict[str, Any], key: str, error_id: str, status: int = 404) -> Any:
    if key not in table:
        raise refuse(status, error_id)
    return table[key]


def _page(items: list[Any], query: dict[str, str]) -> list[Any]:
    size = min(int(query.get("per_page") or 60), MOST_A_PAGE)
    start = int(query.get("page") or 0) * size
    return items[start : start + size]
