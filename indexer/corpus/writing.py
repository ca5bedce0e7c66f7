"""What is said: messages, reactions and what members declare, recorded as it is seen.

Where two sources tell of the same message, the later sight (`observed_at`) wins.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, bindparam, delete, insert, select, update

from indexer.corpus.database import added
from indexer.corpus.prepared import Prepared
from indexer.corpus.reading import batches
from indexer.corpus.tables import marks, messages, reactions
from indexer.corpus.transaction import Transaction
from indexer.model import Mark, Message, MessageRef, Reaction

_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_REACTIONS = Prepared(select(reactions).where(reactions.c.message.in_(_IDS)))
_SAID = ("author_id", "kind", "text", "posted_at", "edited_at", "observed_at")
_SAY = Prepared(insert(messages), ("workspace_id", "channel_id", "message_id", "thread_id", *_SAID))


@dataclass(frozen=True, slots=True)
class Recorded:
    """How many of the messages given were new, changed something, or were known already."""

    new: int = 0
    changed: int = 0
    known: int = 0

    def __add__(self, other: Recorded) -> Recorded:
        return Recorded(self.new + other.new, self.changed + other.changed, self.known + other.known)


class Writing(Transaction):
    """Keeps what was seen, and forgets what was deleted."""

    def record(self, seen: Sequence[Message], observed_at: datetime, *, with_reactions: bool = True) -> Recorded:
        """Keep messages of one workspace: new ones are added, edits replace, what is known stays as it is.

        `with_reactions`: the messages carry all their reactions, as in an export; an event tells of the words alone.
        """
        latest = {message.ref: message for message in seen}
        stored = self._stored(latest)
        if joined := self._joining.messages([message for ref, message in latest.items() if ref not in stored]):
            self._touch(joined)
            stored = self._stored(latest)
        thread_ids = self._thread_ids({message.root for message in latest.values()})
        given = self._reactions([row.id for row in stored.values()])
        fresh = [message for ref, message in latest.items() if ref not in stored]
        changed = [
            message
            for ref, message in latest.items()
            if (row := stored.get(ref)) is not None
            and row.deleted_at is None
            and observed_at >= row.observed_at
            and (
                (row.text, row.kind, row.thread_id) != (message.text, message.kind.value, thread_ids[message.root])
                or (with_reactions and given[row.id] != _flat(message.reactions))
            )
        ]
        if fresh:
            _SAY.each(self._db, [_row(message, thread_ids[message.root], observed_at) for message in fresh])
        for message in changed:
            values = _row(message, thread_ids[message.root], observed_at)
            self._db.execute(update(messages).where(messages.c.id == stored[message.ref].id).values(values))
        rewritten = {message: stored[message.ref].id for message in changed} if with_reactions else {}
        self._set_reactions(fresh, rewritten)
        moved = {stored[message.ref].thread_id for message in changed}
        self._touch({thread_ids[message.root] for message in (*fresh, *changed)} | moved)
        return Recorded(len(fresh), len(changed), len(latest) - len(fresh) - len(changed))

    def recognised(self, exported: Sequence[Message]) -> list[Message]:
        """Messages of an export without ids, whole threads of them, under the ids that the record knows them by."""
        return self._joining.known(exported)

    def identify(self, ref: MessageRef, written: tuple[str, datetime]) -> None:
        """Let what an export told of a message, by whom and when it was written, bear its id."""
        if ref not in self._stored([ref]):
            author_id, posted_at = written
            self._touch(self._joining.messages([Message(ref, ref, author_id, "", posted_at)]))

    def delete(self, ref: MessageRef, at: datetime, written: tuple[str, datetime] | None = None) -> bool:
        """Forget a message's words and reactions. False where it is unknown or already gone.

        An unknown one is remembered as deleted: its post may still be on the way, or stand in an export, which knows it
        by who wrote it and when (`written`).
        """
        row = self._stored([ref]).get(ref)
        if row is None:
            author_id, posted_at = written or ("", at)
            empty = Message(ref, ref, author_id, "", posted_at)
            gone = _row(empty, self._thread_ids({ref})[ref], at) | {"deleted_at": at}
            self._db.execute(insert(messages).values(gone))
            return False
        if row.deleted_at is not None:
            return False
        self._db.execute(update(messages).where(messages.c.id == row.id).values(text="", deleted_at=at, observed_at=at))
        self._db.execute(delete(reactions).where(reactions.c.message == row.id))
        self._touch({row.thread_id})
        return True

    def react(self, ref: MessageRef, emoji: str, member_id: str) -> bool:
        """Keep a reaction. False where the message is unknown or the reaction stood there already."""
        row = self._stored([ref]).get(ref)
        if row is None or row.deleted_at is not None:
            return False
        values = {"message": row.id, "emoji": emoji, "member_id": member_id}
        fresh = added(self._db, reactions, values)
        if fresh:
            self._touch({row.thread_id})
        return fresh

    def unreact(self, ref: MessageRef, emoji: str, member_id: str) -> bool:
        """Take a reaction back. False where there was none."""
        row = self._stored([ref]).get(ref)
        if row is None:
            return False
        gone = self._db.execute(
            delete(reactions).where(
                reactions.c.message == row.id, reactions.c.emoji == emoji, reactions.c.member_id == member_id
            )
        )
        if gone.rowcount:
            self._touch({row.thread_id})
        return gone.rowcount > 0

    def mark(self, thread: MessageRef, mark: Mark) -> bool:
        """Keep what a member declared about a thread. False where the thread is unknown."""
        thread_id = self._known_thread_ids([thread]).get(thread)
        if thread_id is None:
            return False
        self._db.execute(
            insert(marks).values(
                thread_id=thread_id,
                kind=mark.kind.value,
                member_id=mark.member_id,
                answer_id=mark.answer_id,
                at=mark.at,
            )
        )
        self._touch({thread_id})
        return True

    # Within

    def _set_reactions(self, fresh: list[Message], changed: dict[Message, int]) -> None:
        """Keep the reactions of new messages, and of changed ones (with their row ids) in place of those kept."""
        seen = [message for message in fresh if message.reactions] + list(changed)
        ids = {message.ref: row_id for message, row_id in changed.items()}
        ids |= self._row_ids([message.ref for message in fresh if message.reactions])
        for batch in batches(list(changed.values())):
            self._db.execute(delete(reactions).where(reactions.c.message.in_(batch)))
        given = [
            {"message": ids[message.ref], "emoji": emoji, "member_id": member_id}
            for message in seen
            for emoji, member_id in sorted(_flat(message.reactions))
        ]
        if given:
            self._db.execute(insert(reactions), given)

    def _reactions(self, message_ids: Sequence[int]) -> dict[int, set[tuple[str, str]]]:
        given: dict[int, set[tuple[str, str]]] = defaultdict(set)
        for batch in batches(message_ids):
            for message, emoji, member_id in _REACTIONS.rows(self._db, {"ids": batch}):
                given[message].add((emoji, member_id))
        return given


def _flat(given: Iterable[Reaction]) -> set[tuple[str, str]]:
    return {(reaction.emoji, member_id) for reaction in given for member_id in reaction.member_ids}


def _row(message: Message, thread_id: int, observed_at: datetime) -> dict[str, Any]:
    return {
        "workspace_id": message.ref.workspace_id,
        "channel_id": message.ref.channel_id,
        "message_id": message.ref.message_id,
        "thread_id": thread_id,
        "author_id": message.author_id,
        "kind": message.kind.value,
        "text": message.text,
        "posted_at": message.posted_at,
        "edited_at": message.edited_at,
        "observed_at": observed_at,
    }
