"""Keeping an index with the corpus: what changed is read, cut into words, encoded, and put in between two searches."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace

from indexer.corpus import Corpus
from indexer.corpus.remembered import Remembered
from indexer.model import Channel, Thread
from indexer.retrievers import Card, Entry, Gate, ThreadIndex
from indexer.search.probing import Prober
from indexer.text import text_of, words

BATCH = 500  # threads read, cut and encoded at a time: some 20 MB

Progress = Callable[[int, int], None]


class Follower:
    """One index, the position in the corpus's changes that it has come to, and the threads last shown from there.

    `gate`: who may touch the index; `busy`: held by whoever brings it up to date or writes it down.
    """

    def __init__(self, index: ThreadIndex, prober: Prober, position: int) -> None:
        self.index = index
        self.position = position
        self.gate = Gate()
        self.busy = threading.Lock()
        self._prober = prober
        self._channels: dict[tuple[str, str], Channel] | None = None
        self._remembered = Remembered()

    def follow(self, corpus: Corpus, position: int, patience: float, progress: Progress | None = None) -> int:
        """Bring the index to `position`, where the corpus is; how many threads had changed."""
        if position <= self.position and self._channels is not None:
            return 0
        if not self.busy.acquire(timeout=patience):
            return 0  # another thread is at it; what it has not reached yet is checked against the corpus anyway
        try:
            changed = [change.thread_id for change in corpus.changed_since(self.position)]
            self._remembered.forget(changed, position)
            for start in range(0, len(changed), BATCH):
                self._take_in(corpus, changed[start : start + BATCH])
                if progress is not None:
                    progress(min(start + BATCH, len(changed)), len(changed))
            channels = corpus.channels()
            with self.gate.writing():
                self.index.catalogue.describe(channels)
            self._channels = {(channel.workspace_id, channel.id): channel for channel in channels}
            self.position = max(position, self.position)
        finally:
            self.busy.release()
        return len(changed)

    def threads(self, corpus: Corpus, position: int, ids: Sequence[int]) -> dict[int, Thread]:
        """These threads as the corpus has them at `position`, from memory where nothing can have changed since."""
        known = self._remembered.get(ids) if position <= self.position else {}
        read = corpus.threads(thread_id for thread_id in ids if thread_id not in known)
        self._remembered.keep(read, position)
        channels = self._channels or {}
        for number, thread in known.items():
            channel = channels.get((thread.channel.workspace_id, thread.channel.id))
            if channel is not None and channel != thread.channel:
                known[number] = replace(thread, channel=channel)
        return known | {thread.id: thread for thread in read}

    def _take_in(self, corpus: Corpus, thread_ids: Sequence[int]) -> None:
        threads = [thread for thread in corpus.threads(thread_ids) if thread.root.by_person]
        entries, cards = self._entries(threads), _cards(corpus, threads)
        gone = set(thread_ids) - {entry.thread_id for entry in entries}
        with self.gate.writing():
            self.index.remove(gone)
            self.index.put(entries, cards)

    def _entries(self, threads: Sequence[Thread]) -> list[Entry]:
        texts = [text_of(thread) for thread in threads]
        asked, answered = [words(text.question) for text in texts], [words(text.answer) for text in texts]
        questions = self._prober.passages([text.question for text in texts], asked)
        answers = self._prober.passages([text.answer for text in texts], answered)
        return [
            Entry(
                thread.id,
                asked[at],
                answered[at],
                words(text.rest),
                questions[at],
                answers[at] if answers[at].any() else None,
                self._prober.term_vectors(asked[at]),
            )
            for at, (thread, text) in enumerate(zip(threads, texts, strict=True))
        ]


def _cards(corpus: Corpus, threads: Sequence[Thread]) -> list[Card]:
    askers: dict[str, set[str]] = {}
    for thread in threads:
        askers.setdefault(thread.ref.workspace_id, set()).add(thread.root.author_id)
    place = {
        (member.workspace_id, member.id): member.municipality
        for workspace_id, ids in askers.items()
        for member in corpus.members(workspace_id, sorted(ids))
    }
    return [Card.of(thread, place.get((thread.ref.workspace_id, thread.root.author_id))) for thread in threads]
