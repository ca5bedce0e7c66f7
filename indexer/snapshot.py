"""Snapshots of the index on disk: one folder each, a manifest inside, and a `CURRENT` file that names the one in use.

A snapshot is written beside the others and switched to by one atomic rename, so that a reader finds either the old or
the new one, whole. What an index is made of (encoder, text rules, layout) is checked before it is loaded.
"""

from __future__ import annotations

import json
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from indexer.errors import IndexMissingError, SnapshotMismatchError

CURRENT = "CURRENT"
MANIFEST = "manifest.json"
# Raised whenever the files of a snapshot change their meaning.
LAYOUT = 5
KEPT = 2  # the one in use, and the one before it, which another process may still be reading
_UNFINISHED = ".unfinished-"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a snapshot was made of and from."""

    encoder: str
    text_version: str
    position: int
    threads: int
    created: datetime
    layout: int = LAYOUT

    def differs_from(self, encoder: str, text_version: str) -> str:
        """What of the snapshot does not fit, in words; empty where everything does."""
        wanted = {"layout": LAYOUT, "encoder": encoder, "text_version": text_version}
        pairs = [(name, getattr(self, name), value) for name, value in wanted.items()]
        return ", ".join(f"{name}: {had} ≠ {wants}" for name, had, wants in pairs if had != wants)


class Snapshots:
    """The snapshots in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def working(self) -> Path:
        """Where indexes in use keep their private files."""
        return self.folder / "working"

    def current(self) -> tuple[Path, Manifest] | None:
        """The snapshot in use, or None where there is none (or none that can be read)."""
        with suppress(FileNotFoundError, NotADirectoryError):
            folder = self.folder / (self.folder / CURRENT).read_text(encoding="utf-8").strip()
            facts = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
            known = {name: facts.get(name) for name in Manifest.__slots__}
            return folder, Manifest(**known | {"created": datetime.fromisoformat(facts["created"])})
        return None

    def fitting(self, encoder: str, text_version: str) -> tuple[Path, Manifest]:
        """The snapshot in use, made by this encoder and these text rules.

        Raises IndexMissingError or SnapshotMismatchError.
        """
        found = self.current()
        if found is None:
            raise IndexMissingError(path=self.folder)
        differs = found[1].differs_from(encoder, text_version)
        if differs:
            raise SnapshotMismatchError(what=differs)
        return found

    @contextmanager
    def writing(self, manifest: Manifest) -> Iterator[Path]:
        """An empty folder to save into; when the block ends well it becomes the snapshot in use."""
        name = f"{manifest.created.astimezone(UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:8]}"
        unfinished = self.folder / f"{_UNFINISHED}{name}"
        unfinished.mkdir(parents=True)
        try:
            yield unfinished
            facts = asdict(manifest) | {"created": manifest.created.isoformat()}
            (unfinished / MANIFEST).write_text(json.dumps(facts, indent=1, ensure_ascii=False), encoding="utf-8")
            unfinished.rename(self.folder / name)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
        pointer = self.folder / f"{CURRENT}.{uuid.uuid4().hex}"
        pointer.write_text(name, encoding="utf-8")
        pointer.replace(self.folder / CURRENT)
        self._forget_old(name)

    def _forget_old(self, name: str) -> None:
        """Remove all but the newest snapshots, and what a crash left unfinished."""
        names = sorted(path.parent.name for path in self.folder.glob(f"*/{MANIFEST}"))
        kept = {*[other for other in names if other != name][-(KEPT - 1) :], name}
        for other in names:
            if other not in kept:
                shutil.rmtree(self.folder / other, ignore_errors=True)
        for unfinished in self.folder.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(unfinished, ignore_errors=True)
