"""Making the index: a new snapshot from the corpus, and the community encoder that it rests on."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from threadpoolctl import threadpool_limits

from indexer.config import Settings
from indexer.corpus import Corpus
from indexer.encoders import Encoder, Models, Running
from indexer.encoders.models import COMMUNITY
from indexer.encoders.training import Pair, Report, Trained, train, untrained
from indexer.errors import IndexMissingError, SnapshotMismatchError, TooFewPairsError
from indexer.ranking import Units
from indexer.retrievers import ThreadIndex
from indexer.search import BATCH, UNITS_FILE, Parts, Progress, Search
from indexer.search.learnt import FILE as LEARNT_FILE
from indexer.search.learnt import Learnt
from indexer.snapshot import Manifest
from indexer.text import text_of, text_version

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Indexed:
    """What indexing did: `rebuilt` from nothing, `changed` threads taken in, `threads` in the index now."""

    threads: int
    changed: int
    rebuilt: bool
    encoder: str
    trained: Report | None = None


@dataclass(frozen=True, slots=True)
class Builder:
    """Builds from one corpus, with the encoder that the settings name."""

    settings: Settings
    parts: Parts

    @property
    def models(self) -> Models:
        """Where community encoders are kept."""
        settings = self.settings
        running = Running(settings.encoder_backend, settings.encoder_file, settings.encoder_batch)
        return Models(settings.models_dir, running)

    def index(self, *, rebuild: bool = False, progress: Progress | None = None) -> Indexed:
        """Bring the snapshot up to the corpus; from nothing when asked, or when encoder or text rules changed."""
        encoder, report = self._encoder()
        _search_alone()
        search = None if rebuild else self._opened(encoder)
        rebuilt = search is None
        if search is None:
            search = Search(self.parts, encoder, ThreadIndex.new(encoder.dimension, self.parts.snapshots.working))
            self._remember(search)
        changed = search.catch_up(progress)
        if rebuilt or changed or not search.has_units:
            search.learn_units()
            search.save()
        return Indexed(len(search), changed, rebuilt, encoder.fingerprint, report)

    def train(self, progress: Callable[[float], None] | None = None) -> Report:
        """Fit a community encoder to the corpus and put it to use; the index must be rebuilt after.

        Raises TooFewPairsError.
        """
        trained = train(list(self.pairs()), progress=progress, synonyms=self.parts.glossary.pairs)
        self.models.keep(trained)
        return trained.report

    def open(self) -> Search:
        """Search over the snapshot in use. Raises IndexMissingError or SnapshotMismatchError."""
        _search_alone()
        encoder = self.models.open(self.settings.encoder)
        if encoder is None:
            raise IndexMissingError(path=self.settings.index_dir)
        folder, manifest = self.parts.snapshots.fitting(encoder.fingerprint, text_version())
        return self._loaded(encoder, folder, manifest)

    def learnt(self, encoder: Encoder | None = None) -> Learnt | None:
        """What was learnt from labels and stands in the snapshot in use, where it was learnt with this encoder."""
        encoder = encoder or self.models.open(self.settings.encoder)
        current = self.parts.snapshots.current()
        if encoder is None or current is None:
            return None
        found = Learnt.load(current[0], encoder.fingerprint, text_version(), self.parts.confidence)
        if found is None and (current[0] / LEARNT_FILE).exists():
            log.warning("what was learnt from labels does not fit this encoder, and is not used: %s", current[0].name)
        return found

    def _opened(self, encoder: Encoder) -> Search | None:
        try:
            folder, manifest = self.parts.snapshots.fitting(encoder.fingerprint, text_version())
        except (IndexMissingError, SnapshotMismatchError):
            return None
        if manifest.position > self._position():
            return None  # another database than the one it was made from
        return self._loaded(encoder, folder, manifest)

    def _loaded(self, encoder: Encoder, folder: Path, manifest: Manifest) -> Search:
        index = ThreadIndex.load(folder, self.parts.snapshots.working)
        search = Search(self.parts, encoder, index, manifest.position, Units.load(folder / UNITS_FILE))
        self._remember(search)
        return search

    def _remember(self, search: Search) -> None:
        learnt = self.learnt(search.encoder)
        if learnt is not None:
            search.remember(learnt, saved=True)

    def _encoder(self) -> tuple[Encoder, Report | None]:
        """The configured encoder; the community's is made first where there is none."""
        encoder = self.models.open(self.settings.encoder)
        if encoder is not None:
            return encoder, None
        assert self.settings.encoder == COMMUNITY
        trained = self._first()
        return self.models.keep(trained), trained.report

    def _first(self) -> Trained:
        pairs = list(self.pairs())
        try:
            return train(pairs, synonyms=self.parts.glossary.pairs)
        except TooFewPairsError:
            return untrained(pairs)

    def _position(self) -> int:
        with self.parts.database.read() as connection:
            return Corpus(connection).position()

    def pairs(self) -> Iterator[Pair]:
        """Every question with its accepted answer, or with none while it is open."""
        with self.parts.database.read() as connection:
            corpus = Corpus(connection, self.parts.rules)
            ids = [change.thread_id for change in corpus.changed_since(0)]
            for start in range(0, len(ids), BATCH):
                for thread in corpus.threads(ids[start : start + BATCH]):
                    text = text_of(thread)
                    if text.question:
                        yield Pair(text.question, text.answer)


def _search_alone() -> None:
    """Compute on one thread from here on, training being over.

    A search's matrices are so small that a second thread is waited for longer than it works: on two cores that others
    used too, p95 35 ms with two threads, 9.5 with one.
    """
    threadpool_limits(1, user_api="blas")
