"""Who was told of which waiting question, what they said to that, and who has taken it on.

All else about waiting questions follows from the record and the time. A member is told of a question once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, Table, bindparam, delete, func, select, update

from bot.store.tables import notices, undertakings
from indexer.corpus.database import added, adding
from indexer.corpus.prepared import Prepared
from indexer.corpus.reading import batches
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


def _in(table: Table) -> ColumnElement[bool]:
    return table.c.workspace_id == bindparam("in_workspace")


def _about(table: Table) -> tuple[ColumnElement[bool], ...]:
    return _in(table), table.c.channel_id == bindparam("in_channel"), table.c.root_id == bindparam("in_root")


def _notices(*where: ColumnElement[bool]) -> Prepared:
    return Prepared(select(notices).where(*where).order_by(notices.c.id))


_GET = _notices(notices.c.id == bindparam("number"))
_OF = _notices(*_about(notices))
_OF_SEVERAL = _notices(_in(notices), notices.c.root_id.in_(bindparam("roots", expanding=True)))
_UNDER = _notices(notices.c.key.in_(bindparam("keys", expanding=True)))
_WITH_ANSWER = _notices(_in(notices), notices.c.answer == bindparam("said"))
_DECLINED = _notices(
    _in(notices), notices.c.answer == Answer.NOT_MINE.value, notices.c.answered_at > bindparam("since")
)
_DECLINES = Prepared(
    select(func.count().label("many"), func.max(notices.c.answered_at).label("latest")).where(
        _in(notices), notices.c.answer == Answer.NOT_MINE.value
    )
)
_UNTOLD = _notices(_in(notices), notices.c.answer == Answer.NONE.value, notices.c.told_at.is_(None))
_EVERYTHING = _notices(_in(notices))
_UNSAID = Prepared(
    select(notices.c.channel_id, notices.c.root_id).where(
        _in(notices), notices.c.answer.in_((Answer.NONE.value, Answer.LATER.value))
    )
)
_TOLD_SINCE = Prepared(
    select(notices.c.member_id, notices.c.told_at)
    .where(_in(notices), notices.c.told_at > bindparam("since"))
    .order_by(notices.c.told_at)
)
_LETTERS = Prepared(
    select(notices.c.key).where(_in(notices), notices.c.at >= bindparam("since"), notices.c.key.is_not(None)).distinct()
)
_CHANGED = update(notices).where(notices.c.id.in_(bindparam("ids", expanding=True)))
_TOLD = Prepared(_CHANGED.values(told_at=bindparam("then"), key=bindparam("under")))
_ANSWER = Prepared(_CHANGED.values(answer=bindparam("said"), answered_at=bindparam("then")))
_AGAIN = Prepared(
    update(notices)
    .where(notices.c.id == bindparam("number"))
    .values(told_at=None, answer=Answer.NONE.value, named_by=None)
)
_HELD = Prepared(select(undertakings).where(*_about(undertakings)))
_HELD_OF = Prepared(
    select(undertakings).where(_in(undertakings), undertakings.c.root_id.in_(bindparam("roots", expanding=True)))
)
_ALL_HELD = Prepared(select(undertakings).where(_in(undertakings)))
_RELEASE = Prepared(delete(undertakings).where(*_about(undertakings), undertakings.c.at == bindparam("then")))


class Notices:
    """Notices and undertakings, seen through one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def add(  # noqa: PLR0913 - the columns
        self, question: MessageRef, member_id: str, because: Because, topic: str, at: datetime, by: str | None = None
    ) -> Notice | None:
        """A member is to be told of a question; None where they were already."""
        row = {
            "workspace_id": question.workspace_id,
            "channel_id": question.channel_id,
            "root_id": question.message_id,
            "member_id": member_id,
            "because": because.value,
            "topic": topic,
            "named_by": by,
            "at": at,
            "answer": Answer.NONE.value,
        }
        made = adding(self._db.dialect.name, notices, tuple(row), "id").first(self._db, row)
        if made is None:
            return None
        return Notice(made.id, question, member_id, because, topic, by, at, None, None, Answer.NONE, None)

    def told(self, ids: Iterable[int], key: str, at: datetime) -> None:
        """They are told by the message of this key."""
        _TOLD.run(self._db, {"ids": list(ids), "under": key, "then": at})

    def answer(self, notice_id: int, answer: Answer, at: datetime) -> None:
        """What the member says to it."""
        _ANSWER.run(self._db, {"ids": [notice_id], "said": answer.value, "then": at})

    def settle(self, ids: Collection[int], at: datetime) -> None:
        """Their questions wait no more."""
        for batch in batches(sorted(ids)):
            _ANSWER.run(self._db, {"ids": batch, "said": Answer.SETTLED.value, "then": at})

    def again(self, notice_id: int) -> None:
        """The member who said 「後で」 is to be told once more, with the next message."""
        _AGAIN.run(self._db, {"number": notice_id})

    def get(self, notice_id: int) -> Notice | None:
        """One notice."""
        return next(iter(self._read(_GET, number=notice_id)), None)

    def of(self, question: MessageRef) -> list[Notice]:
        """All about one question."""
        return self._read(_OF, **_place(question))

    def of_several(self, workspace_id: str, questions: Iterable[MessageRef]) -> dict[MessageRef, list[Notice]]:
        """All about several questions of one workspace, by question; those without any are left out."""
        wanted = set(questions)
        found: dict[MessageRef, list[Notice]] = defaultdict(list)
        for batch in batches(sorted({question.message_id for question in wanted})):
            for notice in self._read(_OF_SEVERAL, in_workspace=workspace_id, roots=batch):
                if notice.question in wanted:
                    found[notice.question].append(notice)
        return found

    def under(self, keys: Collection[str]) -> dict[str, list[Notice]]:
        """Those told by messages of these keys, by key; keys that told of none are left out."""
        found: dict[str, list[Notice]] = defaultdict(list)
        for batch in batches(sorted(keys)):
            for notice in self._read(_UNDER, keys=batch):
                found[str(notice.key)].append(notice)
        return found

    def untold(self, workspace_id: str) -> list[Notice]:
        """Those of whom the members do not know yet."""
        return self._read(_UNTOLD, in_workspace=workspace_id)

    def unsaid(self, workspace_id: str) -> set[MessageRef]:
        """The questions with notices to which nothing was said yet, or 「後で」."""
        rows = _UNSAID.rows(self._db, {"in_workspace": workspace_id})
        return {MessageRef(workspace_id, channel_id, root_id) for channel_id, root_id in rows}

    def put_off(self, workspace_id: str) -> list[Notice]:
        """Those to which a member said 「後で」."""
        return self._read(_WITH_ANSWER, in_workspace=workspace_id, said=Answer.LATER.value)

    def declined(self, workspace_id: str, since: datetime) -> list[Notice]:
        """Those to which a member said 「自分の分野ではない」 after a moment."""
        return self._read(_DECLINED, in_workspace=workspace_id, since=since)

    def declines(self, workspace_id: str) -> tuple[int, datetime | None]:
        """How many those are in all, and when the last was said: so whoever knows them sees whether they changed."""
        told = _DECLINES.first(self._db, {"in_workspace": workspace_id})
        return told.many, told.latest

    def told_since(self, workspace_id: str, at: datetime) -> list[tuple[str, datetime]]:
        """Who was told of a question when, after a moment; oldest first."""
        rows = _TOLD_SINCE.rows(self._db, {"in_workspace": workspace_id, "since": at})
        return [(member_id, told_at) for member_id, told_at in rows]

    def everything(self, workspace_id: str) -> list[Notice]:
        """All notices ever made, oldest first."""
        return self._read(_EVERYTHING, in_workspace=workspace_id)

    def letters(self, workspace_id: str, since: datetime) -> set[str]:
        """The keys of the messages that told of questions put down since a moment."""
        return {row.key for row in _LETTERS.rows(self._db, {"in_workspace": workspace_id, "since": since})}

    def forget(self, question: MessageRef) -> None:
        """Forget a question that was deleted."""
        for table in (notices, undertakings):
            self._db.execute(delete(table).where(*_about(table)), _place(question))

    # Undertakings

    def take(self, question: MessageRef, member_id: str, at: datetime) -> Undertaking:
        """Take a question on, if nobody has; whose it is now."""
        place = {"workspace_id": question.workspace_id, "channel_id": question.channel_id}
        added(self._db, undertakings, {**place, "root_id": question.message_id, "member_id": member_id, "at": at})
        held = self.undertaking(question)
        assert held is not None
        return held

    def undertaking(self, question: MessageRef) -> Undertaking | None:
        """Who has taken a question on."""
        row = _HELD.first(self._db, _place(question))
        return _undertaking(row) if row else None

    def held(self, workspace_id: str, questions: Collection[MessageRef]) -> dict[MessageRef, Undertaking]:
        """Who has taken which of several questions of one workspace on."""
        found: dict[MessageRef, Undertaking] = {}
        for batch in batches(sorted({question.message_id for question in questions})):
            for row in _HELD_OF.rows(self._db, {"in_workspace": workspace_id, "roots": batch}):
                held = _undertaking(row)
                found[held.question] = held
        return found

    def undertakings(self, workspace_id: str) -> list[Undertaking]:
        """All questions that are taken."""
        return [_undertaking(row) for row in _ALL_HELD.rows(self._db, {"in_workspace": workspace_id})]

    def release(self, undertaking: Undertaking) -> None:
        """The question is nobody's any more."""
        _RELEASE.run(self._db, {**_place(undertaking.question), "then": undertaking.at})

    def _read(self, query: Prepared, **values: Any) -> list[Notice]:
        return [_notice(row) for row in query.rows(self._db, values)]


def _place(question: MessageRef) -> dict[str, str]:
    return {
        "in_workspace": question.workspace_id,
        "in_channel": question.channel_id,
        "in_root": question.message_id,
    }


# Found sooner than an enumeration tells them: each look reads hundreds of notices.
_BECAUSE: Final = {one.value: one for one in Because}
_ANSWERS: Final = {one.value: one for one in Answer}


def _notice(row: Row[Any]) -> Notice:
    return Notice(
        id=row.id,
        question=MessageRef(row.workspace_id, row.channel_id, row.root_id),
        member_id=row.member_id,
        because=_BECAUSE[row.because],
        topic=row.topic,
        by=row.named_by,
        at=row.at,
        told_at=row.told_at,
        key=row.key,
        answer=_ANSWERS[row.answer],
        answered_at=row.answered_at,
    )


def _undertaking(row: Row[Any]) -> Undertaking:
    return Undertaking(MessageRef(row.workspace_id, row.channel_id, row.root_id), row.member_id, row.at)
