"""Texts as vectors: the community's own encoder, or any sentence-transformers model that the operator configures.

Only this package loads torch, and only when an encoder is opened or trained.
"""

from indexer.encoders.base import Encoder, Vectors, WordEncoder, of_length_one
from indexer.encoders.community import CommunityEncoder
from indexer.encoders.models import Models
from indexer.encoders.sentence_transformer import Running, SentenceTransformerEncoder

__all__ = [
    "CommunityEncoder",
    "Encoder",
    "Models",
    "Running",
    "SentenceTransformerEncoder",
    "Vectors",
    "WordEncoder",
    "of_length_one",
]
