"""The values of a YAML file, each knowing the line and the key it stands at, so that every mistake names them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import NoReturn, TypeVar

import yaml

from indexer.errors import BadChannelMapError, NoSuchFileError

Choice = TypeVar("Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class Field:
    """One value of `file` and the key it stands under; each way to read it refuses what it cannot be."""

    file: Path
    key: str
    node: yaml.Node | None

    def fields(self, known: Iterable[str], needed: Iterable[str] = (), prefix: str = "") -> dict[str, Field]:
        """The values of a mapping by name; their keys begin with `prefix`."""
        if not isinstance(self.node, yaml.MappingNode):
            self.refuse("key: value …")
        found: dict[str, Field] = {}
        for name_node, value in self.node.value:
            name = str(name_node.value)
            if name not in known:
                Field(self.file, name, name_node).refuse(f"unknown; known: {', '.join(known)}")
            if name in found:
                Field(self.file, name, name_node).refuse("given twice")
            found[name] = Field(self.file, prefix + name, value)
        for name in needed:
            if name not in found:
                Field(self.file, name, self.node).refuse("missing")
        return found

    def items(self) -> list[Field]:
        """The values of a list."""
        if not isinstance(self.node, yaml.SequenceNode):
            self.refuse("a list is needed")
        return [Field(self.file, self.key, node) for node in self.node.value]

    def texts(self) -> tuple[str, ...]:
        """The texts of a list."""
        return tuple(item.text() for item in self.items())

    def text(self) -> str:
        """A single value as it is written."""
        if not isinstance(self.node, yaml.ScalarNode):
            self.refuse("a single value is needed")
        return str(self.node.value).strip()

    def choice(self, choices: type[Choice]) -> Choice:
        """One of the values of `choices`."""
        value = self.text()
        try:
            return choices(value)
        except ValueError:
            self.refuse(f"{value}: {' | '.join(choices)}")

    def probability(self) -> float:
        """A number from 0 to 1."""
        try:
            value = float(self.text())
        except ValueError:
            self.refuse("0..1")
        if not 0 <= value <= 1:
            self.refuse(f"{value}: 0..1")
        return value

    def refuse(self, why: str) -> NoReturn:
        """Raise BadChannelMapError."""
        line = self.node.start_mark.line + 1 if self.node is not None else 1
        raise BadChannelMapError(file=self.file, line=line, key=self.key, why=why)


def read_yaml(path: Path, key: str) -> Field:
    """All of a file as one value, called `key` in errors. Raises NoSuchFileError and BadChannelMapError."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise NoSuchFileError(path=path) from error
    except UnicodeDecodeError as error:
        raise BadChannelMapError(file=path, line=1, key="-", why="not UTF-8") from error
    try:
        return Field(path, key, yaml.compose(text, Loader=yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BadChannelMapError(file=path, line=line, key="-", why=error.problem or "not YAML") from error
    except yaml.YAMLError as error:
        raise BadChannelMapError(file=path, line=1, key="-", why=str(error)) from error
