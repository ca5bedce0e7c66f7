"""Who was told of which waiting question, what they said to that, and who has taken it on.

All else about waiting questions follows from the record and the time. A member is told of a question once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, delete, select, update

from bot.store.tables import notices, undertakings
from indexer.corpus.database import inserted, upsert
from indexer.model import MessageRef


class Because(StrEnum):
    """Why a member is told of a question."""

    AMBASSADOR = "ambassador"
    WIDER = "wider"
    NAMED = "named"


class Answer(StrEnum):
    """What a member said to a notice."""

    NONE = ""
    TAKEN = "taken"
    LATER = "later"
    NOT_MINE = "not_mine"
    NAMED = "named"
    SETTLED = "settled"  # said by nobody: the question waits no more


@dataclass(frozen=True, slots=True)
class Notice:
    """A question that a member is to be told of, or was. `by`: who named them; `key`: the message that told them."""

    id: int
    question: MessageRef
    member_id: str
    because: Because
    topic: str
    by: str | None
    at: datetime
    told_at: datetime | None
    key: str | None
    answer: Answer
    answered_at: datetime | None


@dataclass(frozen=True, slots=True)
class Undertaking:
    """A question that a member has taken on."""

    question: MessageRef
    member_id: str
    at: datetime


class Notices:
    """Notices and undertakings, seen through one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def add(  # noqa: PLR0913 - the columns
        self, question: MessageRef, member_id: str, because: Because, topic: str, at: datetime, by: str | None = None
    ) -> int | None:
        """A member is to be told of a question; None where they were already."""
        values = {
            **_of(question),
            "member_id": member_id,
            "because": because.value,
            "topic": topic,
            "named_by": by,
            "at": at,
            "answer": Answer.NONE.value,
        }
        if not inserted(self._db, upsert(self._db, notices).values(values).on_conflict_do_nothing()):
            return None
        found = self._db.execute(
            select(notices.c.id).where(*_about(notices, question), notices.c.member_id == member_id)
        )
        return int(found.scalar_one())

    def told(self, ids: Iterable[int], key: str, at: datetime) -> None:
        """They are told by the message of this key."""
        self._db.execute(update(notices).where(notices.c.id.in_(list(ids))).values(told_at=at, key=key))

    def answer(self, notice_id: int, answer: Answer, at: datetime) -> None:
        """What the member says to it."""
        said = update(notices).where(notices.c.id == notice_id)
        self._db.execute(said.values(answer=answer.value, answered_at=at))

    def again(self, notice_id: int) -> None:
        """The member who said 「後で」 is to be told once more, with the next message."""
        back = update(notices).where(notices.c.id == notice_id)
        self._db.execute(back.values(told_at=None, answer=Answer.NONE.value, named_by=None))

    def get(self, notice_id: int) -> Notice | None:
        """One notice."""
        return next(iter(self._select(notices.c.id == notice_id)), None)

    def of(self, question: MessageRef) -> list[Notice]:
        """All about one question."""
        return self._select(*_about(notices, question))

    def under(self, key: str) -> list[Notice]:
        """Those told by one message."""
        return self._select(notices.c.key == key)

    def open(self, workspace_id: str) -> list[Notice]:
        """Those to which nothing was said yet, or 「後で」."""
        said = (Answer.NONE.value, Answer.LATER.value)
        return self._select(notices.c.workspace_id == workspace_id, notices.c.answer.in_(said))

    def told_since(self, workspace_id: str, at: datetime) -> list[tuple[str, datetime]]:
        """Who was told of a question when, since a moment; oldest first."""
        query = select(notices.c.member_id, notices.c.told_at).where(
            notices.c.workspace_id == workspace_id, notices.c.told_at >= at
        )
        return [(member_id, told_at) for member_id, told_at in self._db.execute(query.order_by(notices.c.told_at))]

    def everything(self, workspace_id: str) -> list[Notice]:
        """All notices ever made, oldest first."""
        return self._select(notices.c.workspace_id == workspace_id)

    def letters(self, workspace_id: str, since: datetime) -> set[str]:
        """The keys of the messages that told of questions put down since a moment."""
        query = select(notices.c.key).where(
            notices.c.workspace_id == workspace_id, notices.c.at >= since, notices.c.key.is_not(None)
        )
        return set(self._db.execute(query.distinct()).scalars())

    def declined(self, workspace_id: str) -> list[Notice]:
        """Those to which a member said 「自分の分野ではない」."""
        return self._select(notices.c.workspace_id == workspace_id, notices.c.answer == Answer.NOT_MINE.value)

    def forget(self, question: MessageRef) -> None:
        """Forget a question that was deleted."""
        self._db.execute(delete(notices).where(*_about(notices, question)))
        self._db.execute(delete(undertakings).where(*_about(undertakings, question)))

    # Undertakings

    def take(self, question: MessageRef, member_id: str, at: datetime) -> Undertaking:
        """Take a question on, if nobody has; whose it is now."""
        row = upsert(self._db, undertakings).values({**_of(question), "member_id": member_id, "at": at})
        self._db.execute(row.on_conflict_do_nothing())
        held = self.undertaking(question)
        assert held is not None
        return held

    def undertaking(self, question: MessageRef) -> Undertaking | None:
        """Who has taken a question on."""
        row = self._db.execute(select(undertakings).where(*_about(undertakings, question))).one_or_none()
        return _undertaking(row) if row else None

    def undertakings(self, workspace_id: str) -> list[Undertaking]:
        """All questions that are taken."""
        query = select(undertakings).where(undertakings.c.workspace_id == workspace_id)
        return [_undertaking(row) for row in self._db.execute(query)]

    def release(self, undertaking: Undertaking) -> None:
        """The question is nobody's any more."""
        held = delete(undertakings).where(
            *_about(undertakings, undertaking.question), undertakings.c.at == undertaking.at
        )
        self._db.execute(held)

    def _select(self, *where: ColumnElement[bool]) -> list[Notice]:
        return [_notice(row) for row in self._db.execute(select(notices).where(*where).order_by(notices.c.id))]


def _of(question: MessageRef) -> dict[str, Any]:
    return {
        "workspace_id": question.workspace_id,
        "channel_id": question.channel_id,
        "root_id": question.message_id,
    }


def _about(table: Table, question: MessageRef) -> tuple[ColumnElement[bool], ...]:
    return tuple(table.c[name] == value for name, value in _of(question).items())


def _notice(row: Row[Any]) -> Notice:
    return Notice(
        id=row.id,
        question=MessageRef(row.workspace_id, row.channel_id, row.root_id),
        member_id=row.member_id,
        because=Because(row.because),
        topic=row.topic,
        by=row.named_by,
        at=row.at,
        told_at=row.told_at,
        key=row.key,
        answer=Answer(row.answer),
        answered_at=row.answered_at,
    )


def _undertaking(row: Row[Any]) -> Undertaking:
    return Undertaking(MessageRef(row.workspace_id, row.channel_id, row.root_id), row.member_id, row.at)
