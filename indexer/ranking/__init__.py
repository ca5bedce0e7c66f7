"""From what retrievers found to an order, the evidence for it, and how far to trust it."""

from indexer.ranking.confidence import Confidence
from indexer.ranking.features import FEATURES, Evidence, measure
from indexer.ranking.fusion import fused

__all__ = ["FEATURES", "Confidence", "Evidence", "fused", "measure"]
