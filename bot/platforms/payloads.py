"""Reading platforms' JSON, whose shape nobody guarantees: each function gives an empty value for what is not there."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from indexer.sources.storable import needs_mending, storable

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


def number_in(value: object) -> int:
    """The whole number in `value`; 0 where there is none."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def json_in(value: object) -> Payload:
    """The object that `value` is, or whose JSON it is: a part that some platforms send as a string within."""
    if not isinstance(value, str):
        return dict_in(value)
    try:
        told = json.loads(value)
        return dict_in(storable(told) if needs_mending(value) else told)
    except (ValueError, RecursionError):
        return {}
