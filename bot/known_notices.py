"""The notices of one workspace that still matter, in memory: who was told of what waits, and who was told lately.

Pure bookkeeping over notices as the store tells of them; `bot.waiting` keeps it up with the store.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, KeysView
from datetime import datetime

from bot.store.notices import Answer, Notice
from indexer.model import MessageRef

UNSAID = (Answer.NONE, Answer.LATER)


class KnownNotices:
    """Notices by what is asked of them."""

    def __init__(self, known: Iterable[Notice] = ()) -> None:
        self._known: dict[int, Notice] = {}
        self._of: dict[MessageRef, dict[int, Notice]] = defaultdict(dict)
        self._unsaid: dict[MessageRef, set[int]] = {}
        self._to_tell: dict[int, Notice] = {}
        self._told: dict[str, dict[int, datetime]] = defaultdict(dict)
        self._when: dict[str, tuple[datetime, ...]] = {}  # the same in order, of those who were asked about
        self.take_in(known)

    def take_in(self, changed: Iterable[Notice]) -> None:
        """Notices that are new, or read otherwise now."""
        for notice in changed:
            self._drop(notice.id)
            self._keep(notice)

    def forget(self, before: datetime) -> None:
        """Forget what was put down before a moment and is answered."""
        old = [one.id for one in self._known.values() if one.at < before and one.answer not in UNSAID]
        for number in old:
            self._drop(number)

    def of(self, question: MessageRef) -> Collection[Notice]:
        """All about one question."""
        return self._of[question].values() if question in self._of else ()

    def unsaid(self) -> KeysView[MessageRef]:
        """The questions with notices to which nothing was said yet, or 「後で」."""
        return self._unsaid.keys()

    def to_tell(self) -> Collection[Notice]:
        """Those of whom the members do not know yet, and those that they put off."""
        return self._to_tell.values()

    def told_since(self, member_id: str, at: datetime) -> tuple[datetime, ...]:
        """When a member was told of questions after a moment, oldest first."""
        told = self._told.get(member_id)
        if not told:
            return ()
        when = self._when.get(member_id)
        if when is None:
            when = self._when[member_id] = tuple(sorted(told.values()))
        return when[bisect_right(when, at) :]

    def _keep(self, notice: Notice) -> None:
        number = notice.id
        self._known[number] = notice
        self._of[notice.question][number] = notice
        if notice.answer in UNSAID:
            self._unsaid.setdefault(notice.question, set()).add(number)
            if notice.answer is Answer.LATER or notice.told_at is None:
                self._to_tell[number] = notice
        if notice.told_at is not None:
            self._told[notice.member_id][number] = notice.told_at
            self._when.pop(notice.member_id, None)

    def _drop(self, number: int) -> None:
        notice = self._known.pop(number, None)
        if notice is None:
            return
        question = notice.question
        del self._of[question][number]
        if not self._of[question]:
            del self._of[question]
        if question in self._unsaid:
            self._unsaid[question].discard(number)
            if not self._unsaid[question]:
                del self._unsaid[question]
        self._to_tell.pop(number, None)
        self._told[notice.member_id].pop(number, None)
        self._when.pop(notice.member_id, None)
