"""Finding threads by words and by meaning, and the state that both need while they serve."""

from indexer.retrievers.base import Allowed, Entry, Found, Probe
from indexer.retrievers.catalogue import Card, fits
from indexer.retrievers.index import ThreadIndex

__all__ = ["Allowed", "Card", "Entry", "Found", "Probe", "ThreadIndex", "fits"]
