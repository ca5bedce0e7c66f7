"""What search asks of an encoder."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from indexer.text import Words

Vectors = NDArray[np.float32]


class Encoder(Protocol):
    """Turns texts into vectors of length one (all zero for a text of which it knows no word)."""

    @property
    def fingerprint(self) -> str:
        """Names the encoder and its weights: equal fingerprints give equal vectors."""

    @property
    def dimension(self) -> int:
        """The length of a vector."""

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """The vectors of questions, one row a text."""

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """The vectors of what is searched, one row a text."""


@runtime_checkable
class WordEncoder(Encoder, Protocol):
    """An encoder that composes a text's vector from its words', and so knows a vector for each word."""

    def rows(self, parts: Sequence[Sequence[str]]) -> Vectors:
        """A row for each word, given by its units; a text's vector has the direction of the sum of its words' rows."""

    def encode_words(self, passages: Sequence[Words]) -> Vectors:
        """As `encode_passages`, of texts that are cut into words already."""


def of_length_one(vectors: Vectors) -> Vectors:
    """Every row divided by its length; a row of zeros stays as it is."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    divided: Vectors = np.divide(vectors, lengths, out=np.zeros_like(vectors), where=lengths > 0)
    return divided
