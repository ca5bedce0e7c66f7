"""An index of its own in a temporary folder, made and opened by the very code that serves people.

Nothing of the community's data is touched; what is measured is what runs.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from indexer import bootstrap
from indexer.build import Builder
from indexer.config import Settings
from indexer.corpus import Database
from indexer.encoders.models import COMMUNITY
from indexer.encoders.training import Pair, Trained
from indexer.search import Parts, Search

Change = Callable[[Parts], Parts]
Learn = Callable[[Sequence[Pair]], Trained]


@dataclass(frozen=True, slots=True)
class Isolated:
    """An index that was made, to be opened as often as one likes while the folder is there."""

    builder: Builder

    def open(self, change: Change | None = None) -> Search:
        """Search as people are served with it, or with parts of it replaced."""
        builder = self.builder if change is None else replace(self.builder, parts=change(self.builder.parts))
        return builder.open()


@contextmanager
def isolated(
    fill: Callable[[Database], object], encoder: str = COMMUNITY, learn: Learn | None = None
) -> Iterator[Isolated]:
    """Record what `fill` records and index it, in a folder that is gone at the end of the block.

    `learn`: makes the community encoder otherwise than training does.
    """
    with tempfile.TemporaryDirectory(prefix="kyoso-evaluate-") as folder:
        settings = Settings(data_dir=Path(folder), database_url="", encoder=encoder)
        with bootstrap.database(settings) as database:
            fill(database)
            builder = bootstrap.build(settings, database).builder
            if learn is not None:
                builder.models.keep(learn(list(builder.pairs())))
            builder.index()
            yield Isolated(builder)
