"""Strings that JSON allows and databases do not: NUL, and halves of surrogate pairs."""

from __future__ import annotations

import re
from typing import Any

_UNSTORABLE = re.compile(
    r"\\u0000"
    r"|\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    r"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)


def needs_mending(json_text: str) -> bool:
    """Whether a JSON text holds such strings."""
    # Found far faster than by the expression, and rare in Japanese.
    suspect = "\\ud" in json_text or "\\u0000" in json_text or "\\uD" in json_text
    return suspect and _UNSTORABLE.search(json_text) is not None


def storable(value: Any) -> Any:
    """The value with every string such as a database takes it."""
    if isinstance(value, str):
        return value.replace("\0", "").encode("utf-8", "replace").decode()
    if isinstance(value, list):
        return [storable(item) for item in value]
    if isinstance(value, dict):
        return {storable(key): storable(item) for key, item in value.items()}
    return value
