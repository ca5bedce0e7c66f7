"""The community encoders kept on disk, one folder each, and which of them is in use."""

from __future__ import annotations

import json
import shutil
import uuid
from dataclasses import asdict, dataclass
from pathlib import Path

from indexer.encoders.base import Encoder
from indexer.encoders.community import CommunityEncoder
from indexer.encoders.sentence_transformer import PLAINLY, Running, SentenceTransformerEncoder
from indexer.encoders.training import Trained

COMMUNITY = "community"
CURRENT = "CURRENT"
REPORT = "training.json"
KEPT = 2  # the one in use, and the one before it, which the index in use may still rest on


@dataclass(frozen=True, slots=True)
class Models:
    """The models in one folder."""

    folder: Path
    running: Running = PLAINLY

    def current(self) -> Path | None:
        """The folder of the community encoder in use, None before the first training."""
        try:
            name = (self.folder / CURRENT).read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None
        return self.folder / name if (self.folder / name).is_dir() else None

    def open(self, name: str) -> Encoder | None:
        """The encoder that the settings name; None where that is the community's and none was made yet."""
        if name != COMMUNITY:
            return SentenceTransformerEncoder(name, self.running)
        folder = self.current()
        return CommunityEncoder.load(folder) if folder is not None else None

    def keep(self, trained: Trained) -> CommunityEncoder:
        """Save a new community encoder and put it to use."""
        encoder = trained.encoder
        name = encoder.fingerprint
        if not (self.folder / name).is_dir():
            unfinished = self.folder / f".unfinished-{uuid.uuid4().hex}"
            unfinished.mkdir(parents=True)
            encoder.save(unfinished)
            report = json.dumps(asdict(trained.report), indent=1)
            (unfinished / REPORT).write_text(report, encoding="utf-8")
            unfinished.rename(self.folder / name)
        pointer = self.folder / f"{CURRENT}.{uuid.uuid4().hex}"
        pointer.write_text(name, encoding="utf-8")
        pointer.replace(self.folder / CURRENT)
        self._forget_old(name)
        return encoder

    def _forget_old(self, name: str) -> None:
        folders = sorted(
            (path for path in self.folder.glob("community-*") if path.name != name),
            key=lambda path: path.stat().st_mtime,
        )
        for folder in folders[: -(KEPT - 1)]:
            shutil.rmtree(folder, ignore_errors=True)
