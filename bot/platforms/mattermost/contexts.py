"""What a button or menu carries: its action with where it belongs, signed and for a time.

Mattermost does not sign the requests that a press makes. But it keeps an action's context from its clients, so a
context that this bot has signed can only come from the server. The key is made from the bot's own token.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from typing import Any

from bot.platforms.payloads import Payload, dict_in, string_in

# As far back as members may still close their own questions (`bot.resolutions.OPEN_DAYS`).
VALID = timedelta(days=90)
SIGNATURE_LENGTH = 32  # hexadecimal digits: 128 bits


@dataclass(frozen=True, slots=True)
class Place:
    """Where the message with the button belongs.

    `channel_id`, `thread_id`: the room and thread it speaks of, which a direct message stands outside of. `hook_id`:
    the slash command it answers, which can be answered again. `private`: no post that anybody could change.
    """

    channel_id: str
    thread_id: str = ""
    hook_id: str = ""
    private: bool = False


@dataclass(frozen=True, slots=True)
class Press:
    """What a verified context says. `expired`: it was signed too long ago to count."""

    action: str
    value: str
    place: Place
    expired: bool


class Signer:
    """Signs contexts and reads them back."""

    def __init__(self, secret: str) -> None:
        self._key = hashlib.sha256(f"kyoso action:{secret}".encode()).digest()

    def context(self, action: str, value: str, place: Place, now: datetime) -> dict[str, Any]:
        """The context of one button or menu."""
        said: dict[str, Any] = {"action": action, "value": value, "until": str(int((now + VALID).timestamp()))}
        said |= {field.name: told for field in fields(place) if (told := getattr(place, field.name))}
        return said | {"signature": self._signature(said)}

    def read(self, context: object, now: datetime) -> Press | None:
        """What a context says; None where this bot did not sign it."""
        told = dict_in(context)
        # The server adds what was chosen from a menu.
        said = {name: value for name, value in told.items() if name not in {"signature", "selected_option"}}
        given = string_in(told.get("signature"))
        if not given.isascii() or not hmac.compare_digest(self._signature(said), given):
            return None
        place = Place(
            string_in(said.get("channel_id")),
            string_in(said.get("thread_id")),
            string_in(said.get("hook_id")),
            private=bool(said.get("private")),
        )
        expired = int(string_in(said.get("until")) or 0) < now.timestamp()
        return Press(string_in(said.get("action")), string_in(said.get("value")), place, expired)

    def _signature(self, said: Payload) -> str:
        canonical = json.dumps(said, sort_keys=True, default=str)
        return hmac.new(self._key, canonical.encode(), hashlib.sha256).hexdigest()[:SIGNATURE_LENGTH]
