"""From a probe to candidates with their evidence: both retrievers, word overlap, and what is known of the threads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from indexer.model import Query
from indexer.municipalities import Municipalities, Municipality
from indexer.ranking import Asked, Evidence, LabelledQuestions, likeness, relative
from indexer.retrievers import Allowed, Found, Ids, Probe, Scores, ThreadIndex

# Candidates asked of each retriever; on a municipal FAQ 20 did as well, and 200 were .001 nDCG@10 better.
DEPTH = 30
HALF_LIFE_DAYS = 730.0  # two fiscal years: systems and laws change by the year, people every three
NEUTRAL = 0.5  # likeness where either municipality is unknown
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class Judged:
    """Candidates' ids and a row of FEATURES each, in no order yet."""

    ids: Ids
    rows: Scores


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges threads of one index; the caller holds writers off."""

    index: ThreadIndex
    municipalities: Municipalities

    def candidates(self, probe: Probe, depth: int, allowed: Allowed | None) -> tuple[Ids, Scores]:
        """The best of either retriever, ascending, with their BM25."""
        lexical = self.index.lexical.search(probe, depth, allowed)
        dense = self.index.dense.search(probe, depth, allowed)
        ids = np.union1d(lexical.ids, dense.ids)
        return ids, _placed(ids, lexical)

    def judged(
        self, query: Query, probe: Probe, found: tuple[Ids, Scores], labels: LabelledQuestions, asked: Asked | None
    ) -> Judged:
        """The evidence for candidates."""
        ids, bm25 = found
        overlap = self.index.terms.overlap(probe, ids)
        bm25 = _completed(bm25, overlap.cover_question_wide + overlap.cover_thread_wide)
        question, answer = self.index.dense.cosines(probe, ids)
        near_question, near_thread = self.index.meanings.cosines(probe.own, ids)
        nothing = np.zeros(len(ids), np.float32)
        said = labels.of(asked, ids) if asked is not None else (nothing, nothing, nothing)
        evidence = Evidence(
            lexical=relative(bm25),
            bm25=bm25,
            question=question.plain,
            answer=answer.plain,
            question_wide=question.wide,
            answer_wide=answer.wide,
            **overlap._asdict(),
            near_question=near_question,
            near_thread=near_thread,
            **self._standing(query, ids),
            labelled_best=said[0],
            labelled_mean=said[1],
            labelled_count=said[2],
        )
        return Judged(ids, evidence.rows())

    def _standing(self, query: Query, ids: Ids) -> dict[str, Scores]:
        """What is known of the threads beyond their words."""
        facts = self.index.catalogue.facts(ids)
        own = self.municipalities.by_code.get(query.municipality or "")
        here = -1
        if query.exclude is not None:
            here = self.index.catalogue.number((query.exclude.workspace_id, query.exclude.channel_id))
        age = (self.index.catalogue.newest - facts.posted) / _DAY
        near = (facts.asker // 10_000 == int(own.code[:2])) if own else np.zeros(len(ids))
        columns = {
            "resolved": facts.resolved,
            "accepted_by_asker": facts.accepted,
            "thanked": facts.thanked,
            "recency": np.exp2(-age / HALF_LIFE_DAYS),
            "same_channel": facts.channel == here,
            "same_prefecture": near,
            "likeness": self._likeness(own, facts.asker.tolist()),
        }
        return {name: np.asarray(column, np.float32) for name, column in columns.items()}

    def _likeness(self, own: Municipality | None, askers: list[int]) -> Scores:
        if own is None:
            return np.full(len(askers), NEUTRAL, np.float32)
        by_code = self.municipalities.by_code
        places = {code: by_code.get(f"{code:06}") for code in set(askers)}
        alike = {
            code: likeness((own.kind, own.population), (place.kind, place.population)) if place else NEUTRAL
            for code, place in places.items()
        }
        return np.array([alike[code] for code in askers], np.float32)


def _placed(ids: Ids, lexical: Found) -> Scores:
    """The BM25 of each id, 0 where words alone did not bring it up."""
    scores = np.zeros(len(ids), np.float32)
    scores[np.searchsorted(ids, lexical.ids)] = lexical.scores
    return scores


def _completed(bm25: Scores, coverage: Scores) -> Scores:
    """A lexical score for every candidate.

    Those that only the dense retriever brought lie below the last one found; their score is read off their coverage,
    at the rate of the others, rather than asked of tantivy in a second search (as long as the first).
    """
    known = bm25 > 0
    if not known.any():
        return bm25
    rate = bm25[known].sum() / max(float(coverage[known].sum()), 1e-6)
    return np.where(known, bm25, np.minimum(coverage * rate, bm25[known].min())).astype(np.float32)
