"""What importing is on every platform: messages go into the corpus a batch a transaction, each of them counted.

A run that is killed leaves the batches that it kept, and the next run reads quickly over what is known.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

from indexer.corpus import Corpus, Database, Recorded
from indexer.errors import KyosoError
from indexer.model import Message

BATCH = 2_000  # messages in one transaction; the write lock is held for well under a second
# Allocations between searches for cyclic garbage. Parsed JSON holds none; Python's own 700 costs a tenth of the time.
GC_ALLOCATIONS = 100_000
LONG_AGO = datetime.fromtimestamp(0, UTC)  # the sight of an export that tells of no moment: it replaces nothing

Progress = Callable[[int, int], None]  # parts done, parts in all: day files or lines


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportReport:
    """What an import read.

    messages = new + changed + known. `threads` counts the root messages among them. `skipped` counts, by reason, what
    is no part of the record. `deleted`: messages whose words were removed, the export showing them as deleted.
    """

    channels: int = 0
    members: int = 0
    threads: int = 0
    messages: int = 0
    new: int = 0
    changed: int = 0
    deleted: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    problems: tuple[KyosoError, ...] = ()

    @property
    def known(self) -> int:
        """How many messages stood in the corpus already as they are."""
        return self.messages - self.new - self.changed


@dataclass(slots=True)
class Tally:
    """What one import has counted so far."""

    recorded: Recorded = field(default_factory=Recorded)
    threads: int = 0
    deleted: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    problems: list[KyosoError] = field(default_factory=list)

    @property
    def messages(self) -> int:
        """How many messages are part of the record."""
        return self.recorded.new + self.recorded.changed + self.recorded.known


@dataclass(frozen=True, slots=True)
class Sight:
    """When what an export says was seen: `earliest` is when it was made at the earliest, `latest` at the latest."""

    earliest: datetime
    latest: datetime

    def record(self, corpus: Corpus, messages: Sequence[Message]) -> Recorded:
        """Keep messages as seen when the export was made; one that was edited later than that, as seen at its edit."""
        late = [message for message in messages if message.edited_at and message.edited_at > self.earliest]
        if not late:
            return corpus.record(messages, self.earliest)
        refs = {message.ref for message in late}
        recorded = corpus.record([message for message in messages if message.ref not in refs], self.earliest)
        for message in late:
            recorded += corpus.record([message], min(message.edited_at or self.latest, self.latest))
        return recorded


@contextmanager
def one_batch(database: Database) -> Iterator[Corpus]:
    """The corpus in a transaction of its own."""
    with database.begin() as connection:
        yield Corpus(connection)
    gc.collect(1)  # the batch's statements and results do hold cycles; none of them may grow old


@contextmanager
def rarely_collecting() -> Iterator[None]:
    """Search seldom for cyclic garbage within the block."""
    before = gc.get_threshold()
    gc.set_threshold(GC_ALLOCATIONS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
