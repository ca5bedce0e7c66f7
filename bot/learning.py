"""Learning from use: every night ranking and confidence are refitted to what members said, if that does better.

`bot.labels` reads what was said, `indexer.search.learning` learns from it and judges itself on held-out questions. What
came of it stands in the log, in `kyoso doctor` and under `kyoso learn`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import structlog

from bot.community import Community
from bot.labels import Taught, taught
from bot.replies.wording.learning import learning_words
from indexer.ranking.precision import InForce, Why

if TYPE_CHECKING:  # what learns brings FAISS with it
    from indexer.search.learning import Label
    from indexer.search.learnt import Figure, Refit

log = structlog.get_logger(__name__)


class Learning:
    """Lets the search of a community learn from its members."""

    def __init__(self, community: Community) -> None:
        self._community = community

    def refit(self) -> Refit:
        """Learn from all labels, keep what does no worse, and save it with the index."""
        from indexer.search.learning import refit

        found = refit(self._community.search, _labels(taught(self._community)), self._community.clock.now())
        self._community.search.save()
        log.info("learnt from labels", **_facts(found))
        return found

    def resume(self) -> None:
        """Read the labelled questions from the record, as they stand now, beside what was learnt before."""
        from indexer.search.learning import resume

        resume(self._community.search, _labels(taught(self._community)))


def report(found: Refit | None, force: InForce, lang: str) -> list[str]:
    """What operators read about learning: how the last refit went, and from which confidence on the bot speaks."""
    words = learning_words(lang)
    lines = [_told(found, lang)] if found is not None else [words.not_yet]
    thread, whisper = force.thresholds.thread, force.thresholds.whisper
    numbers = {
        "thread": words.never if math.isinf(thread) else f"{thread:.2f}",
        "whisper": f"{whisper:.2f}",
        "outcomes": force.outcomes,
    }
    reasons = {
        Why.EXPLICIT: words.explicit,
        Why.TOO_FEW: words.too_few_outcomes,
        Why.DERIVED: words.derived,
        Why.OUT_OF_REACH: words.out_of_reach,
    }
    return [*lines, words.thresholds.format(**numbers), reasons[force.why].format(**numbers)]


def _told(found: Refit, lang: str) -> str:
    from indexer.search.learning import FEWEST

    words = learning_words(lang)
    if found.ranking is None or found.calibration is None:
        return words.too_few.format(right=found.right, fewest=FEWEST)
    return words.refitted.format(
        right=found.right,
        ranking=_compared(found.ranking, words.kept, words.left),
        calibration=_compared(found.calibration, words.kept, words.left),
    )


def _compared(figure: Figure, kept: str, left: str) -> str:
    return f"{figure.before:.3f} → {figure.after:.3f} ({kept if figure.kept else left})"


def _labels(questions: list[Taught]) -> list[Label]:
    from indexer.search.learning import Label

    return [Label(question.text, question.answers, question.own) for question in questions]


def _facts(found: Refit) -> dict[str, object]:
    facts: dict[str, object] = {"questions": found.questions, "right": found.right}
    for name, figure in (("ranking", found.ranking), ("calibration", found.calibration)):
        if figure is not None:
            facts[name] = f"{figure.before:.4f} -> {figure.after:.4f}"
            facts[f"{name}_kept"] = figure.kept
    return facts
