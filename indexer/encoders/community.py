"""The community encoder: a vector for every word, kanji and pair of characters that the community uses.

It is a `SentenceTransformer` whose one module is a `StaticEmbedding`, saved and loaded by that library, over a
tokenizer that splits at blanks; what it is given are the units of `indexer.text.words` joined by blanks. A text's
vector is the mean of its units'. That mean is taken here in numpy, from the module's own weights: 0.03 ms a question,
where the library's `encode` takes 0.4 ms; a test holds the two to the same result.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

import numpy as np

from indexer.encoders.base import Vectors, of_length_one
from indexer.encoders.sentence_transformer import load_model
from indexer.text import Words, words

UNKNOWN = "[UNK]"
# An answer's matter stands at its beginning; training sees no longer passages either.
LONGEST_PASSAGE = 400  # units, about 130 words
REMEMBERED = 10_000  # words whose sum of units is, a kilobyte each: the same few thousand come again and again


class CommunityEncoder:
    """Vectors from the community's own words."""

    def __init__(self, model: Any) -> None:
        module = model[0]
        self._model = model
        self._numbers: dict[str, int] = module.tokenizer.get_vocab()
        self._weights: Vectors = module.embedding.weight.detach().numpy()
        self._row = lru_cache(REMEMBERED)(partial(_summed, self._numbers, self._weights))
        self.dimension = int(self._weights.shape[1])
        self.fingerprint = f"community-{_digest(self._numbers, self._weights)}"

    @classmethod
    def load(cls, folder: Path) -> CommunityEncoder:
        """Open what `save` wrote."""
        return cls(load_model(str(folder)))

    @classmethod
    def of(cls, vocabulary: Sequence[str], weights: Vectors) -> CommunityEncoder:
        """An encoder of these units with these vectors; the unknown unit is added, with a vector of zeros."""
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.sentence_transformer.modules import StaticEmbedding
        from tokenizers import Tokenizer
        from tokenizers.models import WordLevel
        from tokenizers.pre_tokenizers import WhitespaceSplit

        numbers = {unit: number for number, unit in enumerate((UNKNOWN, *vocabulary))}
        tokenizer = Tokenizer(WordLevel(numbers, unk_token=UNKNOWN))
        tokenizer.pre_tokenizer = WhitespaceSplit()
        table = np.concatenate([np.zeros((1, weights.shape[1]), np.float32), weights.astype(np.float32)])
        return cls(SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_weights=table)], device="cpu"))

    def save(self, folder: Path) -> None:
        """Write a folder that any program with sentence-transformers can load."""
        self._model.save(str(folder), create_model_card=False)

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """The vectors of questions."""
        return self._encode([words(text).units for text in texts])

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """The vectors of what is searched."""
        return self.encode_words([words(text) for text in texts])

    def encode_words(self, passages: Sequence[Words]) -> Vectors:
        """The vectors of what is searched, cut into words already."""
        return self._encode([passage.units[:LONGEST_PASSAGE] for passage in passages])

    def rows(self, parts: Sequence[Sequence[str]]) -> Vectors:
        """The sum of each word's units' vectors."""
        return np.stack([self._row(tuple(units)) for units in parts]) if parts else self._weights[:0]

    def _encode(self, texts: Sequence[Sequence[str]]) -> Vectors:
        vectors = np.zeros((len(texts), self.dimension), np.float32)
        for row, units in enumerate(texts):
            known = [number for unit in units if (number := self._numbers.get(unit)) is not None]
            if known:
                vectors[row] = self._weights[known].sum(axis=0)
        return of_length_one(vectors)


def _summed(numbers: dict[str, int], weights: Vectors, units: tuple[str, ...]) -> Vectors:
    known = [number for unit in units if (number := numbers.get(unit)) is not None]
    row: Vectors = weights[known].sum(axis=0)
    return row


def _digest(numbers: dict[str, int], weights: Vectors) -> str:
    digest = hashlib.sha256("\n".join(sorted(numbers, key=numbers.__getitem__)).encode())
    digest.update(np.ascontiguousarray(weights).data)
    return digest.hexdigest()[:12]
