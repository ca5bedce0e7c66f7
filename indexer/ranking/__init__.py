"""From what retrievers found to an order, the evidence for it, and how far to trust it."""

from indexer.ranking.confidence import EVIDENCE, Confidence, Units
from indexer.ranking.features import FEATURES, Evidence, likeness, relative
from indexer.ranking.labelled import NO_LABELS, Asked, LabelledQuestions
from indexer.ranking.ranker import SHIPPED_RANKER, Ranker

__all__ = [
    "EVIDENCE",
    "FEATURES",
    "NO_LABELS",
    "SHIPPED_RANKER",
    "Asked",
    "Confidence",
    "Evidence",
    "LabelledQuestions",
    "Ranker",
    "Units",
    "likeness",
    "relative",
]
