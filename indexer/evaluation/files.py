"""The files of an evaluation: BEIR-style documents and queries, their labels, and TREC runs.

What cannot be read is told by file and line.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from indexer.errors import BadDataError, NoSuchFileError

TAG = "kyoso"  # the name that a run bears


@dataclass(frozen=True, slots=True)
class Document:
    """A question and its answer; one of them may be empty."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A query of an evaluation."""

    id: str
    text: str


def read_documents(path: Path) -> list[Document]:
    """`{"_id", "title", "text"}` a line. Raises BadDataError or NoSuchFileError."""
    documents = []
    for line, row in rows(path):
        title, text = text_in(path, line, row, "title", ""), text_in(path, line, row, "text", "")
        if not (title.strip() or text.strip()):
            raise BadDataError(file=path, line=line, why="title, text: empty")
        documents.append(Document(text_in(path, line, row, "_id"), title if title.strip() else text, text))
    if not documents:
        raise BadDataError(file=path, line=1, why="no document")
    return documents


def read_queries(path: Path) -> list[Asked]:
    """`{"_id", "text"}` a line. Raises BadDataError or NoSuchFileError."""
    return [Asked(text_in(path, line, row, "_id"), text_in(path, line, row, "text")) for line, row in rows(path)]


def read_labels(path: Path) -> dict[str, dict[str, int]]:
    """`query-id`, `corpus-id`, `score` (2, 1 or 0) by tabs, with a header. Raises BadDataError or NoSuchFileError."""
    labels: dict[str, dict[str, int]] = {}
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            for line, row in enumerate(csv.DictReader(lines, delimiter="\t"), 2):
                try:
                    labels.setdefault(row["query-id"], {})[row["corpus-id"]] = int(row["score"])
                except (KeyError, TypeError, ValueError) as error:
                    raise BadDataError(file=path, line=line, why="query-id, corpus-id, score") from error
    except FileNotFoundError as error:
        raise NoSuchFileError(path=path) from error
    except UnicodeDecodeError as error:
        raise BadDataError(file=path, line=1, why="not UTF-8") from error
    return labels


def write_run(path: Path, answers: Mapping[str, Sequence[tuple[str, float]]]) -> None:
    """`qid Q0 docid rank score tag` a line."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as run:
        for query, found in answers.items():
            for rank, (document, score) in enumerate(found, 1):
                run.write(f"{query} Q0 {document} {rank} {score:.9f} {TAG}\n")


def rows(path: Path, *, named: bool = True) -> Iterator[tuple[int, dict[str, Any]]]:
    """The objects of a JSONL file with their line numbers; `named`: each has an `_id` of its own without blanks.

    Raises BadDataError or NoSuchFileError.
    """
    seen: set[str] = set()
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                try:
                    row = json.loads(line)
                except ValueError as error:
                    raise BadDataError(file=path, line=number, why="not JSON") from error
                if not isinstance(row, dict) or (named and "_id" not in row):
                    raise BadDataError(file=path, line=number, why='{"_id": …} is needed' if named else "{…} is needed")
                name = row.get("_id")
                if named and (not isinstance(name, str) or len(name.split()) != 1 or name in seen):
                    raise BadDataError(file=path, line=number, why=f"_id {name!r}: a new word without blanks is needed")
                seen.add(str(name))
                yield number, row
    except (FileNotFoundError, IsADirectoryError) as error:
        raise NoSuchFileError(path=path) from error
    except UnicodeDecodeError as error:
        raise BadDataError(file=path, line=1, why="not UTF-8") from error


def text_in(path: Path, line: int, row: Mapping[str, Any], key: str, default: str | None = None) -> str:
    """A text of a row. Raises BadDataError where it is none; missing, it is the default where there is one."""
    value = row.get(key, default)
    if value is None and default is not None:
        return default
    if not isinstance(value, str):
        raise BadDataError(file=path, line=line, why=f"{key}: a text is needed")
    return value
