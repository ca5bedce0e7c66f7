"""Strings that JSON allows and databases do not: NUL, which PostgreSQL refuses, and halves of surrogate pairs.

Whatever enters from outside is mended here: exports, events, and what the platforms' APIs answer.
"""

from __future__ import annotations

import re
from typing import Any

_UNSTORABLE = re.compile(
    r"\\u0000"
    r"|\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    r"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    # A backslash of its own before what only looks like an escape: what follows it may be half a pair.
    r"|\\\\u[dD]"
)


def needs_mending(json_text: str) -> bool:
    """Whether a JSON text holds such strings."""
    # Found far faster than by the expression, and rare in Japanese.
    suspect = "\\ud" in json_text or "\\u0000" in json_text or "\\uD" in json_text
    return suspect and _UNSTORABLE.search(json_text) is not None


def storable(value: Any) -> Any:
    """The value with every string such as a database takes it."""
    if isinstance(value, str):
        if value.isascii() and "\0" not in value:
            return value
        return value.replace("\0", "").encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [storable(item) for item in value]
    if isinstance(value, dict):
        return {storable(key): storable(item) for key, item in value.items()}
    return value
