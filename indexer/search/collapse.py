"""Questions asked twice: of near-duplicates among the hits one is shown, the best.

Two questions are near-duplicates when the Jaccard index of their distinct words, |A ∩ B| / |A ∪ B|, reaches ALIKE.
Short ones must agree in nearly all: 「住民票の写しの手数料」 and 「戸籍の写しの手数料」 differ by a word. Only hits
that are about to be shown are compared, each with the few before it, so that this costs microseconds. An open thread is
no duplicate of a resolved one: the one is an answer, in the other people still talk.
"""

from __future__ import annotations

from indexer.retrievers.texts import Numbers

# nDCG@10 on a municipal FAQ, of questions that are all different: see docs/decisions/0006-ranking.md.
ALIKE = 0.8
ALIKE_SHORT = 0.9
LONG = 15  # distinct words, of the longer of the two
FEWEST = 3  # distinct words; questions of fewer may be the same by chance


class Shown:
    """The questions shown so far, as sets of word numbers."""

    def __init__(self) -> None:
        self._questions: dict[bool, list[frozenset[int]]] = {True: [], False: []}

    def has_like(self, question: Numbers, *, resolved: bool) -> bool:
        """Whether one like it is shown already; else it counts as shown from now on."""
        words, shown = frozenset(question.tolist()), self._questions[resolved]
        if len(words) >= FEWEST and any(_alike(words, other) for other in shown):
            return True
        shown.append(words)
        return False


def _alike(one: frozenset[int], other: frozenset[int]) -> bool:
    most = max(len(one), len(other))
    needed = ALIKE if most >= LONG else ALIKE_SHORT
    if min(len(one), len(other)) < needed * most:
        return False  # the index is at most the smaller set's size over the larger one's
    common = len(one & other)
    return common >= needed * (len(one) + len(other) - common)
