"""The record of what members wrote, in SQL: the truth from which every index can be rebuilt."""

from indexer.corpus.corpus import Corpus, ThreadChange
from indexer.corpus.database import Database
from indexer.corpus.writing import Recorded

__all__ = ["Corpus", "Database", "Recorded", "ThreadChange"]
