"""Statements that are put together once and run often.

SQLAlchemy takes 44 µs from a statement to its rows, and 71 where it holds a list of values, of which SQLite's driver
takes 5 (`docs/decisions/0018-prepared-statements.md`). A letter that is written takes a dozen statements. So on SQLite
what SQLAlchemy compiled, once, is handed to the driver itself; a list of values is handed over as JSON, so that its
length does not matter. On other databases SQLAlchemy runs the statement as it always does.
"""

from __future__ import annotations

import json
from collections import namedtuple
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sqlalchemy import BindParameter, Connection, Delete, Insert, Select, Update
from sqlalchemy.dialects import sqlite
from sqlalchemy.sql.compiler import SQLCompiler

_DIALECT = sqlite.dialect()
Processor = Callable[[Any], Any]
Statement = Select[*tuple[Any, ...]] | Insert | Update | Delete


class Prepared:
    """A statement with its parameters by name; those that it states itself keep their values.

    `columns`: of an insert, the columns that are given.
    """

    def __init__(self, statement: Statement, columns: Collection[str] = ()) -> None:
        self._statement = statement
        self._columns = columns

    def rows(self, connection: Connection, values: Mapping[str, Any]) -> Sequence[Any]:
        """What it finds or returns, rows by name and place."""
        if connection.dialect.name != _DIALECT.name:
            return connection.execute(self._statement, values).all()
        return self._on_sqlite.rows(self._execute(connection, values).fetchall())

    def first(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        """The first row, None where there is none."""
        found = self.rows(connection, values)
        return found[0] if found else None

    def run(self, connection: Connection, values: Mapping[str, Any]) -> int:
        """Change what it says; how many rows that were."""
        if connection.dialect.name != _DIALECT.name:
            return connection.execute(self._statement, values).rowcount
        return int(self._execute(connection, values).rowcount)

    def each(self, connection: Connection, several: Sequence[Mapping[str, Any]]) -> None:
        """Change what it says with several sets of parameters, one after the other."""
        if connection.dialect.name != _DIALECT.name:
            connection.execute(self._statement, several)
            return
        driver: Any = connection.connection.driver_connection
        driver.executemany(self._on_sqlite.text, [self._on_sqlite.given(values) for values in several])

    def _execute(self, connection: Connection, values: Mapping[str, Any]) -> Any:
        driver: Any = connection.connection.driver_connection
        return driver.execute(self._on_sqlite.text, self._on_sqlite.given(values))

    @cached_property
    def _on_sqlite(self) -> _OnSqlite:
        return _on_sqlite(self._statement, self._columns)


@dataclass(frozen=True, slots=True)
class _Parameter:
    """A parameter that is to be given, or has the value that the statement states."""

    name: str
    required: bool
    stated: Any
    process: Processor | None


@dataclass(frozen=True, slots=True)
class _OnSqlite:
    """A statement as SQLite takes it: its text, how each parameter is handed over, what becomes of the columns."""

    text: str
    parameters: tuple[_Parameter, ...]
    row: Callable[[Sequence[Any]], Any]
    columns: tuple[tuple[int, Processor], ...]

    def given(self, values: Mapping[str, Any]) -> list[Any]:
        """The parameters in their places."""
        handed = []
        for one in self.parameters:
            value = values[one.name] if one.required else one.stated
            handed.append(value if one.process is None else one.process(value))
        return handed

    def rows(self, found: list[Any]) -> list[Any]:
        """Rows as the statement's columns are meant."""
        if not self.columns:
            return [self.row(told) for told in found]
        rows = []
        for told in found:
            values = list(told)
            for place, process in self.columns:
                values[place] = process(values[place])
            rows.append(self.row(values))
        return rows


def _on_sqlite(statement: Statement, given: Collection[str]) -> _OnSqlite:
    compiled = statement.compile(dialect=_DIALECT, column_keys=list(given) or None)
    assert isinstance(compiled, SQLCompiler)
    assert not compiled.insert_prefetch, "defaults are to be given"
    text, stated = str(compiled), compiled.params
    parameters = []
    for name in compiled.positiontup or ():
        bind = compiled.binds[name]
        if bind.expanding:
            text = text.replace(f"__[POSTCOMPILE_{name}]", "SELECT value FROM json_each(?)")
        parameters.append(_Parameter(name, bind.required, stated.get(name), _handing_over(bind)))
    assert "POSTCOMPILE" not in text, text
    columns = list(statement.exported_columns)
    meant = ((place, column.type.dialect_impl(_DIALECT)) for place, column in enumerate(columns))
    processors = ((place, type_.result_processor(_DIALECT, None)) for place, type_ in meant)
    row = namedtuple("row", [column.key for column in columns], rename=True)  # type: ignore[misc]  # noqa: PYI024
    return _OnSqlite(text, tuple(parameters), row._make, tuple((place, one) for place, one in processors if one))


def _handing_over(bind: BindParameter[Any]) -> Processor | None:
    process = bind.type.dialect_impl(_DIALECT).bind_processor(_DIALECT)
    if not bind.expanding:
        return process
    return lambda values: json.dumps([process(value) if process else value for value in values])
