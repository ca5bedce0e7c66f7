"""The index of threads: what all retrievers and filters know, changed together, saved and loaded together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from indexer.retrievers.base import Entry
from indexer.retrievers.catalogue import Card, Catalogue
from indexer.retrievers.faiss_dense import FaissDense
from indexer.retrievers.meanings import MeaningStore
from indexer.retrievers.tantivy_lexical import TantivyLexical
from indexer.retrievers.terms import TermStore


@dataclass(frozen=True, slots=True)
class ThreadIndex:
    """Dense and lexical retrievers over the same threads, with their words, general meanings and cards."""

    dense: FaissDense
    lexical: TantivyLexical
    terms: TermStore
    meanings: MeaningStore
    catalogue: Catalogue

    @classmethod
    def new(cls, dimension: int, working: Path) -> ThreadIndex:
        """An empty index; `working` is where files live while it serves."""
        return cls(FaissDense(dimension), TantivyLexical.new(working), TermStore(), MeaningStore(), Catalogue())

    @classmethod
    def load(cls, folder: Path, working: Path) -> ThreadIndex:
        """Read what `save` wrote."""
        return cls(
            FaissDense.load(folder),
            TantivyLexical.load(folder, working),
            TermStore.load(folder),
            MeaningStore.load(folder),
            Catalogue.load(folder),
        )

    def arrange(self) -> None:
        """Lay everything out as suits its size now; takes seconds where there is much to do."""
        self.dense.arrange()

    def save(self, folder: Path) -> None:
        """Write everything into an empty folder."""
        self.dense.save(folder)
        self.lexical.save(folder)
        self.terms.save(folder)
        self.meanings.save(folder)
        self.catalogue.save(folder)

    def put(self, entries: Sequence[Entry], cards: Sequence[Card]) -> None:
        """Add threads, replacing those known already."""
        self.dense.put(entries)
        self.lexical.put(entries)
        self.terms.put(entries)
        self.meanings.put(entries)
        self.catalogue.put(cards)

    def remove(self, thread_ids: Iterable[int]) -> None:
        """Forget threads; unknown ids are passed over."""
        known = [thread_id for thread_id in thread_ids if thread_id in self.catalogue]
        self.dense.remove(known)
        self.lexical.remove(known)
        self.terms.remove(known)
        self.meanings.remove(known)
        self.catalogue.remove(known)

    def __len__(self) -> int:
        return len(self.catalogue)
