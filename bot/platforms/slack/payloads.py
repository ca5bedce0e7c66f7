"""Reading Slack's JSON, whose shape nobody guarantees: each function gives an empty value for what is not there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Payload = Mapping[str, Any]


def dict_in(value: object) -> Payload:
    """The object in `value`."""
    return value if isinstance(value, Mapping) else {}


def dicts_in(value: object) -> Iterable[Payload]:
    """The objects in the list `value`."""
    return [item for item in value if isinstance(item, Mapping)] if isinstance(value, list | tuple) else ()


def string_in(value: object) -> str:
    """The string in `value`."""
    return value if isinstance(value, str) else ""


def id_in(value: object) -> str:
    """An id, given as itself or as an object that carries it."""
    return string_in(value) or string_in(dict_in(value).get("id"))
