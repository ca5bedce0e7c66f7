"""Snapshots: switched whole, old ones cleared away, and refused where they do not fit."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from indexer.errors import IndexMissingError, SnapshotMismatchError
from indexer.snapshot import Manifest, Snapshots


def manifest(position: int = 1, encoder: str = "community-1") -> Manifest:
    created = datetime(2026, 4, 1, tzinfo=UTC) + timedelta(minutes=position)
    return Manifest(encoder, "1/x", position, 10, created)


def write(snapshots: Snapshots, position: int) -> None:
    with snapshots.writing(manifest(position)) as folder:
        (folder / "index").write_text(str(position))


def test_nothing_indexed_is_said(tmp_path: Path) -> None:
    assert Snapshots(tmp_path / "none").current() is None
    with pytest.raises(IndexMissingError):
        Snapshots(tmp_path / "none").fitting("community-1", "1/x")


def test_what_was_written_is_in_use(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path)
    write(snapshots, 1)
    write(snapshots, 2)
    folder, found = snapshots.fitting("community-1", "1/x")
    assert ((folder / "index").read_text(), found) == ("2", manifest(2))


def test_the_one_before_is_kept_and_no_more(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path)
    for position in range(1, 6):
        write(snapshots, position)
    assert sorted(path.read_text() for path in tmp_path.glob("*/index")) == ["4", "5"]


def test_a_failure_while_writing_leaves_the_old_one(tmp_path: Path) -> None:
    snapshots = Snapshots(tmp_path)
    write(snapshots, 1)
    with pytest.raises(RuntimeError), snapshots.writing(manifest(2)):
        raise RuntimeError
    found = snapshots.current()
    assert found is not None
    assert found[1].position == 1
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize(("encoder", "text", "named"), [("other", "1/x", "encoder"), ("community-1", "2/x", "text")])
def test_another_encoder_or_text_version_is_refused_by_name(
    tmp_path: Path, encoder: str, text: str, named: str
) -> None:
    snapshots = Snapshots(tmp_path)
    write(snapshots, 1)
    with pytest.raises(SnapshotMismatchError, match=named):
        snapshots.fitting(encoder, text)
