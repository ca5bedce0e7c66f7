"""Who knows about what: learnt from accepted answers, unlearnt from 「自分の分野ではない」.

    expertise(member, topic, t) = Σ over accepted answers there 2^(−age / HALF_LIFE)
                                  − DECLINED · Σ over notices declined there 2^(−age / HALF_LIFE),   at least 0

HALF_LIFE is a year: systems, rules and posts change with the fiscal year. Declining once undoes two answers of today:
the member knows their field better than the record. The same sum over the askers of one prefecture tells who helps
there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime, timedelta

from bot.store.findings import Answered
from bot.store.notices import Answer, Declined, Notice
from indexer.model import Thread

HALF_LIFE = timedelta(days=365)
DECLINED = 2.0
EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


class Expertise:
    """What the record tells of its members' expertise, thread by thread, so that changes replace what was learnt.

    `fresh`: what was learnt or, as None, forgotten since it was last kept elsewhere.
    """

    def __init__(self, topic_of: Callable[[Thread], str], prefecture_of: Callable[[str], str]) -> None:
        self._topic_of = topic_of
        self._prefecture_of = prefecture_of
        self._answered: dict[int, Answered] = {}
        self.fresh: dict[int, Answered | None] = {}
        self._by_topic = _Sums()
        self._by_prefecture = _Sums()
        self._declined = _Sums()
        self._declines: dict[int, Declined] = {}

    def learn(self, thread: Thread) -> None:
        """Take in a thread as it now is."""
        told = self._told_by(thread)
        if told == self._answered.get(thread.id):
            return
        self.forget(thread.id)
        if told is not None:
            self._take(thread.id, told)
            self.fresh[thread.id] = told

    def remember(self, kept: Mapping[int, Answered]) -> None:
        """Take in what was learnt before."""
        self._answered.update(kept)
        self._by_topic.add_all((told.topic, thread_id, told.member_id, told.at) for thread_id, told in kept.items())
        self._by_prefecture.add_all(
            (told.prefecture, thread_id, told.member_id, told.at) for thread_id, told in kept.items()
        )

    def forget(self, thread_id: int) -> None:
        """A thread is gone or changed."""
        told = self._answered.pop(thread_id, None)
        if told is not None:
            self._by_topic.remove(told.topic, thread_id, told.member_id)
            self._by_prefecture.remove(told.prefecture, thread_id, told.member_id)
            self.fresh[thread_id] = None

    def hear(self, notices: Iterable[Notice]) -> None:
        """Take in what members said to notices, or say to them now."""
        for notice in notices:
            known = self._declines.pop(notice.id, None)
            if known is not None:
                self._declined.remove(known.topic, known.id, known.member_id)
            if notice.answer is Answer.NOT_MINE and notice.answered_at is not None:
                one = Declined(notice.id, notice.topic, notice.member_id, notice.answered_at)
                self._declines[one.id] = one
                self._declined.add(one.topic, one.id, one.member_id, one.at)

    def hear_all(self, declined: Iterable[Declined]) -> None:
        """Take in all that was ever declined, in place of what is known."""
        self._declined, self._declines = _Sums(), {one.id: one for one in declined}
        self._declined.add_all((one.topic, one.id, one.member_id, one.at) for one in self._declines.values())

    def in_topic(self, topic: str, now: datetime) -> dict[str, float]:
        """The expertise of everybody who has any in a topic."""
        factor, declined = _since_epoch(now), self._declined.of(topic)
        worth = (
            (member_id, value * factor - DECLINED * (declined.get(member_id, 0.0) * factor))
            for member_id, value in self._by_topic.of(topic).items()
        )
        return {member_id: value for member_id, value in worth if value > 0}

    def in_prefecture(self, prefecture: str, now: datetime) -> dict[str, float]:
        """Who helped askers of a prefecture, likewise."""
        factor = _since_epoch(now)
        return {member_id: value * factor for member_id, value in self._by_prefecture.of(prefecture).items()}

    def _told_by(self, thread: Thread) -> Answered | None:
        answer, asker_id = thread.accepted, thread.root.author_id
        if answer is None or answer.author_id == asker_id or not answer.by_person:
            return None
        return Answered(answer.author_id, answer.posted_at, self._topic_of(thread), self._prefecture_of(asker_id))

    def _take(self, thread_id: int, told: Answered) -> None:
        self._answered[thread_id] = told
        self._by_topic.add(told.topic, thread_id, told.member_id, told.at)
        self._by_prefecture.add(told.prefecture, thread_id, told.member_id, told.at)


class _Sums:
    """Sums of weights by member, kept as of EPOCH: 2^(−age / HALF_LIFE) at any later time is one factor for all."""

    def __init__(self) -> None:
        self._weights: dict[str, dict[str, dict[int, float]]] = defaultdict(dict)
        self._sums: dict[str, dict[str, float]] = defaultdict(dict)

    def add(self, name: str, number: int, member_id: str, at: datetime) -> None:
        """Something of a member's counts under a name."""
        self._weights[name].setdefault(member_id, {})[number] = _weight(at)
        self._sum(name, member_id)

    def add_all(self, several: Iterable[tuple[str, int, str, datetime]]) -> None:
        """Several things likewise: under which name, their numbers, whose, when."""
        touched = set()
        for name, number, member_id, at in several:
            self._weights[name].setdefault(member_id, {})[number] = _weight(at)
            touched.add((name, member_id))
        for name, member_id in touched:
            self._sum(name, member_id)

    def remove(self, name: str, number: int, member_id: str) -> None:
        """It counts no more."""
        del self._weights[name][member_id][number]
        self._sum(name, member_id)

    def of(self, name: str) -> Mapping[str, float]:
        """The sums under a name, as of EPOCH."""
        return self._sums.get(name, {}) if name else {}

    def _sum(self, name: str, member_id: str) -> None:
        weights = self._weights[name][member_id]
        if weights:
            # Added up anew, not taken off: what is left of nothing must be nothing.
            self._sums[name][member_id] = sum(weights.values())
        else:
            del self._weights[name][member_id], self._sums[name][member_id]


def _weight(at: datetime) -> float:
    """What something of that moment is worth, as of EPOCH."""
    return float(2.0 ** ((at - EPOCH) / HALF_LIFE))


def _since_epoch(now: datetime) -> float:
    """What is worth 1 at EPOCH, at a moment."""
    return float(2.0 ** ((EPOCH - now) / HALF_LIFE))
