"""Backup and restore in one file: the database, consistent while the bot serves, the index and the models."""

from __future__ import annotations

import sqlite3
import tarfile
import tempfile
from pathlib import Path

from indexer.config import Settings
from indexer.corpus import Database
from indexer.errors import BadInputError, NoSuchFileError

DATABASE = "kyoso.sqlite3"
FOLDERS = ("index", "models")


class NotSqliteError(BadInputError):
    """Other databases have tools of their own for this."""

    ja = "{url} は SQLite ではありません。データベースの標準の手段(pg_dump など)でバックアップしてください。"
    en = "{url} is not SQLite; back it up with its own tools (pg_dump and the like)"


class NotABackupError(BadInputError):
    """A file that `kyoso backup` did not write."""

    ja = "{path} は kyoso のバックアップではありません: {why}"
    en = "{path} is not a backup of kyoso: {why}"


class InTheWayError(BadInputError):
    """Restoring would overwrite a database."""

    ja = "{path} がすでにあります。別の KYOSO_DATA_DIR を指定するか、移してから実行してください。"
    en = "{path} is there already; choose another KYOSO_DATA_DIR or move it away first"


def backup(settings: Settings, target: Path) -> None:
    """Write the database as it is at this moment, the index and the models to `target` (a tar.gz)."""
    source = _database_file(settings)
    if not source.exists():
        raise NoSuchFileError(path=source)
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(target.name + ".unfinished")
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / DATABASE
        with sqlite3.connect(source) as live, sqlite3.connect(copy) as kept:
            live.backup(kept)
        with tarfile.open(unfinished, "w:gz") as archive:
            archive.add(copy, DATABASE)
            for name in FOLDERS:
                if (settings.data_dir / name).is_dir():
                    archive.add(settings.data_dir / name, name, filter=_without_working_files)
    unfinished.replace(target)


def restore(settings: Settings, source: Path) -> None:
    """Put the contents of a backup into the data folder, which must not hold a database yet."""
    database = _database_file(settings)
    if not source.exists():
        raise NoSuchFileError(path=source)
    if database.exists():
        raise InTheWayError(path=database)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    try:
        with tarfile.open(source, "r:gz") as archive:
            if DATABASE not in archive.getnames():
                raise NotABackupError(path=source, why=f"no {DATABASE}")
            archive.extractall(settings.data_dir, filter="data")
    except (tarfile.TarError, EOFError, OSError) as error:
        raise NotABackupError(path=source, why=str(error)) from error
    restored = settings.data_dir / DATABASE
    if restored != database:
        restored.replace(database)
    made = Database(settings.url)
    try:
        made.migrate()
    finally:
        made.close()


def _database_file(settings: Settings) -> Path:
    database = Database(settings.url)
    try:
        if database.url.get_backend_name() != "sqlite" or not database.url.database:
            raise NotSqliteError(url=database.url.render_as_string(hide_password=True))
        return Path(database.url.database)
    finally:
        database.close()


def _without_working_files(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    parts = Path(entry.name).parts
    return None if "working" in parts or any(part.startswith(".unfinished") for part in parts) else entry
