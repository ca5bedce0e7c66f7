"""Puts the indexer together from the settings: the one place that knows all its parts."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from indexer import channel_map_file
from indexer.build import Builder
from indexer.channel_map import ChannelMap
from indexer.config import Settings
from indexer.corpus import Database
from indexer.errors import IndexMissingError
from indexer.model import Query
from indexer.municipalities import Municipalities, shipped
from indexer.ranking import Confidence
from indexer.resolution import ResolutionRules
from indexer.search import Parts, Search
from indexer.snapshot import Snapshots

WARMING = "問い合わせの例"  # any words: the first question loads the dictionary (0.1 s), the later ones do not


@dataclass(frozen=True, slots=True)
class Indexer:
    """The parts of an indexer. `builder.index()` makes the index that `open_search` opens."""

    settings: Settings
    database: Database
    rules: ResolutionRules
    municipalities: Municipalities
    builder: Builder

    def open_search(self) -> Search:
        """Search over the snapshot in use, warm.

        Raises IndexMissingError, SnapshotMismatchError or EncoderUnavailableError.
        """
        search = self.builder.open()
        search.similar(Query(WARMING))
        return search


@contextmanager
def database(settings: Settings) -> Iterator[Database]:
    """The database that the settings name, at the version this code needs, closed at the end of the block."""
    opened = Database(settings.url)
    try:
        opened.migrate()
        yield opened
    finally:
        opened.close()


def channel_map(settings: Settings) -> ChannelMap:
    """What `channel_map.yaml` says."""
    return channel_map_file.load(settings.channel_map)


def places() -> Municipalities:
    """All municipalities."""
    return shipped()


def rules_of(settings: Settings) -> ResolutionRules:
    """What counts as resolving in this community."""
    return ResolutionRules(channel_map(settings).resolved_reactions)


def build(settings: Settings, opened: Database, rules: ResolutionRules | None = None) -> Indexer:
    """Everything, on a database that is open; no model and no index is loaded yet."""
    parts = parts_of(settings, opened, rules)
    return Indexer(settings, opened, parts.rules, parts.municipalities, Builder(settings, parts))


def parts_of(settings: Settings, opened: Database, rules: ResolutionRules | None = None) -> Parts:
    """What people are served with; evaluation replaces single parts to see what each is worth."""
    rules = rules or ResolutionRules()
    return Parts(opened, rules, places(), Confidence.load(), Snapshots(settings.index_dir))


def open_search(settings: Settings, opened: Database, rules: ResolutionRules | None = None) -> Search:
    """Search for a process that serves; where nothing was indexed yet, that is done first.

    Raises SnapshotMismatchError where the index was made by another encoder or other text rules.
    """
    indexer = build(settings, opened, rules)
    try:
        return indexer.open_search()
    except IndexMissingError:
        indexer.builder.index()
        return indexer.open_search()
