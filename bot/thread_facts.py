"""What a thread tells of itself: whether it asks, who replied, when it was resolved, who helped, what it is about.

Pure functions over the record, shared by the use cases.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import lru_cache

from bot.post_kinds import PostKind, kind_of
from indexer.channel_map import ChannelMap, Kind
from indexer.model import MarkKind, Message, ResolvedBy, Thread
from indexer.resolution import Said, said

REMEMBERED = 2_048  # texts whose topic is known: those that wait are asked about at every look
LONG_KEYWORD = 4  # characters; shorter keywords (「税」) say less, as in bot.routing


def asks(thread: Thread) -> bool:
    """Whether the thread was opened by a person who wants an answer."""
    return thread.root.by_person and kind_of(thread.root.text) in (PostKind.QUESTION, PostKind.POLL)


def replies_of_others(thread: Thread) -> list[Message]:
    """What people other than the asker replied."""
    return [reply for reply in thread.replies if reply.by_person and reply.author_id != thread.root.author_id]


def first_reply(thread: Thread) -> Message | None:
    """The first reply by somebody else than the asker."""
    return next(iter(replies_of_others(thread)), None)


def tallied(thread: Thread) -> bool:
    """Whether the thread is a poll that its answers resolved."""
    return thread.resolution is not None and thread.resolution.by is ResolvedBy.TALLY


def resolved_at(thread: Thread) -> datetime | None:
    """When the thread was resolved, as far as the record tells."""
    if thread.resolution is None:
        return None
    by = thread.resolution.by
    kind = {ResolvedBy.MARK: MarkKind.RESOLVED, ResolvedBy.TALLY: MarkKind.TALLIED}.get(by)
    marks = [mark.at for mark in thread.marks if mark.kind is kind]
    if marks:
        return marks[-1]
    written = [reply for reply in thread.replies if reply.by_person]
    if by is ResolvedBy.WORDS:
        own = [reply for reply in written if reply.author_id == thread.root.author_id]
        told = [reply.posted_at for reply in own if said(reply.text) is Said.SOLVED]
        return told[-1] if told else None
    return max((message.posted_at for message in (thread.root, *written)), default=None)


def helpers(solved: Iterable[Thread]) -> list[str]:
    """Who gave the accepted answers; solving one's own question thanks nobody."""
    return [
        thread.accepted.author_id
        for thread in solved
        if thread.accepted is not None and thread.accepted.author_id != thread.root.author_id
    ]


def interest(thread: Thread) -> int:
    """How many people took part in a thread or reacted in it."""
    messages = (thread.root, *thread.replies)
    people = {message.author_id for message in messages if message.by_person}
    people |= {member for message in messages for reaction in message.reactions for member in reaction.member_ids}
    return len(people)


def topic_teller(channel_map: ChannelMap) -> Callable[[Thread], str]:
    """What tells a thread's topic: its own topic channel, else the one whose keywords it names clearly most."""
    topics = {entry.name for entry in channel_map.of_kind(Kind.TOPIC)}
    keywords = [
        (unicodedata.normalize("NFKC", word).casefold(), entry.name)
        for entry in channel_map.of_kind(Kind.TOPIC)
        for word in entry.keywords
    ]

    @lru_cache(maxsize=REMEMBERED)
    def named_in(text: str) -> str:
        plain = unicodedata.normalize("NFKC", text).casefold()
        scores: Counter[str] = Counter()
        for word, name in keywords:
            if word in plain:
                scores[name] += min(LONG_KEYWORD, len(word))
        best = scores.most_common(2)
        if not best or best[0][1] < LONG_KEYWORD or (len(best) > 1 and best[0][1] == best[1][1]):
            return ""
        return best[0][0]

    def topic_of(thread: Thread) -> str:
        return thread.channel.name if thread.channel.name in topics else named_in(thread.root.text)

    return topic_of
