"""A question made ready for the retrievers: its words, what the glossary adds to them, and its vectors."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np

from indexer.encoders import Encoder, WordEncoder
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
        if self.words is not None:
            units = asked.units
            telling = [term for term, weight in added.items() if weight >= TELLING]
            plain, wide = self.words.encode_units([units, (*units, *telling)])
        else:
            plain = wide = self.encoder.encode_queries([text])[0]
        return Question(asked, added, plain, wide)

    def probe(self, question: Question, terms: TermStore) -> Probe:
        """What the retrievers of this index are asked."""
        asked = question.words
        own = terms.rarest(Counter(asked.terms), LONGEST_QUERY)
        vectors = None
        if self.words is not None:
            parts = dict(zip(asked.terms, asked.parts, strict=True))
            vectors = self.words.encode_units([parts[term] for term in own])
        characters = dict(Counter(asked.characters).most_common(LONGEST_QUERY))
        added = terms.rarest(question.added, LONGEST_QUERY)
        return Probe(own, added, characters, question.wide, question.plain, vectors)


def asked_of(probe: Probe, terms: TermStore) -> Asked:
    """The question as it is compared with labelled ones."""
    weights = {**{term: weight * ADDED_SHARE for term, weight in probe.added.items()}, **dict.fromkeys(probe.own, 1.0)}
    idf = terms.idf(weights)
    words = {term: weight * rarity for (term, weight), rarity in zip(weights.items(), idf.tolist(), strict=True)}
    return Asked(np.asarray(probe.vector), words)
