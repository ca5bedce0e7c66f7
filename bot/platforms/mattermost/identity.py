"""Who the bot is on its server, and what tells one report of Mattermost's from another.

The same post is told by the event `posted`, by a replay of it, and by the list of what changed while the bot was away:
all three get one event id, so that it is heard once.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from bot.platforms.payloads import Payload, dict_in, json_in, number_in, string_in

# The kinds of inbox entries: an event of the socket, a post found when catching up, a command, a press.
EVENT, POST, COMMAND, ACTION = "event", "post", "command", "action"
LONGEST_ID = 255  # characters of an inbox event id
# How a found post differs from what was known: new, other words, other reactions, gone.
NEW, EDITED, REACTIONS, DELETED = "posted", "post_edited", "reactions", "post_deleted"


@dataclass(frozen=True, slots=True)
class Identity:
    """The bot's user in its team."""

    workspace_id: str
    user_id: str
    username: str
    team_id: str

    def wrote(self, post: Payload) -> bool:
        """Whether a post is the bot's own."""
        return bool(self.user_id) and post.get("user_id") == self.user_id

    def mentioned(self, post: Payload) -> bool:
        """Whether a post calls the bot."""
        called = rf"(?<![A-Za-z0-9@._-])@{re.escape(self.username)}(?![A-Za-z0-9_-])"
        return bool(self.username) and re.search(called, string_in(post.get("message")), re.IGNORECASE) is not None


def event_id(event: Payload, connection: str) -> str:
    """What tells an event of the socket from another; what has no id of its own is named by its place there."""
    kind, data = string_in(event.get("event")), dict_in(event.get("data"))
    post = json_in(data.get("post"))
    if kind in {NEW, EDITED, DELETED} and string_in(post.get("id")):
        return post_event_id(kind, post)
    reaction = json_in(data.get("reaction"))
    if kind == "reaction_added" and number_in(reaction.get("create_at")):
        parts = (reaction.get(name) for name in ("post_id", "user_id", "emoji_name", "create_at"))
        return short(":".join((kind, *map(str, parts))))
    return short(f"socket:{connection}:{number_in(event.get('seq'))}")


def post_event_id(change: str, post: Payload) -> str:
    """What tells one change of a post from another."""
    stamp = {EDITED: "edit_at", REACTIONS: "update_at"}.get(change)
    at = f":{number_in(post.get(stamp))}" if stamp else ""
    return short(f"{change}:{string_in(post.get('id'))}{at}")


def short(told: str) -> str:
    """An event id that fits the inbox."""
    if len(told) <= LONGEST_ID:
        return told
    return "sha256:" + hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()
