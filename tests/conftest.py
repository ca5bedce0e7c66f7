"""Fixtures every test may use."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.corpus import Database


@pytest.fixture(scope="session")
def _migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database at the present migration, to copy from."""
    path = tmp_path_factory.mktemp("migrated") / "kyoso.sqlite3"
    made = Database(f"sqlite:///{path}")
    made.migrate()
    made.close()
    return path


@pytest.fixture
def database(tmp_path: Path, _migrated: Path) -> Iterator[Database]:
    copy = tmp_path / "kyoso.sqlite3"
    shutil.copy(_migrated, copy)
    made = Database(f"sqlite:///{copy}")
    yield made
    made.close()
