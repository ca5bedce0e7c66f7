"""The Web API methods of the fake Slack: what each checks, does and answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from slack_server import Room, SlackServer

Arguments = dict[str, Any]


class Refused(Exception):  # noqa: N818 - the word of the port
    """`{"ok": false, "error": …}`."""


def auth_test(server: SlackServer, _arguments: Arguments) -> Arguments:
    told = {"team_id": "T0TEST", "user_id": "U0KYOSO", "user": "kyoso"} | server.auth_extra
    return {name: value for name, value in told.items() if name not in server.untold}


def apps_connections_open(server: SlackServer, _arguments: Arguments) -> Arguments:
    return {"url": server.delivery.socket_url}


def chat_post_message(server: SlackServer, arguments: Arguments) -> Arguments:
    room = _writable(server, arguments["channel"])
    thread_ts = arguments.get("thread_ts")
    message = _own_message(server, arguments)
    server.keep(room, message, thread_ts)
    return {"channel": room.id, "ts": message["ts"], "message": message}


def chat_post_ephemeral(server: SlackServer, arguments: Arguments) -> Arguments:
    room = _writable(server, arguments["channel"])
    if arguments["user"] not in room.members:
        raise Refused("user_not_in_channel")
    check_message(arguments)
    server.ephemerals.append(dict(arguments))
    return {"message_ts": server.next_ts()}


def chat_update(server: SlackServer, arguments: Arguments) -> Arguments:
    room = _writable(server, arguments["channel"])
    message = room.message(arguments["ts"])
    if message.get("user") != "U0KYOSO":
        raise Refused("cant_update_message")
    changed = _own_message(server, arguments)
    server.edit(room.id, message["ts"], changed["text"], blocks=changed.get("blocks", []))
    return {"channel": room.id, "ts": message["ts"], "text": changed["text"]}


def chat_delete(server: SlackServer, arguments: Arguments) -> Arguments:
    room = server.room(arguments["channel"])
    if room.message(arguments["ts"]).get("user") != "U0KYOSO":
        raise Refused("cant_delete_message")
    server.delete(room.id, arguments["ts"])
    return {"channel": room.id, "ts": arguments["ts"]}


def conversations_open(server: SlackServer, arguments: Arguments) -> Arguments:
    return {"channel": {"id": server.direct_room(arguments["users"]).id}}


def conversations_join(server: SlackServer, arguments: Arguments) -> Arguments:
    room = server.room(arguments["channel"])
    if room.private or room.im_with:
        raise Refused("method_not_supported_for_channel_type")
    if room.archived:
        raise Refused("is_archived")
    room.members.add("U0KYOSO")
    return {"channel": _channel(room)}


def conversations_info(server: SlackServer, arguments: Arguments) -> Arguments:
    return {"channel": _channel(_readable(server, arguments["channel"]))}


def conversations_list(server: SlackServer, arguments: Arguments) -> Arguments:
    types = arguments.get("types", "public_channel").split(",")
    rooms = [
        room
        for room in server.rooms.values()
        if not room.im_with
        and ("private_channel" in types and "U0KYOSO" in room.members if room.private else "public_channel" in types)
        and not (room.archived and arguments.get("exclude_archived") in ("1", "true"))
    ]
    return _page([_channel(room) for room in rooms], "channels", arguments)


def conversations_members(server: SlackServer, arguments: Arguments) -> Arguments:
    return _page(sorted(_readable(server, arguments["channel"]).members), "members", arguments)


def conversations_history(server: SlackServer, arguments: Arguments) -> Arguments:
    room = _inside(server, arguments["channel"])
    after, before = float(arguments.get("oldest") or 0), float(arguments.get("latest") or "inf")
    roots = [
        message | _thread_facts(room, message["ts"])
        for message in room.messages
        if message.get("thread_ts", message["ts"]) == message["ts"] and after < float(message["ts"]) < before
    ]
    return _page([_read_back(server, message, arguments) for message in reversed(roots)], "messages", arguments)


def _thread_facts(room: Room, ts: str) -> Arguments:
    """What a first message tells of its replies."""
    replies = [message for message in room.thread(ts) if message["ts"] != ts]
    if not replies:
        return {}
    return {"thread_ts": ts, "reply_count": len(replies), "latest_reply": replies[-1]["ts"]}


def conversations_replies(server: SlackServer, arguments: Arguments) -> Arguments:
    thread = _inside(server, arguments["channel"]).thread(arguments["ts"])
    if not thread:
        raise Refused("thread_not_found")
    return _page([_read_back(server, message, arguments) for message in thread], "messages", arguments)


def users_list(server: SlackServer, arguments: Arguments) -> Arguments:
    return _page(list(server.users.values()), "members", arguments)


def users_info(server: SlackServer, arguments: Arguments) -> Arguments:
    if arguments["user"] not in server.users:
        raise Refused("user_not_found")
    return {"user": server.users[arguments["user"]]}


def files_get_upload_url(server: SlackServer, arguments: Arguments) -> Arguments:
    if int(arguments["length"]) < 1 or len(arguments.get("alt_txt", "")) > 1_000:
        raise Refused("invalid_arguments")
    file_id = f"F{len(server.files) + 1:08}"
    server.files[file_id] = {"id": file_id, "name": arguments["filename"], "length": int(arguments["length"])}
    return {"file_id": file_id, "upload_url": f"{server.base}/upload/{file_id}"}


def files_complete_upload(server: SlackServer, arguments: Arguments) -> Arguments:
    told = []
    for named in json.loads(arguments["files"]):
        file = server.files.get(named["id"])
        if file is None or "content" not in file:
            raise Refused("file_not_found")
        file |= {"title": named["title"], "complete": True, "shared": []}
        file["permalink"] = f"https://test.slack.com/files/U0KYOSO/{file['id']}/{file['name'].lower()}"
        told.append({"id": file["id"], "title": file["title"], "permalink": file["permalink"]})
    return {"files": told}


def views_publish(server: SlackServer, arguments: Arguments) -> Arguments:
    view = arguments["view"]
    if arguments["user_id"] not in server.users:
        raise Refused("user_not_found")
    if view["type"] != "home" or not 1 <= len(view["blocks"]) <= 100:
        raise Refused("invalid_arguments")
    for block in view["blocks"]:
        _check_block(block)
    server.homes[arguments["user_id"]] = view
    return {"view": view}


METHODS: dict[str, Callable[[SlackServer, Arguments], Arguments]] = {
    "apps.connections.open": apps_connections_open,
    "auth.test": auth_test,
    "chat.delete": chat_delete,
    "chat.postEphemeral": chat_post_ephemeral,
    "chat.postMessage": chat_post_message,
    "chat.update": chat_update,
    "conversations.history": conversations_history,
    "conversations.info": conversations_info,
    "conversations.join": conversations_join,
    "conversations.list": conversations_list,
    "conversations.members": conversations_members,
    "conversations.open": conversations_open,
    "conversations.replies": conversations_replies,
    "files.completeUploadExternal": files_complete_upload,
    "files.getUploadURLExternal": files_get_upload_url,
    "users.info": users_info,
    "users.list": users_list,
    "views.publish": views_publish,
}


def check_message(message: Arguments) -> None:
    """Refuse what Slack refuses: https://docs.slack.dev/reference/block-kit/blocks/ and chat.postMessage's errors."""
    blocks = message.get("blocks") or []
    if not blocks and not str(message.get("text") or "").strip():
        raise Refused("no_text")
    if len(blocks) > 50:
        raise Refused("invalid_blocks: too many")
    if len(json.dumps(blocks, ensure_ascii=False)) + len(message.get("text", "")) > 13_000:
        raise Refused("msg_too_long")
    block_ids = [block["block_id"] for block in blocks if "block_id" in block]
    if len(set(block_ids)) < len(block_ids) or any(len(block_id) > 255 for block_id in block_ids):
        raise Refused("invalid_blocks: block_id")
    for block in blocks:
        _check_block(block)
    metadata = message.get("metadata")
    if metadata is not None and set(metadata) != {"event_type", "event_payload"}:
        raise Refused("invalid_metadata_format")


def _check_block(block: Arguments) -> None:
    match block["type"]:
        case "section":
            _check_text(block["text"], 3_000)
        case "context":
            if not 1 <= len(block["elements"]) <= 10:
                raise Refused("invalid_blocks: context")
            for element in block["elements"]:
                _check_text(element, 3_000)
        case "actions":
            _check_actions(block["elements"])
        case "image":
            if not 1 <= len(block["alt_text"]) <= 2_000 or set(block["slack_file"]) != {"id"}:
                raise Refused("invalid_blocks: image")
        case _:
            raise Refused(f"invalid_blocks: {block['type']}")


def _check_actions(elements: list[Arguments]) -> None:
    action_ids = {element["action_id"] for element in elements}
    if not 1 <= len(elements) <= 25 or len(action_ids) < len(elements):
        raise Refused("invalid_blocks: actions")
    for element in elements:
        if len(element["action_id"]) > 255:
            raise Refused("invalid_blocks: action_id")
        if element["type"] != "button":
            _check_menu(element)
            continue
        _check_text(element["text"], 75)
        value, style = element.get("value", ""), element.get("style", "primary")
        within = len(element["action_id"]) <= 255 and len(value) <= 2_000 and len(element.get("url", "")) <= 3_000
        if not within or style not in ("primary", "danger") or ("value" in element and not value):
            raise Refused("invalid_blocks: button")


def _check_menu(element: Arguments) -> None:
    _check_text(element["placeholder"], 150)
    if element["type"] == "users_select":
        return
    if element["type"] != "static_select" or not 1 <= len(element["options"]) <= 100:
        raise Refused("invalid_blocks: select")
    for option in element["options"]:
        _check_text(option["text"], 75)
        if not 1 <= len(option["value"]) <= 150:
            raise Refused("invalid_blocks: option")


def _check_text(text: Arguments, limit: int) -> None:
    if text["type"] not in ("mrkdwn", "plain_text") or not 1 <= len(text["text"]) <= limit or not text["text"].strip():
        raise Refused("invalid_blocks: text")


def _own_message(server: SlackServer, arguments: Arguments) -> Arguments:
    check_message(arguments)
    _share_files(server, arguments)
    message: Arguments = {"type": "message", "user": "U0KYOSO", "bot_id": "B0KYOSO", "app_id": "A0KYOSO"}
    message |= {"text": arguments.get("text", ""), "blocks": arguments.get("blocks", [])}
    if not server.keeps_block_ids:
        message["blocks"] = [block | {"block_id": "x"} for block in message["blocks"]]
    if server.keeps_metadata and "metadata" in arguments:
        message["metadata"] = arguments["metadata"]
    return message


def _share_files(server: SlackServer, arguments: Arguments) -> None:
    """Pictures in blocks have to be looked at first; any file whose permalink is named is shared."""
    for block in arguments.get("blocks") or []:
        if block["type"] == "image":
            file = server.files.get(block["slack_file"]["id"], {})
            if server.slow_files or not file.get("complete"):
                server.slow_files -= 1
                raise Refused("invalid_blocks")
            file["shared"].append(arguments["channel"])
    for file in server.files.values():
        if arguments.get("unfurl_media") and file.get("permalink", "\0") in json.dumps(
            arguments.get("blocks"), ensure_ascii=False
        ):
            file["shared"].append(arguments["channel"])


def _read_back(server: SlackServer, message: Arguments, arguments: Arguments) -> Arguments:
    shown = arguments.get("include_all_metadata") in ("1", "true", True)
    return {key: value for key, value in message.items() if key != "metadata" or shown}


def _readable(server: SlackServer, channel_id: str) -> Room:
    room = server.room(channel_id)
    if room.private and "U0KYOSO" not in room.members:
        raise Refused("channel_not_found")
    return room


def _inside(server: SlackServer, channel_id: str) -> Room:
    room = _readable(server, channel_id)
    if "U0KYOSO" not in room.members:
        raise Refused("not_in_channel")
    return room


def _writable(server: SlackServer, channel_id: str) -> Room:
    room = _inside(server, channel_id)
    if room.archived:
        raise Refused("is_archived")
    return room


def _channel(room: Room) -> Arguments:
    flags = {"is_private": room.private, "is_archived": room.archived, "is_im": bool(room.im_with)}
    return {"id": room.id, "name": room.name, "is_member": "U0KYOSO" in room.members} | flags


def _page(items: list[Any], name: str, arguments: Arguments) -> Arguments:
    start = int(arguments.get("cursor") or 0)
    end = start + int(arguments.get("limit") or 100)
    return {name: items[start:end], "response_metadata": {"next_cursor": str(end) if end < len(items) else ""}}
