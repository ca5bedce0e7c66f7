"""Similar threads: one question through words, vectors, retrieval, ranking and the corpus."""

from indexer.search.probing import Prober
from indexer.search.search import BATCH, UNITS_FILE, Parts, Progress, Search

__all__ = ["BATCH", "UNITS_FILE", "Parts", "Prober", "Progress", "Search"]
