"""The corpus within one transaction: recording what was seen (`directory`, `writing`), and reading threads back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Select, and_, bindparam, exists, func, or_, select, union

from indexer.corpus.directory import Directory
from indexer.corpus.positions import THREADS, come_to
from indexer.corpus.prepared import Prepared
from indexer.corpus.reading import batches, read_said, read_threads
from indexer.corpus.tables import channels, marks, members, messages, reactions, threads
from indexer.corpus.writing import Writing
from indexer.model import Channel, Message, MessageKind, MessageRef, Thread
from indexer.resolution import ResolutionRules

_CHANGED = Prepared(
    select(threads.c.id, threads.c.position)
    .where(threads.c.position > bindparam("after"))
    .order_by(threads.c.position, threads.c.id)
)


@dataclass(frozen=True, slots=True)
class ThreadChange:
    """A thread that changed, and the position at which it did."""

    thread_id: int
    position: int


class Corpus(Directory, Writing):
    """The record, seen through one open transaction."""

    def __init__(self, connection: Connection, rules: ResolutionRules | None = None) -> None:
        super().__init__(connection)
        self._rules = rules or ResolutionRules()

    def position(self) -> int:
        """The position of the last change; 0 for an empty corpus."""
        return come_to(self._db)[THREADS]

    def changed_since(self, position: int) -> list[ThreadChange]:
        """The threads that changed after `position`, in the order in which they did."""
        return [ThreadChange(*row) for row in _CHANGED.rows(self._db, {"after": position})]

    def threads(self, ids: Iterable[int]) -> list[Thread]:
        """The threads of these ids, in the order given; those whose root is deleted or not yet seen are left out."""
        found: dict[int, Thread] = {}
        wanted = list(dict.fromkeys(ids))
        for batch in batches(wanted):
            found |= read_threads(self._db, batch, self._rules)
        return [found[thread_id] for thread_id in wanted if thread_id in found]

    def thread(self, ref: MessageRef) -> Thread | None:
        """The thread opened by `ref`, or the one that the reply `ref` stands in."""
        row = self._stored([ref]).get(ref)
        loaded = self.threads([row.thread_id]) if row is not None else []
        return loaded[0] if loaded else None

    def opened_by(self, roots: Sequence[MessageRef]) -> dict[MessageRef, Thread]:
        """The threads that these messages opened; those that do not stand are left out."""
        found = self.threads(self._known_thread_ids(roots).values())
        return {thread.ref: thread for thread in found}

    def thread_id(self, root: MessageRef) -> int | None:
        """The id of the thread that this message opened, whether or not it still stands."""
        return self._known_thread_ids([root]).get(root)

    def said_under(self, root: MessageRef) -> list[Message]:
        """What was said under a message that need not be on record itself, such as the bot's own."""
        thread_id = self.thread_id(root)
        said = read_said(self._db, thread_id) if thread_id is not None else []
        return [message for message in said if message.ref != root]

    def recent_threads(
        self, workspace_id: str, since: datetime, channel_id: str | None = None, author_id: str | None = None
    ) -> list[Thread]:
        """The threads opened at `since` or later (in one channel, by one member), oldest first."""
        return self.threads(self._db.execute(self._opened(workspace_id, since, channel_id, author_id)).scalars())

    def opened_since(self, workspace_id: str, since: datetime) -> list[int]:
        """The ids of the threads opened at `since` or later, oldest first."""
        # By time alone: told the workspace too, SQLite goes through all that is in it.
        query = (
            select(messages.c.thread_id, threads.c.workspace_id)
            .join(threads, threads.c.id == messages.c.thread_id)
            .where(messages.c.posted_at >= since, messages.c.message_id == threads.c.root_id)
            .order_by(messages.c.posted_at)
        )
        return [thread_id for thread_id, place in self._db.execute(query) if place == workspace_id]

    def opened_by_any(self, workspace_id: str, member_ids: Iterable[str], since: datetime) -> list[int]:
        """The ids of the threads that one of these members opened at `since` or later."""
        query = self._opened(workspace_id, since)
        some = (query.where(messages.c.author_id.in_(batch)) for batch in batches(sorted(member_ids)))
        return [thread_id for one in some for thread_id in self._db.execute(one).scalars()]

    def resolvable(self, workspace_id: str) -> set[int]:
        """The ids of the threads that may be resolved: with a mark, a reaction, or another word of who opened them."""
        opening, word = messages.alias(), messages.alias()
        here = threads.c.workspace_id == workspace_id
        in_thread = select(threads.c.id).where(here)
        marked = in_thread.join(marks, marks.c.thread_id == threads.c.id)
        reacted = in_thread.join(messages, messages.c.thread_id == threads.c.id).join(
            reactions, reactions.c.message == messages.c.id
        )
        said_more = (
            in_thread.join(
                opening, and_(opening.c.thread_id == threads.c.id, opening.c.message_id == threads.c.root_id)
            )
            .join(word, and_(word.c.thread_id == threads.c.id, word.c.author_id == opening.c.author_id))
            .where(word.c.id != opening.c.id)
        )
        return set(self._db.execute(union(marked, reacted, said_more)).scalars())

    def unreplied_threads(self, workspace_id: str, since: datetime) -> list[Thread]:
        """The threads opened at `since` or later in which nobody wrote but who opened them and bots, oldest first."""
        reply = messages.alias()
        replied = exists().where(
            reply.c.thread_id == messages.c.thread_id,
            reply.c.author_id != messages.c.author_id,
            reply.c.kind != MessageKind.BOT.value,
            reply.c.deleted_at.is_(None),
        )
        query = self._opened(workspace_id, since).where(messages.c.deleted_at.is_(None), ~replied)
        return self.threads(self._db.execute(query).scalars())

    @staticmethod
    def _opened(
        workspace_id: str, since: datetime, channel_id: str | None = None, author_id: str | None = None
    ) -> Select[int]:
        query = (
            select(messages.c.thread_id)
            .join(threads, threads.c.id == messages.c.thread_id)
            .where(
                messages.c.workspace_id == workspace_id,
                messages.c.posted_at >= since,
                messages.c.message_id == threads.c.root_id,
            )
            .order_by(messages.c.posted_at)
        )
        if channel_id is not None:
            query = query.where(messages.c.channel_id == channel_id)
        return query if author_id is None else query.where(messages.c.author_id == author_id)

    def active_since(self, workspace_id: str, since: datetime) -> list[int]:
        """The ids of the threads in which somebody posted at `since` or later, ascending."""
        query = select(messages.c.thread_id).where(
            messages.c.workspace_id == workspace_id, messages.c.posted_at >= since, messages.c.deleted_at.is_(None)
        )
        return sorted(self._db.execute(query.distinct()).scalars())

    def touched_by(self, workspace_id: str, member_ids: Iterable[str], *, reacted: bool = True) -> list[int]:
        """The ids of the threads in which one of these members wrote or, unless told otherwise, reacted, ascending."""
        found: set[int] = set()
        for batch in batches(sorted(set(member_ids))):
            wrote = select(messages.c.thread_id).where(
                messages.c.workspace_id == workspace_id,
                messages.c.author_id.in_(batch),
                messages.c.deleted_at.is_(None),
            )
            found.update(self._db.execute(wrote.distinct()).scalars())
            if reacted:
                gave = (
                    select(messages.c.thread_id)
                    .join(reactions, reactions.c.message == messages.c.id)
                    .where(messages.c.workspace_id == workspace_id, reactions.c.member_id.in_(batch))
                )
                found.update(self._db.execute(gave.distinct()).scalars())
        return sorted(found)

    def each(self, ids: Sequence[int]) -> Iterator[Thread]:
        """The threads of these ids one after the other, few in memory at a time; as `threads` otherwise."""
        for batch in batches(ids):
            yield from self.threads(batch)

    def active_threads(self, workspace_id: str, since: datetime, until: datetime) -> list[Thread]:
        """The threads in which something was written or declared in the span, as they were opened."""
        written = select(messages.c.thread_id).where(
            messages.c.workspace_id == workspace_id, messages.c.posted_at >= since, messages.c.posted_at < until
        )
        declared = (
            select(marks.c.thread_id)
            .join(threads, threads.c.id == marks.c.thread_id)
            .where(threads.c.workspace_id == workspace_id, marks.c.at >= since, marks.c.at < until)
        )
        found = self.threads(sorted(set(self._db.execute(written.union(declared)).scalars())))
        return sorted(found, key=lambda thread: (thread.root.posted_at, thread.id))

    def written(self, channel: Channel, after: datetime, before: datetime) -> list[MessageRef]:
        """The messages on record of a channel that were written after one moment and before another."""
        query = select(messages.c.message_id).where(
            messages.c.workspace_id == channel.workspace_id,
            messages.c.channel_id == channel.id,
            messages.c.posted_at > after,
            messages.c.posted_at < before,
            messages.c.deleted_at.is_(None),
        )
        found = self._db.execute(query).scalars()
        return [MessageRef(channel.workspace_id, channel.id, message_id) for message_id in found]

    def first_posts(self, workspace_id: str, member_ids: Iterable[str]) -> dict[str, datetime]:
        """When each of these members first wrote, as far as the record goes back."""
        query = (
            select(messages.c.author_id, func.min(messages.c.posted_at))
            .where(messages.c.workspace_id == workspace_id)
            .group_by(messages.c.author_id)
        )
        return {
            member_id: at
            for batch in batches(list(member_ids))
            for member_id, at in self._db.execute(query.where(messages.c.author_id.in_(batch)))
        }

    def threads_saying(self, parts: Sequence[str]) -> list[int]:
        """The ids of the threads in which a message holds one of these parts of text, ascending."""
        holds = or_(*(messages.c.text.contains(part, autoescape=True) for part in parts))
        query = select(messages.c.thread_id).where(holds, messages.c.deleted_at.is_(None)).distinct()
        return list(self._db.execute(query.order_by(messages.c.thread_id)).scalars())

    def channel_of(self, workspace_id: str, message_id: str) -> str | None:
        """The channel in which a message of this id stands, on platforms whose ids are unique in a workspace."""
        query = select(messages.c.channel_id).where(
            messages.c.workspace_id == workspace_id, messages.c.message_id == message_id
        )
        return self._db.execute(query).scalars().first()

    def message(self, ref: MessageRef) -> Message | None:
        """One message, or None where it is unknown or deleted."""
        thread = self.thread(ref)
        return next((m for m in (thread.root, *thread.replies) if m.ref == ref), None) if thread else None

    def words(self, refs: Iterable[MessageRef]) -> dict[MessageRef, str]:
        """What stored messages say, also where their threads' first messages are not known."""
        return {ref: row.text for ref, row in self._stored(refs).items()}

    def known(self, ref: MessageRef) -> bool:
        """Whether the message was ever seen, deleted or not."""
        return ref in self._stored([ref])

    def counts(self) -> dict[str, int]:
        """How many channels, members, threads and messages there are, deleted messages left out."""
        count: dict[str, int] = {}
        for table in (channels, members, threads):
            count[table.name] = self._db.execute(select(func.count()).select_from(table)).scalar_one()
        live = select(func.count()).select_from(messages).where(messages.c.deleted_at.is_(None))
        return count | {"messages": self._db.execute(live).scalar_one()}
