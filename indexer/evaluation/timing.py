"""What measurements of speed share: the questions asked, and how what they take is told."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from indexer.corpus import Corpus, Database

STAGES = ("tokenise", "encode", "follow", "retrieve", "rank", "read")
NAMED = ("tokenise", "encode", "retrieve", "rank")  # without looking for changes, and reading the hits' threads
SHORTEST, LONGEST = 10, 120  # characters of a question


@dataclass(frozen=True, slots=True)
class Percentiles:
    """Milliseconds at the 50th, 95th and 99th percentile."""

    p50: float
    p95: float
    p99: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Percentiles:
        """Of durations in seconds."""
        return cls(*(round(1000 * float(value), 2) for value in np.percentile(seconds, (50, 95, 99))))


class Stopwatch:
    """Told the name of each stage of a search as it ends; `wall`, `cpu`: seconds of each, the latter of work."""

    def __init__(self) -> None:
        self.wall: dict[str, float] = {}
        self.cpu: dict[str, float] = {}
        self.start()

    def start(self) -> None:
        """From here on the first stage runs."""
        self.wall, self.cpu = dict.fromkeys(STAGES, 0.0), dict.fromkeys(STAGES, 0.0)
        self._wall, self._cpu = time.perf_counter(), time.thread_time()

    def lap(self, stage: str) -> None:
        """A stage ended, and the next one begins."""
        self.wall[stage], self.cpu[stage] = time.perf_counter() - self._wall, time.thread_time() - self._cpu
        self._wall, self._cpu = time.perf_counter(), time.thread_time()


def excerpts(database: Database, many: int, seed: int = 1) -> dict[int, str]:
    """Parts of so many questions that were asked, by thread id, as a new asker would repeat them."""
    chance = random.Random(seed)  # noqa: S311 - a measurement must be repeatable
    with database.read() as connection:
        corpus = Corpus(connection)
        ids = [change.thread_id for change in corpus.changed_since(0)]
        asked = corpus.threads(chance.sample(ids, min(len(ids), many)))
    texts = {}
    for thread in asked:
        text = thread.root.text
        start = chance.randrange(max(1, len(text) - SHORTEST))
        texts[thread.id] = text[start : start + chance.randint(SHORTEST, LONGEST)]
    return texts


def load() -> float:
    """How many programs wanted a core over the last minute, this one counted; 0 where the system does not tell."""
    return round(os.getloadavg()[0], 1) if hasattr(os, "getloadavg") else 0.0
