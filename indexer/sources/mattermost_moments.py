"""Tells apart the posts that one member wrote in one channel within one millisecond: by their words.

A post of an export has no id but where, by whom and when it was written (`indexer/corpus/exported.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from indexer.corpus import Corpus
from indexer.corpus.exported import exported_message_id
from indexer.model import Message, MessageRef
from indexer.sources.mattermost_layout import Place
from indexer.sources.mattermost_post import millis_of


@dataclass(frozen=True, slots=True)
class ExportedThread:
    """A thread of an export, root first. `authors`: the usernames, in the same order."""

    place: Place
    messages: list[Message]
    authors: list[str]


class Moments:
    """Which ids are given already among posts that share their moment, and to what."""

    def __init__(self, shared: frozenset[int]) -> None:
        """`shared`: the milliseconds in which more than one post was made."""
        self._shared = shared
        self._given: dict[str, int] = {}  # what stands under an id: a hash of its words and its thread

    def shares(self, message: Message) -> bool:
        """Whether another post of the export was made in the same millisecond."""
        return bool(self._shared) and millis_of(message.posted_at) in self._shared

    def told_apart(self, corpus: Corpus, batch: Sequence[ExportedThread]) -> list[Message]:
        """The messages of these threads, those numbered that one member wrote in one channel at one moment.

        What the export tells twice, words and all, is there once.
        """
        # What the record has under the first id that each of them may bear.
        words = corpus.words(message.ref for thread in batch for message in thread.messages if self.shares(message))
        return [message for thread in batch for message in self._thread(corpus, thread, words)]

    def earlier(self, corpus: Corpus, post: ExportedThread) -> Message | None:
        """One post under the id that an earlier export gave it; None where several might be meant."""
        (message,), (author,) = post.messages, post.authors
        refs = [message.ref]
        found = corpus.words(refs)
        while refs[-1] in found:
            refs.append(made_up(post.place, author, message.posted_at, len(refs)))
            found |= corpus.words(refs[-1:])
        same = [ref for ref, words in found.items() if words == message.text]
        if len(found) > 1 and len(same) != 1:
            return None
        ref = same[0] if same else message.ref
        return replace(message, ref=ref, root=ref)

    def _thread(self, corpus: Corpus, thread: ExportedThread, words: dict[MessageRef, str]) -> Iterable[Message]:
        if not self._shared or not any(self.shares(message) for message in thread.messages):
            return thread.messages
        kept: list[Message] = []
        root: MessageRef | None = None
        for message, author in zip(thread.messages, thread.authors, strict=True):
            ref, told = message.ref, False
            if self.shares(message):
                ref, told = self._numbered(corpus, (thread.place, author, root), message, words)
            root = root or ref
            if not told:
                kept.append(replace(message, ref=ref, root=root))
        return kept

    def _numbered(
        self,
        corpus: Corpus,
        where: tuple[Place, str, MessageRef | None],
        message: Message,
        words: dict[MessageRef, str],
    ) -> tuple[MessageRef, bool]:
        """The ref that a message had in an earlier export, told by its words, else one that is free.

        Also whether this export told of it before. `where`: its channel, author and, unless it opens one, thread.
        """
        place, author, root = where
        said = hash((message.text, root))
        free: MessageRef | None = None
        ref, nth = message.ref, 0
        while True:
            given = self._given.get(ref.message_id)
            if given == said:
                return ref, True
            if given is None:
                stored = words.get(ref) if nth == 0 else corpus.words([ref]).get(ref)
                free = free or ref
                if stored is None or stored == message.text:
                    chosen = free if stored is None else ref
                    self._given[chosen.message_id] = said
                    return chosen, False
            nth += 1
            ref = made_up(place, author, message.posted_at, nth)


def made_up(place: Place, author: str, posted_at: datetime, nth: int = 0) -> MessageRef:
    """The ref of a post: the `nth` of its author there and then."""
    message_id = exported_message_id(place.name, author, millis_of(posted_at), nth)
    return MessageRef(place.workspace_id, place.channel_id, message_id)
