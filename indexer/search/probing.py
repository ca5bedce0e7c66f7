"""A question made ready for the retrievers: its words, what the glossary adds to them, and its vectors."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from indexer.encoders import Encoder, WordEncoder, of_length_one
from indexer.ranking import Asked
from indexer.retrievers import Probe, Scores
from indexer.retrievers.terms import TermStore
from indexer.text import Words
from indexer.text.glossary import TELLING, Glossary

LONGEST_QUERY = 64  # distinct words, the rarest ones of a longer text
LONGEST_EXPANDED = 500  # words in which the glossary's terms are looked for
# What an added word counts beside an asked one when two questions are compared, on top of its own weight.
ADDED_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Question:
    """A question's words and vectors, before any index is asked."""

    words: Words
    added: dict[str, float]
    plain: Scores
    wide: Scores
    term_vectors: Scores | None  # a row for each of the words, where the encoder knows words


@dataclass(frozen=True, slots=True)
class Prober:
    """Makes probes with one encoder and one glossary."""

    encoder: Encoder
    glossary: Glossary
    words: WordEncoder | None  # the same encoder, where it knows words

    @classmethod
    def of(cls, encoder: Encoder, glossary: Glossary) -> Prober:
        """Asking what an encoder can do takes longer than what it does: once is enough."""
        return cls(encoder, glossary, encoder if isinstance(encoder, WordEncoder) else None)

    def question(self, text: str, asked: Words) -> Question:
        """Everything that takes no index; a neural encoder takes its time here."""
        added = self.glossary.expand(asked.terms[:LONGEST_EXPANDED])
        if self.words is None:
            vector = self.encoder.encode_queries([text])[0]
            return Question(asked, added, vector, vector, None)
        telling = [(term,) for term, weight in added.items() if weight >= TELLING]
        rows = self.words.rows([*asked.parts, *telling])
        own = rows[: len(asked.parts)]
        plain, wide = of_length_one(np.stack([own.sum(axis=0), rows.sum(axis=0)]))
        return Question(asked, added, plain, wide, of_length_one(own))

    def passages(self, texts: Sequence[str], cut: Sequence[Words]) -> Scores:
        """The vectors of what is searched, given as it was written and cut into words."""
        return self.encoder.encode_passages(texts) if self.words is None else self.words.encode_words(cut)

    def term_vectors(self, asked: Words) -> Scores | None:
        """A row for each word of a text, where the encoder knows words."""
        return of_length_one(self.words.rows(asked.parts)) if self.words is not None else None

    def probe(self, question: Question, terms: TermStore) -> Probe:
        """What the retrievers of this index are asked."""
        asked = question.words
        own = terms.rarest(Counter(asked.terms), LONGEST_QUERY)
        vectors = question.term_vectors
        if vectors is not None:
            places = {term: place for place, term in enumerate(asked.terms)}
            vectors = vectors[[places[term] for term in own]]
        characters = dict(Counter(asked.characters).most_common(LONGEST_QUERY))
        added = terms.rarest(question.added, LONGEST_QUERY)
        return Probe(own, added, characters, question.wide, question.plain, vectors)


def asked_of(probe: Probe, terms: TermStore) -> Asked:
    """The question as it is compared with labelled ones."""
    weights = {**{term: weight * ADDED_SHARE for term, weight in probe.added.items()}, **dict.fromkeys(probe.own, 1.0)}
    idf = terms.idf(weights)
    words = {term: weight * rarity for (term, weight), rarity in zip(weights.items(), idf.tolist(), strict=True)}
    return Asked(np.asarray(probe.vector), words)
