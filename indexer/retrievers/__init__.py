"""Finding threads by words and by meaning, and the state that both need while they serve."""

from indexer.retrievers.base import Allowed, Entry, Found, Ids, Probe, Scores
from indexer.retrievers.catalogue import Card, fits
from indexer.retrievers.gate import Gate
from indexer.retrievers.index import ThreadIndex

__all__ = ["Allowed", "Card", "Entry", "Found", "Gate", "Ids", "Probe", "Scores", "ThreadIndex", "fits"]
