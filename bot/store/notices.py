"""Who was told of which waiting question, what they said to that, and who has taken it on.

All else about waiting questions follows from the record and the time. A member is told of a question once.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, Table, bindparam, delete, or_, select, update

from bot.store.positions import NOTICES, NOTICES_GONE
from bot.store.tables import notices, undertakings
from indexer.corpus.database import added, adding
from indexer.corpus.positions import move
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


class Declined(NamedTuple):
    """A notice of a question that was not its member's field, as they said."""

    id: int
    topic: str
    member_id: str
    at: datetime


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
_UNDER = _notices(notices.c.key.in_(bindparam("keys", expanding=True)))
_DECLINED = Prepared(
    select(notices.c.id, notices.c.topic, notices.c.member_id, notices.c.answered_at)
    .where(_in(notices), notices.c.answer == Answer.NOT_MINE.value)
    .order_by(notices.c.id)
)
_CHANGED_SINCE = _notices(_in(notices), notices.c.position > bindparam("after"))
_THAT_MATTER = _notices(
    _in(notices),
    or_(
        notices.c.answer.in_((Answer.NONE.value, Answer.LATER.value)),
        notices.c.told_at > bindparam("since"),
        notices.c.root_id.in_(bindparam("roots", expanding=True)),
    ),
)
_EVERYTHING = _notices(_in(notices))
_LETTERS = Prepared(
    select(notices.c.key).where(_in(notices), notices.c.at >= bindparam("since"), notices.c.key.is_not(None)).distinct()
)
_CHANGED = (
    update(notices).where(notices.c.id.in_(bindparam("ids", expanding=True))).values(position=bindparam("moved_to"))
)
_TOLD = Prepared(_CHANGED.values(told_at=bindparam("then"), key=bindparam("under")))
_ANSWER = Prepared(_CHANGED.values(answer=bindparam("said"), answered_at=bindparam("then")))
_AGAIN = Prepared(_CHANGED.values(told_at=None, answer=Answer.NONE.value, named_by=None))
_TOUCH = Prepared(update(notices).where(*_about(notices)).values(position=bindparam("moved_to")))
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
        self._position = 0  # of all that this transaction changes; 0 as long as it has not changed anything

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
            "position": self._moved(),
        }
        made = adding(self._db.dialect.name, notices, tuple(row), "id").first(self._db, row)
        if made is None:
            return None
        return Notice(made.id, question, member_id, because, topic, by, at, None, None, Answer.NONE, None)

    def told(self, ids: Iterable[int], key: str, at: datetime) -> None:
        """They are told by the message of this key."""
        self._change(_TOLD, ids, under=key, then=at)

    def answer(self, notice_id: int, answer: Answer, at: datetime) -> None:
        """What the member says to it."""
        self._change(_ANSWER, [notice_id], said=answer.value, then=at)

    def settle(self, ids: Collection[int], at: datetime) -> None:
        """Their questions wait no more."""
        for batch in batches(sorted(ids)):
            self._change(_ANSWER, batch, said=Answer.SETTLED.value, then=at)

    def touch(self, question: MessageRef) -> None:
        """What the letters about a question tell has changed."""
        _TOUCH.run(self._db, {**_place(question), "moved_to": self._moved()})

    def again(self, notice_id: int) -> None:
        """The member who said 「後で」 is to be told once more, with the next message."""
        self._change(_AGAIN, [notice_id])

    def get(self, notice_id: int) -> Notice | None:
        """One notice."""
        return next(iter(self._read(_GET, number=notice_id)), None)

    def of(self, question: MessageRef) -> list[Notice]:
        """All about one question."""
        return self._read(_OF, **_place(question))

    def under(self, keys: Collection[str]) -> dict[str, list[Notice]]:
        """Those told by messages of these keys, by key; keys that told of none are left out."""
        found: dict[str, list[Notice]] = defaultdict(list)
        for batch in batches(sorted(keys)):
            for notice in self._read(_UNDER, keys=batch):
                found[str(notice.key)].append(notice)
        return found

    def changed_since(self, workspace_id: str, position: int) -> list[Notice]:
        """Those that changed after a position."""
        return self._read(_CHANGED_SINCE, in_workspace=workspace_id, after=position)

    def that_matter(self, workspace_id: str, questions: Iterable[MessageRef], at: datetime) -> list[Notice]:
        """Those of these questions, those told after a moment, and those to which nothing was said yet, or 「後で」."""
        roots = [question.message_id for question in questions]
        return self._read(_THAT_MATTER, in_workspace=workspace_id, roots=roots, since=at)

    def declined(self, workspace_id: str) -> list[Declined]:
        """Those to which a member said 「自分の分野ではない」."""
        return [Declined(*row) for row in _DECLINED.rows(self._db, {"in_workspace": workspace_id})]

    def everything(self, workspace_id: str) -> list[Notice]:
        """All notices ever made, oldest first."""
        return self._read(_EVERYTHING, in_workspace=workspace_id)

    def letters(self, workspace_id: str, since: datetime) -> set[str]:
        """The keys of the messages that told of questions put down since a moment."""
        return {row.key for row in _LETTERS.rows(self._db, {"in_workspace": workspace_id, "since": since})}

    def forget(self, question: MessageRef) -> None:
        """Forget a question that was deleted."""
        gone = self._db.execute(delete(notices).where(*_about(notices)), _place(question))
        self._db.execute(delete(undertakings).where(*_about(undertakings)), _place(question))
        if gone.rowcount:
            move(self._db, NOTICES_GONE)

    # Undertakings

    def take(self, question: MessageRef, member_id: str, at: datetime) -> Undertaking:
        """Take a question on, if nobody has; whose it is now."""
        place = {"workspace_id": question.workspace_id, "channel_id": question.channel_id}
        row = {**place, "root_id": question.message_id, "member_id": member_id, "at": at}
        if added(self._db, undertakings, row):
            self.touch(question)
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
        self.touch(undertaking.question)

    def _change(self, statement: Prepared, ids: Iterable[int], **values: Any) -> None:
        statement.run(self._db, {"ids": list(ids), "moved_to": self._moved(), **values})

    def _moved(self) -> int:
        if not self._position:
            self._position = move(self._db, NOTICES)
        return self._position

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
