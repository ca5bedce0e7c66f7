"""The facts by which a search is filtered before it ranks: a few numbers a thread, and the channels as they are now.

It only spares work: what a hit's thread is like is asked of the corpus again before it is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexer.model import Audience, Channel, Query, ResolvedBy, Thread
from indexer.resolution import Said, said
from indexer.retrievers.base import Allowed, Ids
from indexer.retrievers.texts import roomy

FILE = "catalogue.npz"
NOWHERE = -1  # the municipality of an asker whom nothing places
MOST_AUDIENCES = 500  # whose open channels are remembered: half a kilobyte each
MOST_LOOKS = 50  # whose open threads are remembered while no thread changes: a byte a thread each


class Facts(NamedTuple):
    """A value for each thread. `channel`: its number, 0 where the thread is not known."""

    channel: NDArray[np.int32]
    asker: NDArray[np.int32]
    posted: NDArray[np.float64]
    resolved: NDArray[np.bool_]
    accepted: NDArray[np.float32]
    thanked: NDArray[np.bool_]

    @classmethod
    def nothing(cls, size: int) -> Facts:
        """All zero."""
        return cls(*(np.zeros(size, kind) for kind in ("i4", "i4", "f8", "?", "f4", "?")))


@dataclass(frozen=True, slots=True)
class Card:
    """A thread as the catalogue keeps it; `asker`: the 団体コード of the asker's municipality.

    `accepted`: 1 when the asker told that it is solved, ½ when somebody else did. `thanked`: whether the asker did.
    """

    thread_id: int
    channel: tuple[str, str]
    asker: str | None
    posted_at: datetime
    resolved: bool
    accepted: float = 0.0
    thanked: bool = False

    @classmethod
    def of(cls, thread: Thread, asker: str | None) -> Card:
        """The card of a thread."""
        place = (thread.channel.workspace_id, thread.channel.id)
        thanked = any(
            reply.author_id == thread.root.author_id and said(reply.text) in (Said.THANKED, Said.SOLVED)
            for reply in thread.replies
        )
        return cls(thread.id, place, asker, thread.root.posted_at, thread.resolved, _accepted(thread), thanked)


def _accepted(thread: Thread) -> float:
    resolution = thread.resolution
    if resolution is None:
        return 0.0
    if resolution.by is ResolvedBy.MARK:
        by_asker = any(mark.member_id == thread.root.author_id for mark in thread.marks)
    elif resolution.by is ResolvedBy.REACTION:
        given = resolution.accepted.reactions if resolution.accepted else thread.root.reactions
        by_asker = any(thread.root.author_id in reaction.member_ids for reaction in given)
    else:
        by_asker = True
    return 1.0 if by_asker else 0.5


class Catalogue:
    """All indexed threads' cards, as columns with a place for each thread id."""

    def __init__(self) -> None:
        self._facts = Facts.nothing(256)
        self._size = 1  # places in use, from 0: the highest id seen and those below
        self._known = 0
        self._newest = 0.0
        self._numbers: dict[tuple[str, str], int] = {}
        self._channels: Mapping[tuple[str, str], Channel] = {}
        self._open: dict[tuple[Audience, str | None], NDArray[np.bool_]] = {}
        self._looks: dict[tuple[Audience, str | None, bool], Allowed] = {}

    def __len__(self) -> int:
        return self._known

    def __contains__(self, thread_id: int) -> bool:
        return thread_id < self._size and bool(self._facts.channel[thread_id])

    def describe(self, channels: Iterable[Channel]) -> None:
        """Take the channels as they are now in place of those told before."""
        self._channels = {(channel.workspace_id, channel.id): channel for channel in channels}
        self._open.clear()
        self._looks.clear()

    def put(self, cards: Iterable[Card]) -> None:
        """Add cards, replacing those of the same thread."""
        self._looks.clear()
        for card in cards:
            self._known += card.thread_id not in self
            self._size = max(self._size, card.thread_id + 1)
            columns: list[NDArray[Any]] = [roomy(column, self._size) for column in self._facts]
            self._facts = Facts(*columns)
            posted = card.posted_at.timestamp()
            asker = int(card.asker) if card.asker else NOWHERE
            facts = (self._number(card.channel), asker, posted, card.resolved, card.accepted, card.thanked)
            for column, fact in zip(columns, facts, strict=True):
                column[card.thread_id] = fact
            self._newest = max(self._newest, posted)

    def remove(self, thread_ids: Iterable[int]) -> None:
        """Forget threads."""
        self._looks.clear()
        for thread_id in thread_ids:
            if thread_id in self:
                self._known -= 1
                self._facts.channel[thread_id] = 0

    @property
    def newest(self) -> float:
        """When the newest thread ever seen was opened, in seconds."""
        return self._newest

    def facts(self, ids: Ids | slice) -> Facts:
        """What is known of indexed threads."""
        columns: Iterator[Any] = (column[ids] for column in self._facts)
        return Facts(*columns)

    def number(self, channel: tuple[str, str]) -> int:
        """The number of a channel in `facts`, -1 for one that holds no thread."""
        return self._numbers.get(channel, -1)

    def resolved(self) -> Ids:
        """The ids of all resolved threads, ascending."""
        return np.flatnonzero((self._facts.channel > 0) & self._facts.resolved)

    def allowed(self, query: Query, municipalities: Callable[[tuple[int, int]], frozenset[int]]) -> Allowed:
        """The threads that the query's audience may open and its filters let through."""
        looked = query.audience, query.channel, query.resolved_only
        allowed = self._looks.get(looked)
        if allowed is None:
            facts = self.facts(slice(self._size))
            fine = self._open_to(query)[facts.channel]
            allowed = self._counted(fine & facts.resolved if query.resolved_only else fine)
            if len(self._looks) >= MOST_LOOKS:
                self._looks.clear()
            self._looks[looked] = allowed
        if query.since is None and query.prefecture is None and query.population is None:
            return allowed
        return self._counted(allowed.mask & self._wanted(query, municipalities))

    def _wanted(self, query: Query, municipalities: Callable[[tuple[int, int]], frozenset[int]]) -> NDArray[np.bool_]:
        """Whether each thread passes the filters of time and place."""
        facts, fine = self.facts(slice(self._size)), np.ones(self._size, np.bool_)
        if query.since is not None:
            fine &= facts.posted >= query.since.astimezone(UTC).timestamp()
        if query.prefecture is not None:
            # 6-digit codes begin with the prefecture's two digits.
            fine &= facts.asker // 10_000 == int(query.prefecture[:2])
        if query.population is not None:
            fine &= np.isin(facts.asker, list(municipalities(query.population)))
        return fine

    def _counted(self, fine: NDArray[np.bool_]) -> Allowed:
        return Allowed(fine, int(np.count_nonzero(fine)), len(self))

    def save(self, folder: Path) -> None:
        """Write all cards."""
        names = [f"{workspace}\t{channel}" for workspace, channel in self._numbers]
        columns = {name: column[: self._size] for name, column in self._facts._asdict().items()}
        np.savez(folder / FILE, names=np.array(names, np.str_), **columns)

    @classmethod
    def load(cls, folder: Path) -> Catalogue:
        """Read what `save` wrote."""
        made = cls()
        with np.load(folder / FILE) as saved:
            made._facts = Facts(*(saved[name] for name in Facts._fields))
            names = saved["names"].tolist()
        made._size = len(made._facts.channel)
        made._known = int(np.count_nonzero(made._facts.channel))
        made._newest = float(made._facts.posted.max(initial=0.0))
        made._numbers = {(w, c): at for at, (w, _, c) in enumerate((name.partition("\t") for name in names), 1)}
        return made

    def _number(self, channel: tuple[str, str]) -> int:
        if channel not in self._numbers:
            self._numbers[channel] = len(self._numbers) + 1
            self._open.clear()
        return self._numbers[channel]

    def _open_to(self, query: Query) -> NDArray[np.bool_]:
        """Whether each channel, by number, is open to the query's audience and wanted; there is no channel 0."""
        asked = query.audience, query.channel
        open_ = self._open.get(asked)
        if open_ is None:
            open_ = np.zeros(len(self._numbers) + 1, np.bool_)
            for place, number in self._numbers.items():
                channel = self._channels.get(place)
                open_[number] = channel is not None and _fits(channel, query, query.audience)
            if len(self._open) >= MOST_AUDIENCES:
                self._open.clear()
            self._open[asked] = open_
        return open_


def fits(thread: Thread, query: Query) -> bool:
    """Whether the thread as the corpus has it now may answer the query (its asker's municipality aside)."""
    return (
        _fits(thread.channel, query, query.audience)
        and (thread.resolved or not query.resolved_only)
        and (query.since is None or thread.root.posted_at >= query.since)
        and thread.ref != query.exclude
    )


def _fits(channel: Channel, query: Query, audience: Audience) -> bool:
    wanted = query.channel is None or channel.name == query.channel.removeprefix("#")
    return wanted and audience.may_open(channel)
