"""The lines of a bulk export: who and where first, wherever that stands, then what tells of threads, one at a time.

Direct messages are told by how their lines begin, and never parsed. A line that cannot be read is reported by its
number, and the rest is read all the same; so many of them end the reading.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from indexer.sources.export_errors import BadLineError, CutOffError, TooManyBadLinesError
from indexer.sources.importing import Progress, Tally
from indexer.sources.json_lines import LONGEST_LINE, JsonLines
from indexer.sources.mattermost_post import mapping, string
from indexer.sources.mattermost_survey import DIRECT_LINE, Survey, parsed, surveyed, why_unread

MOST_BAD_LINES = 100
PROGRESS_EVERY = 200  # lines
DIRECT = frozenset({"direct_channel", "direct_post"})
OTHER = frozenset({"emoji", "role", "scheme"})  # kinds of lines that tell nothing of threads
LISTS = frozenset({"team", "channel", "user", "bot"})
UNKNOWN, BAD = "unknown_line", "unreadable"


@dataclass(frozen=True, slots=True)
class Line:
    """One line: its number, its kind and what it tells."""

    number: int
    kind: str
    told: Mapping[str, Any]


class Lines:
    """Goes over the lines twice; what it leaves out, and what is wrong with it, goes into the tally."""

    def __init__(self, source: JsonLines, tally: Tally) -> None:
        self._source = source
        self._many = 0
        self._learnt: set[int] = set()
        self._tally = tally
        self._bad = 0

    def survey(self, now: datetime, learn: Callable[[str, Mapping[str, Any]], bool]) -> Survey:
        """Go over all lines a first time; `learn` takes in those that tell who and where, or says that it cannot."""

        def other(number: int, raw: bytes) -> None:
            try:
                told = mapping(parsed(raw))
            except (UnicodeDecodeError, ValueError, RecursionError):
                return  # reported when its turn comes
            kind = string(told.get("type"))
            if kind in LISTS and learn(kind, mapping(told.get(kind))):
                self._learnt.add(number)

        survey = surveyed(self._source, now, other)
        self._many = survey.lines
        return survey

    def read(self, progress: Progress | None) -> Iterator[Line]:
        """The lines that can be read, but for those of direct messages and what the survey learnt."""
        try:
            for number, line in self._source:
                if progress is not None and (number % PROGRESS_EVERY == 0 or number == self._many):
                    progress(number, self._many)
                if number in self._learnt or not (said := line.strip()):
                    continue
                if (direct := DIRECT_LINE.match(line)) and (line.endswith(b"\n") or said.endswith(b"}")):
                    self._tally.skipped[direct[1].decode()] += 1
                elif (told := self._told(number, line)) is not None:
                    yield told
                if self._bad > MOST_BAD_LINES:
                    problem = TooManyBadLinesError(file=self._source.name, line=number, count=self._bad)
                    self._tally.problems.append(problem)
                    return
        except CutOffError as problem:
            self._tally.problems.append(problem)

    def leave(self, line: Line) -> None:
        """Count a line that tells of nothing known."""
        self._tally.skipped[line.kind if line.kind in OTHER else UNKNOWN] += 1

    def note(self, number: int, why: str) -> None:
        """Report something in a line that cannot be read."""
        self._bad += 1
        self._tally.skipped[BAD] += 1
        if self._bad <= MOST_BAD_LINES:
            self._tally.problems.append(BadLineError(file=self._source.name, line=number, why=why))

    def _told(self, number: int, raw: bytes) -> Line | None:
        """What a line tells; None, and counted, where it is none to read."""
        try:
            told = mapping(parsed(raw))
        except (UnicodeDecodeError, ValueError, RecursionError) as error:
            why = why_unread(error, raw)
            if not raw.endswith(b"\n") and len(raw) <= LONGEST_LINE:
                raise CutOffError(file=self._source.name, line=number, why=why) from error
            self.note(number, why)
            return None
        kind = string(told.get("type"))
        contents = told.get(kind)
        if kind == "version":
            return None
        if kind in DIRECT:
            self._tally.skipped[kind] += 1
        elif not kind:
            self.note(number, "type")
        elif isinstance(contents, dict):
            return Line(number, kind, contents)
        else:
            self._tally.skipped[kind if kind in OTHER else UNKNOWN] += 1
        return None
