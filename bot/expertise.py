"""Who knows about what: learnt from accepted answers, unlearnt from 「自分の分野ではない」.

    expertise(member, topic, t) = Σ over accepted answers there 2^(−age / HALF_LIFE)
                                  − DECLINED · Σ over notices declined there 2^(−age / HALF_LIFE),   at least 0

HALF_LIFE is a year: systems, rules and posts change with the fiscal year. Declining once undoes two answers of today:
the member knows their field better than the record. The same sum over the askers of one prefecture tells who helps
there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.store.notices import Notice
from indexer.model import Thread

HALF_LIFE = timedelta(days=365)
DECLINED = 2.0


@dataclass(frozen=True, slots=True)
class Answered:
    """An accepted answer: whose, when, on which topic, to somebody of which prefecture."""

    member_id: str
    at: datetime
    topic: str
    prefecture: str


class Expertise:
    """What the record tells of its members' expertise, thread by thread, so that changes replace what was learnt."""

    def __init__(self, topic_of: Callable[[Thread], str], prefecture_of: Callable[[str], str]) -> None:
        self._topic_of = topic_of
        self._prefecture_of = prefecture_of
        self._answered: dict[int, Answered] = {}
        self._by_topic: dict[str, set[int]] = defaultdict(set)
        self._by_prefecture: dict[str, set[int]] = defaultdict(set)

    def learn(self, thread: Thread) -> None:
        """Take in a thread as it now is."""
        self.forget(thread.id)
        answer = thread.accepted
        if answer is None or answer.author_id == thread.root.author_id or not answer.by_person:
            return
        prefecture = self._prefecture_of(thread.root.author_id)
        told = Answered(answer.author_id, answer.posted_at, self._topic_of(thread), prefecture)
        self._answered[thread.id] = told
        self._by_topic[told.topic].add(thread.id)
        self._by_prefecture[prefecture].add(thread.id)

    def forget(self, thread_id: int) -> None:
        """A thread is gone or changed."""
        told = self._answered.pop(thread_id, None)
        if told is not None:
            self._by_topic[told.topic].discard(thread_id)
            self._by_prefecture[told.prefecture].discard(thread_id)

    def in_topic(self, topic: str, now: datetime, declined: Iterable[Notice] = ()) -> dict[str, float]:
        """The expertise of everybody who has any in a topic."""
        if not topic:
            return {}
        found = self._sums(self._by_topic[topic], now)
        for notice in declined:
            if notice.topic == topic and notice.member_id in found and notice.answered_at is not None:
                found[notice.member_id] -= DECLINED * _weight(now - notice.answered_at)
        return {member_id: value for member_id, value in found.items() if value > 0}

    def in_prefecture(self, prefecture: str, now: datetime) -> dict[str, float]:
        """Who helped askers of a prefecture, likewise."""
        return self._sums(self._by_prefecture[prefecture], now) if prefecture else {}

    def _sums(self, thread_ids: Iterable[int], now: datetime) -> dict[str, float]:
        found: dict[str, float] = defaultdict(float)
        for thread_id in thread_ids:
            told = self._answered[thread_id]
            found[told.member_id] += _weight(now - told.at)
        return dict(found)


def _weight(age: timedelta) -> float:
    weight: float = 2.0 ** (-max(timedelta(0), age) / HALF_LIFE)
    return weight
