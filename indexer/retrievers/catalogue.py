"""The facts by which a search is filtered before it ranks: a row of numbers a thread, and the channels as they are now.

It only spares work: what a hit's thread is like is asked of the corpus again before it is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexer.model import Audience, Channel, Query, ResolvedBy, Thread
from indexer.resolution import Said, said
from indexer.retrievers.base import Allowed

FILE = "catalogue.npz"
NOWHERE = -1  # the municipality of an asker whom nothing places
_ROW = np.dtype(
    [
        ("id", np.int64),
        ("channel", np.int32),
        ("asker", np.int32),
        ("posted", np.float64),
        ("resolved", np.bool_),
        ("accepted", np.float32),
        ("thanked", np.bool_),
    ]
)
Rows = NDArray[Any]


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
    """All indexed threads' cards, as columns."""

    def __init__(self) -> None:
        self._rows: Rows = np.zeros(256, _ROW)
        self._newest = 0.0
        self._used = 0
        self._place: dict[int, int] = {}
        self._channels: dict[tuple[str, str], int] = {}

    def __len__(self) -> int:
        return len(self._place)

    def __contains__(self, thread_id: int) -> bool:
        return thread_id in self._place

    def put(self, cards: Iterable[Card]) -> None:
        """Add cards, replacing those of the same thread."""
        for card in cards:
            place = self._place.setdefault(card.thread_id, self._used)
            if place == self._used:
                self._used += 1
                if self._used > len(self._rows):
                    self._rows = np.concatenate([self._rows, np.zeros(len(self._rows), _ROW)])
            channel = self._channels.setdefault(card.channel, len(self._channels))
            asker = int(card.asker) if card.asker else NOWHERE
            posted = card.posted_at.timestamp()
            self._rows[place] = (
                *(card.thread_id, channel, asker, posted),
                *(card.resolved, card.accepted, card.thanked),
            )
            self._newest = max(self._newest, posted)

    def remove(self, thread_ids: Iterable[int]) -> None:
        """Forget threads: the last row takes the place of each."""
        for thread_id in thread_ids:
            place = self._place.pop(thread_id, None)
            if place is None:
                continue
            self._used -= 1
            if place != self._used:
                self._rows[place] = self._rows[self._used]
                self._place[int(self._rows[place]["id"])] = place

    @property
    def newest(self) -> float:
        """When the newest thread ever seen was opened, in seconds."""
        return self._newest

    def rows(self, thread_ids: Iterable[int]) -> Rows:
        """The cards of known threads: id, asker, posted, resolved, accepted, thanked."""
        return self._rows[[self._place[thread_id] for thread_id in thread_ids]]

    def number(self, channel: tuple[str, str]) -> int:
        """The number of a channel in `rows`, -1 for one that holds no thread."""
        return self._channels.get(channel, -1)

    def resolved(self) -> NDArray[np.int64]:
        """The ids of all resolved threads, ascending."""
        rows = self._rows[: self._used]
        return np.sort(rows["id"][rows["resolved"]])

    def allowed(
        self,
        query: Query,
        channels: Mapping[tuple[str, str], Channel],
        municipalities: Callable[[tuple[int, int]], frozenset[int]],
    ) -> Allowed:
        """The threads that the query's audience may open and its filters let through."""
        rows = self._rows[: self._used]
        fine = self._in_channels(query, channels)[rows["channel"]]
        if query.resolved_only:
            fine &= rows["resolved"]
        if query.since is not None:
            fine &= rows["posted"] >= query.since.astimezone(UTC).timestamp()
        if query.prefecture is not None:
            # 6-digit codes begin with the prefecture's two digits.
            fine &= rows["asker"] // 10_000 == int(query.prefecture[:2])
        if query.population is not None:
            fine &= np.isin(rows["asker"], list(municipalities(query.population)))
        return Allowed(np.sort(rows["id"][fine]), len(rows))

    def save(self, folder: Path) -> None:
        """Write all cards."""
        names = [f"{workspace}\t{channel}" for workspace, channel in self._channels]
        np.savez(folder / FILE, rows=self._rows[: self._used], channels=np.array(names, np.str_))

    @classmethod
    def load(cls, folder: Path) -> Catalogue:
        """Read what `save` wrote."""
        made = cls()
        with np.load(folder / FILE) as saved:
            rows = saved["rows"]
            names = saved["channels"].tolist()
        made._used = len(rows)
        made._newest = float(rows["posted"].max(initial=0.0))
        made._rows = np.concatenate([rows, np.zeros(256, _ROW)])
        made._place = {int(thread_id): place for place, thread_id in enumerate(rows["id"])}
        made._channels = {(w, c): at for at, (w, _, c) in enumerate(name.partition("\t") for name in names)}
        return made

    def _in_channels(self, query: Query, channels: Mapping[tuple[str, str], Channel]) -> NDArray[np.bool_]:
        open_ = np.zeros(len(self._channels) + 1, np.bool_)
        for place, number in self._channels.items():
            channel = channels.get(place)
            open_[number] = channel is not None and _fits(channel, query, query.audience)
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
