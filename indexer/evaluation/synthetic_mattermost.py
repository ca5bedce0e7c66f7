"""The synthetic community as a Mattermost bulk export: the same members, words and threads, written another way.

Lines are as the server writes them: compact, in UTF-8, fields in its order, null for an empty list.
"""

from __future__ import annotations

import json
import random
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from indexer.evaluation.synthetic import MEMBERS, Community, SyntheticExport

TEAM = "synthetic"
_MENTION = re.compile(r"<@U0SYN0*(\d+)>")
_LINK = re.compile(r"<(https?://[^|>]+)\|([^>]+)>")

Line = dict[str, Any]


def write_bulk_export(path: Path, threads: int, seed: int = 1, members: int = MEMBERS) -> SyntheticExport:
    """Write an export of `threads` threads to the zip at `path`."""
    community = Community(random.Random(seed), members)  # noqa: S311 - the seed makes it repeatable
    messages = 0
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as zipped,
        zipped.open("import.jsonl", "w", force_zip64=True) as file,
    ):
        users, channels = community.users(), community.channels()
        names = {user["id"]: user["name"] for user in users}
        for line in _lists(users, channels):
            file.write(_encoded(line))
        for number, entries in community.threads(threads):
            post = _post(channels[number], entries, names)
            file.write(_encoded({"type": "post", "post": post}))
            messages += len(entries)
    return SyntheticExport(path, threads, messages, 0)


def _encoded(line: Line) -> bytes:
    return json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def _lists(users: list[Line], channels: list[Line]) -> Iterator[Line]:
    yield {"type": "version", "version": 1}
    yield {"type": "team", "team": {"name": TEAM, "display_name": "見本", "type": "O"}}
    for channel in channels:
        facts = {"team": TEAM, "name": channel["id"].lower(), "display_name": channel["name"], "type": "O"}
        yield {"type": "channel", "channel": facts}
    rooms = [{"name": channel["id"].lower()} for channel in channels]
    for user in users:
        if user.get("is_bot"):
            yield {"type": "bot", "bot": {"username": user["name"], "display_name": user["real_name"]}}
            continue
        roles = "system_guest" if user["is_restricted"] else "system_user"
        facts = {"username": user["name"], "nickname": user["profile"]["display_name"], "roles": roles}
        teams = [{"name": TEAM, "roles": "team_user", "channels": rooms[:20]}]
        yield {"type": "user", "user": {**facts, "delete_at": int(user["deleted"]), "teams": teams}}


def _post(channel: Line, entries: list[Line], names: Mapping[str, str]) -> Line:
    root, *replies = (_message(entry, names) for entry in entries)
    return {"team": TEAM, "channel": channel["id"].lower(), **root, "replies": replies or None}


def _message(entry: Line, names: Mapping[str, str]) -> Line:
    text = _LINK.sub(r"[\2](\1)", _MENTION.sub(r"@member\1", entry["text"])).replace("&amp;", "&")
    at = _millis(entry["ts"])
    given = [
        {"user": names[user], "create_at": at, "emoji_name": reaction["name"]}
        for reaction in entry.get("reactions", ())
        for user in reaction["users"]
    ]
    return {
        "user": names[entry["user"]],
        "type": "system_join_channel" if entry.get("subtype") == "channel_join" else "",
        "message": text,
        "props": {"from_bot": "true"} if entry.get("bot_id") else {},
        "create_at": at,
        "edit_at": _millis(entry["edited"]["ts"]) if "edited" in entry else 0,
        "reactions": given or None,
    }


def _millis(ts: str) -> int:
    """The milliseconds of a ts, whose fraction only numbers it."""
    seconds, _, number = ts.partition(".")
    return int(seconds) * 1000 + int(number) % 1000
