"""Similar threads: one question through words, vectors, retrieval, ranking and the corpus."""

from indexer.search.following import BATCH, Progress
from indexer.search.probing import Prober
from indexer.search.search import UNITS_FILE, Parts, Search

__all__ = ["BATCH", "UNITS_FILE", "Parts", "Prober", "Progress", "Search"]
