"""Who the bot is in its workspace, and what tells one report of Slack's from another.

A mention comes twice, as `message` and as `app_mention`: both get one event id, so that it is heard once.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from bot.platforms.payloads import Payload, dict_in, string_in
from indexer.sources.slack_message import message_id_of

# The kinds of inbox entries.
EVENT, COMMAND, ACTION, SHORTCUT = "event", "command", "action", "shortcut"
LONGEST_ID = 255  # characters of an inbox event id


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the bot is in its workspace; a server may leave the bot id, the app id and the granted scopes out."""

    workspace_id: str
    user_id: str
    bot_id: str = ""
    app_id: str = ""
    scopes: frozenset[str] | None = None

    def wrote(self, message: Payload) -> bool:
        """Whether a message is the bot's own."""
        profile = dict_in(message.get("bot_profile"))
        theirs = (message.get("user"), message.get("bot_id"), message.get("app_id"), profile.get("app_id"))
        ours = (self.user_id, self.bot_id, self.app_id, self.app_id)
        return any(mine and mine == their for mine, their in zip(ours, theirs, strict=True))

    def mentioned(self, message: Payload) -> bool:
        """Whether a message calls the bot."""
        if not self.user_id:
            return False
        text = string_in(message.get("text"))
        if f"<@{self.user_id}>" in text or f"<@{self.user_id}|" in text:
            return True
        return not text and f'"user_id": "{self.user_id}"' in json.dumps(message.get("blocks"), default=str)


def event_id(kind: str, payload: Payload, me: Identity) -> str:
    """What tells one report from another, the same for a redelivery and for both reports of one mention."""
    if kind == EVENT:
        event = dict_in(payload.get("event"))
        if _is_mention(event, me) and (ts := message_id_of(event.get("ts"))):
            return _short(f"mention:{string_in(event.get('channel'))}:{ts}", payload)
        return _short(string_in(payload.get("event_id")), payload)
    return _short(string_in(payload.get("trigger_id")), payload)


def _is_mention(event: Payload, me: Identity) -> bool:
    if event.get("type") == "app_mention":
        return True
    changes = {"message_changed", "message_deleted", "message_replied"}
    return event.get("type") == "message" and string_in(event.get("subtype")) not in changes and me.mentioned(event)


def _short(told: str, payload: Payload) -> str:
    if 0 < len(told) <= LONGEST_ID:
        return told
    whole = json.dumps(payload, sort_keys=True, ensure_ascii=False, default=str)
    return "sha256:" + hashlib.sha256((told or whole).encode("utf-8", "surrogatepass")).hexdigest()
