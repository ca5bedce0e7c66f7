"""Suggestions made, and what people said of them: the labels that search learns from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, bindparam, delete, func, insert, select, update

from bot.store.tables import labels, suggested, suggestions
from indexer.corpus.database import upsert
from indexer.corpus.prepared import Prepared
from indexer.corpus.reading import batches
from indexer.model import MessageRef


class Mode(StrEnum):
    """How a suggestion was made. SILENT: it was not; SEARCH: somebody asked for it."""

    THREAD = "thread"
    WHISPER = "whisper"
    SILENT = "silent"
    SEARCH = "search"


class Label(StrEnum):
    """What a member said of a suggested thread."""

    HELPFUL = "helpful"
    SOLVED = "solved"
    WRONG = "wrong"


@dataclass(frozen=True, slots=True)
class Draft:
    """A suggestion about to be kept; `threads` best first, as (thread id, confidence).

    `root_id` is the question's message id, None for a search that belongs to no thread.
    """

    workspace_id: str
    channel_id: str
    root_id: str | None
    member_id: str
    mode: Mode
    query: str
    threads: tuple[tuple[int, float], ...]

    @property
    def confidence(self) -> float:
        """The best thread's confidence, 0 with none."""
        return max((confidence for _, confidence in self.threads), default=0.0)

    @property
    def question(self) -> MessageRef | None:
        """The question it answers."""
        return MessageRef(self.workspace_id, self.channel_id, self.root_id) if self.root_id else None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A suggestion as it was kept."""

    id: int
    draft: Draft


@dataclass(frozen=True, slots=True)
class Said:
    """What member `by` said of a thread suggested to `asker_id`; `question` None for a search of their own."""

    question: MessageRef | None
    query: str
    asker_id: str
    thread_id: int
    by: str
    label: Label
    at: datetime


_UNASKED = Prepared(
    select(suggestions)
    .where(
        suggestions.c.workspace_id == bindparam("workspace"),
        suggestions.c.channel_id == bindparam("channel"),
        suggestions.c.root_id == bindparam("root"),
        suggestions.c.mode != Mode.SEARCH.value,
    )
    .order_by(suggestions.c.id)
    .limit(1)
)

_SHOWN = Prepared(
    select(suggestions.c.channel_id, suggestions.c.root_id, suggestions.c.id, suggested.c.thread_id)
    .outerjoin(suggested, suggested.c.suggestion_id == suggestions.c.id)
    .where(
        suggestions.c.workspace_id == bindparam("workspace"),
        suggestions.c.channel_id.in_(bindparam("channels", expanding=True)),
        suggestions.c.root_id.in_(bindparam("roots", expanding=True)),
        suggestions.c.mode != Mode.SEARCH.value,
    )
    .order_by(suggestions.c.id, suggested.c.rank)
)


class Suggestions:
    """Suggestions and labels, seen through one open transaction."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def make(self, draft: Draft, at: datetime) -> int:
        """Keep a suggestion and return its id."""
        values = {
            "workspace_id": draft.workspace_id,
            "channel_id": draft.channel_id,
            "root_id": draft.root_id,
            "member_id": draft.member_id,
            "mode": draft.mode.value,
            "query": draft.query,
            "confidence": draft.confidence,
            "at": at,
        }
        made = self._db.execute(insert(suggestions).values(values).returning(suggestions.c.id)).scalar_one()
        self._name(made, draft.threads)
        return int(made)

    def renew(self, suggestion_id: int, draft: Draft) -> None:
        """Replace what a suggestion named, after its question was edited; what was said of it stays."""
        self._db.execute(delete(suggested).where(suggested.c.suggestion_id == suggestion_id))
        values = {"mode": draft.mode.value, "query": draft.query, "confidence": draft.confidence}
        self._db.execute(update(suggestions).where(suggestions.c.id == suggestion_id).values(values))
        self._name(suggestion_id, draft.threads)

    def get(self, suggestion_id: int) -> Suggestion | None:
        """One suggestion."""
        row = self._db.execute(select(suggestions).where(suggestions.c.id == suggestion_id)).one_or_none()
        return self._suggestion(row) if row else None

    def of_question(self, question: MessageRef) -> Suggestion | None:
        """The suggestion made for a question unasked; what people looked up from there is theirs."""
        row = _UNASKED.first(
            self._db,
            {"workspace": question.workspace_id, "channel": question.channel_id, "root": question.message_id},
        )
        return self._suggestion(row) if row else None

    def shown_for(self, workspace_id: str, questions: Collection[MessageRef]) -> dict[MessageRef, list[int]]:
        """The ids of the threads that were found for questions of one workspace unasked, the best first."""
        first: dict[MessageRef, int] = {}
        found: dict[MessageRef, list[int]] = defaultdict(list)
        for batch in batches(sorted(questions)):
            channels, roots = {ref.channel_id for ref in batch}, {ref.message_id for ref in batch}
            about = {"workspace": workspace_id, "channels": sorted(channels), "roots": sorted(roots)}
            for channel_id, root_id, number, thread_id in _SHOWN.rows(self._db, about):
                ref = MessageRef(workspace_id, channel_id, root_id)
                if first.setdefault(ref, number) == number and thread_id is not None:
                    found[ref].append(thread_id)
        return found

    def naming(self, thread_id: int) -> list[Suggestion]:
        """The suggestions that named a thread."""
        query = (
            select(suggestions)
            .join(suggested, suggested.c.suggestion_id == suggestions.c.id)
            .where(suggested.c.thread_id == thread_id)
        )
        return [self._suggestion(row) for row in self._db.execute(query)]

    def unname(self, suggestion_id: int, thread_id: int) -> None:
        """A thread was taken off a suggestion as beside the point; what was said of it stays."""
        here = suggested.c.suggestion_id == suggestion_id, suggested.c.thread_id == thread_id
        self._db.execute(delete(suggested).where(*here))

    def forget(self, question: MessageRef) -> None:
        """Forget the words of everything suggested for a question, which was deleted."""
        self._db.execute(update(suggestions).where(*_about(question)).values(query=""))

    def label(self, suggestion_id: int, thread_id: int, member_id: str, label: Label, at: datetime) -> None:
        """Keep what a member says of a suggested thread; a later word of theirs replaces the earlier."""
        values = {
            "suggestion_id": suggestion_id,
            "thread_id": thread_id,
            "member_id": member_id,
            "label": label.value,
            "at": at,
        }
        statement = upsert(self._db, labels).values(values)
        keys = ["suggestion_id", "thread_id", "member_id"]
        self._db.execute(statement.on_conflict_do_update(index_elements=keys, set_={"label": label.value, "at": at}))

    def counts(self) -> dict[str, int]:
        """How many suggestions were made in each mode."""
        query = select(suggestions.c.mode, func.count()).group_by(suggestions.c.mode)
        return dict(self._db.execute(query).all())

    def said(self) -> list[Said]:
        """What members said of suggested threads, oldest first; questions that were deleted are left out."""
        query = (
            select(suggestions, labels.c.thread_id, labels.c.label, labels.c.at.label("said_at"))
            .add_columns(labels.c.member_id.label("by"))
            .join(labels, suggestions.c.id == labels.c.suggestion_id)
            .where(suggestions.c.query != "")
            .order_by(labels.c.at, labels.c.suggestion_id, labels.c.member_id)
        )
        return [
            Said(_question(row), row.query, row.member_id, row.thread_id, row.by, Label(row.label), row.said_at)
            for row in self._db.execute(query)
        ]

    def _name(self, suggestion_id: int, threads: Sequence[tuple[int, float]]) -> None:
        if not threads:
            return
        rows = [
            {"suggestion_id": suggestion_id, "thread_id": thread_id, "rank": rank, "confidence": confidence}
            for rank, (thread_id, confidence) in enumerate(threads)
        ]
        self._db.execute(insert(suggested), rows)

    def _suggestion(self, row: Row[Any]) -> Suggestion:
        query = select(suggested.c.thread_id, suggested.c.confidence).where(suggested.c.suggestion_id == row.id)
        named = tuple((thread_id, conf) for thread_id, conf in self._db.execute(query.order_by(suggested.c.rank)))
        draft = Draft(row.workspace_id, row.channel_id, row.root_id, row.member_id, Mode(row.mode), row.query, named)
        return Suggestion(row.id, draft)


def _question(row: Row[Any]) -> MessageRef | None:
    return MessageRef(row.workspace_id, row.channel_id, row.root_id) if row.root_id else None


def _about(question: MessageRef) -> tuple[ColumnElement[bool], ...]:
    return (
        suggestions.c.workspace_id == question.workspace_id,
        suggestions.c.channel_id == question.channel_id,
        suggestions.c.root_id == question.message_id,
    )
