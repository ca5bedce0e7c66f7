"""What a bulk export tells of itself before its threads are read: when it was made, how many lines there are, where its
posts share their moments.
"""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np

from indexer.sources.export_errors import CutOffError, MissingVersionError
from indexer.sources.importing import LONG_AGO
from indexer.sources.json_lines import LONGEST_LINE, JsonLines
from indexer.sources.mattermost_post import mapping, millis_of, moment, string
from indexer.sources.storable import needs_mending, storable

VERSION = 1  # of the format; there has been no other

POST_LINE = re.compile(rb'\s*\{\s*"type"\s*:\s*"post"')
DIRECT_LINE = re.compile(rb'\s*\{\s*"type"\s*:\s*"(direct_channel|direct_post)"')
# The moments of posts and replies; those of reactions are followed by the emoji's name.
# The expression begins with what is rarer than a quotation mark, since that is what the engine looks for first.
_MADE_AT = re.compile(rb'_at"(?:(?<="create_at")|(?<="edit_at"))\s*:\s*([1-9]\d{11,13})(?!\d|\s*,\s*"emoji_name")')


@dataclass(frozen=True, slots=True)
class Survey:
    """What the first pass found: how many lines, the latest moment told, the milliseconds of more than one post."""

    lines: int
    latest: datetime
    shared: frozenset[int]


def created_at(source: JsonLines) -> datetime | None:
    """When the export was made, as its first line tells, which must be the version line."""
    for number, line in source:
        if not line.strip():
            continue
        try:
            told = mapping(parsed(line))
        except (UnicodeDecodeError, ValueError, RecursionError) as error:
            raise MissingVersionError(file=source.name, line=number, why=why_unread(error, line)) from error
        if told.get("type") != "version":
            raise MissingVersionError(file=source.name, line=number, why=f"type: {_short(told.get('type'))}")
        if told.get("version") != VERSION:
            raise MissingVersionError(file=source.name, line=number, why=f"version: {_short(told.get('version'))}")
        return _time(mapping(told.get("info")).get("created"))
    raise MissingVersionError(file=source.name, line=1, why="empty")


def surveyed(source: JsonLines, now: datetime, other: Callable[[int, bytes], None]) -> Survey:
    """Pass over all lines once; `other` is given the lines, and their numbers, that begin like no post."""
    latest, limit, lines = 0, millis_of(now), 0
    made = array("q")
    try:
        for number, line in source:
            lines = number
            if DIRECT_LINE.match(line):
                continue
            if not POST_LINE.match(line):
                other(number, line)
            for match in _MADE_AT.finditer(line):
                millis = int(match[1])
                latest = max(latest, millis) if millis <= limit else latest
                if line.startswith(b"create", match.start() - len(b"create")):
                    made.append(millis)
    except CutOffError:
        pass  # reported when its turn comes
    in_order = np.sort(np.frombuffer(made, dtype=np.int64)) if made else np.empty(0, np.int64)
    shared = np.unique(in_order[1:][in_order[1:] == in_order[:-1]])
    return Survey(lines, moment(latest) or LONG_AGO, frozenset(shared.tolist()))


def parsed(line: bytes) -> Any:
    """The value in a line. Raises UnicodeDecodeError, ValueError or RecursionError."""
    if len(line) > LONGEST_LINE:
        raise ValueError(LONGEST_LINE)
    text = line.decode("utf-8-sig")
    told = json.loads(text)
    return storable(told) if needs_mending(text) else told


def why_unread(error: Exception, line: bytes) -> str:
    """Why a line cannot be read, in a word."""
    if len(line) > LONGEST_LINE:
        return f"> {LONGEST_LINE // 2**20} MB"
    if isinstance(error, UnicodeDecodeError):
        return f"UTF-8, {error.start + 1}"
    return f"JSON, {error.colno}" if isinstance(error, json.JSONDecodeError) else "JSON"


def _time(told: object) -> datetime | None:
    try:
        at = datetime.fromisoformat(string(told))
    except ValueError:
        return None
    return at if at.tzinfo is not None else None


def _short(value: object) -> str:
    return repr(value)[:40]
