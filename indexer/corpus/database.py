"""The database connection: one engine, short transactions, migrations checked before use."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, cast

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, Table, create_engine, event, literal, make_url
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from indexer.corpus.prepared import Prepared
from indexer.errors import DatabaseUnreadyError

MIGRATIONS = Path(__file__).parent.parent.parent / "migrations"
MOST_IDLE = 8  # connections to SQLite kept open between transactions: to open one takes longer than most statements
BUSY_SECONDS = 30  # how long a writer waits for another process's transaction on SQLite


class Database:
    """Opens transactions on the configured database.

    `begin` is for writing: on SQLite it takes the write lock at once, so that a read followed by a write cannot fail
    half-way. `read` never waits for a writer (WAL).
    """

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        if self.url.get_backend_name() == "sqlite" and self.url.database:
            Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
        self.engine = _engine(url)
        self._idle: list[Connection] = []  # on SQLite, which has no other pool

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction that commits at the end of the block and rolls back on an exception."""
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection for reading one consistent state."""
        with self._transaction("BEGIN") as connection:
            yield connection

    def migrate(self) -> None:
        """Bring the tables to the version this code needs."""
        with self._reported(), self._transaction("BEGIN") as connection:
            config = alembic_config()
            config.attributes["connection"] = connection
            command.upgrade(config, "head")

    def version(self) -> tuple[str | None, str | None]:
        """The migration the tables are at, and the newest that this code knows."""
        with self._reported(), self.engine.connect() as connection:
            current = MigrationContext.configure(connection).get_current_revision()
        return current, ScriptDirectory.from_config(alembic_config()).get_current_head()

    def close(self) -> None:
        """Give all connections back."""
        while self._idle:
            self._idle.pop().close()
        self.engine.dispose()

    @contextmanager
    def _transaction(self, begin_sqlite: str) -> Iterator[Connection]:
        if self.engine.dialect.name != "sqlite":
            with self.engine.connect() as connection, connection.begin():
                yield connection
            return
        connection = self._spare()
        try:
            with connection.begin():
                # Told the driver itself: an event of SQLAlchemy's would slow down every statement.
                driver: Any = connection.connection.driver_connection
                driver.execute(begin_sqlite)
                yield connection
        except BaseException:
            connection.close()
            raise
        if len(self._idle) < MOST_IDLE:
            self._idle.append(connection)
        else:
            connection.close()

    def _spare(self) -> Connection:
        try:
            return self._idle.pop()
        except IndexError:
            return self.engine.connect()

    @contextmanager
    def _reported(self) -> Iterator[None]:
        try:
            yield
        except OperationalError as error:
            shown = self.url.render_as_string(hide_password=True)
            raise DatabaseUnreadyError(url=shown, why=str(error.orig)) from error


def alembic_config() -> Config:
    """Alembic pointed at the migrations beside the packages."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def upsert(connection: Connection, table: Table) -> sqlite.Insert:
    """An INSERT that can say what to do on conflict; both supported databases spell it alike."""
    return inserting(connection.dialect.name, table)


def inserted(connection: Connection, statement: sqlite.Insert) -> bool:
    """Execute an upsert of one row and tell whether it wrote one; drivers do not agree on `rowcount` here."""
    return connection.execute(statement.returning(literal(1))).first() is not None


def added(connection: Connection, table: Table, row: Mapping[str, Any]) -> bool:
    """Insert a row unless its key is taken; whether it was free."""
    return bool(adding(connection.dialect.name, table, tuple(row)).rows(connection, row))


@cache
def adding(dialect: str, table: Table, columns: tuple[str, ...], returning: str = "") -> Prepared:
    """What inserts a row of these columns unless its key is taken, and returns one of its columns where it was free."""
    told = table.c[returning] if returning else literal(1)
    return Prepared(inserting(dialect, table).on_conflict_do_nothing().returning(told), columns)


def inserting(dialect: str, table: Table) -> sqlite.Insert:
    """Likewise by the dialect's name, for statements that are put together once."""
    return cast("sqlite.Insert", postgresql.insert(table)) if dialect == "postgresql" else sqlite.insert(table)


def _engine(url: str) -> Engine:
    # Parameters are members' words; an error message or a log is no place for them.
    if make_url(url).get_backend_name() != "sqlite":
        return create_engine(url, pool_pre_ping=True, hide_parameters=True)
    engine = create_engine(url, poolclass=NullPool, hide_parameters=True)
    event.listen(engine, "connect", _configure_sqlite)
    return engine


def _configure_sqlite(connection: Any, _record: Any) -> None:
    # The driver must not open transactions by itself; `Database` says how each is opened.
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        f"busy_timeout={BUSY_SECONDS * 1000}",
        "secure_delete=ON",  # a deleted post's words do not stay in free pages
    ):
        connection.execute(f"PRAGMA {pragma}")
