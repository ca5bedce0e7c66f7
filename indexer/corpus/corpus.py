"""The corpus within one transaction: recording what was seen, and reading threads back.

Every write that could change an answer moves the thread's `position` forward, so that an index can ask for what changed
since it last looked. Where two sources tell of the same message, the later sight (`observed_at`) wins.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    Connection,
    Row,
    Select,
    Table,
    and_,
    bindparam,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)
from sqlalchemy.dialects import sqlite

from indexer.corpus.database import added, inserted, inserting, upsert
from indexer.corpus.joining import Joining
from indexer.corpus.prepared import Prepared
from indexer.corpus.reading import batches, read_channels, read_said, read_threads
from indexer.corpus.tables import (
    channels,
    marks,
    members,
    memberships,
    messages,
    positions,
    reactions,
    threads,
    workspaces,
)
from indexer.model import (
    Audience,
    Channel,
    Mark,
    Member,
    Message,
    MessageKind,
    MessageRef,
    Reaction,
    Thread,
    Workspace,
)
from indexer.resolution import ResolutionRules

_POSITION = select(positions.c.position)
_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_REACTIONS = Prepared(select(reactions).where(reactions.c.message.in_(_IDS)))
_HERE = and_(messages.c.workspace_id == bindparam("workspace"), messages.c.channel_id == bindparam("channel"))
_STORED = Prepared(select(messages).where(_HERE, messages.c.message_id.in_(_IDS)))
_ROW_IDS = Prepared(select(messages.c.message_id, messages.c.id).where(_HERE, messages.c.message_id.in_(_IDS)))
_THREAD_IDS = Prepared(
    select(threads.c.root_id, threads.c.id).where(
        threads.c.workspace_id == bindparam("workspace"),
        threads.c.channel_id == bindparam("channel"),
        threads.c.root_id.in_(_IDS),
    )
)
_OPENED = insert(threads).returning(threads.c.id, threads.c.workspace_id, threads.c.channel_id, threads.c.root_id)
_MEMBER = Prepared(
    select(members).where(members.c.workspace_id == bindparam("workspace"), members.c.id == bindparam("member"))
)
_MEMBERS = Prepared(select(members).where(members.c.workspace_id == bindparam("workspace"), members.c.id.in_(_IDS)))
_WORKSPACE = Prepared(select(workspaces).where(workspaces.c.id == bindparam("workspace")))
_ROOMS_OF = Prepared(
    select(memberships.c.channel_id).where(
        memberships.c.workspace_id == bindparam("workspace"), memberships.c.member_id == bindparam("member")
    )
)
_SAID = ("author_id", "kind", "text", "posted_at", "edited_at", "observed_at")
_SAY = Prepared(insert(messages), ("workspace_id", "channel_id", "message_id", "thread_id", *_SAID))
_TOUCH = Prepared(update(threads).where(threads.c.id.in_(_IDS)).values(position=bindparam("at")))
_CHANGED = Prepared(
    select(threads.c.id, threads.c.position)
    .where(threads.c.position > bindparam("after"))
    .order_by(threads.c.position, threads.c.id)
)


@cache
def _moving(dialect: str) -> Prepared:
    """The statement that moves the record's position on."""
    first = inserting(dialect, positions).values(id=1, position=1)
    return Prepared(
        first.on_conflict_do_update(index_elements=["id"], set_={"position": positions.c.position + 1}).returning(
            positions.c.position
        )
    )


@dataclass(frozen=True, slots=True)
class Recorded:
    """How many of the messages given were new, changed something, or were known already."""

    new: int = 0
    changed: int = 0
    known: int = 0

    def __add__(self, other: Recorded) -> Recorded:
        return Recorded(self.new + other.new, self.changed + other.changed, self.known + other.known)


@dataclass(frozen=True, slots=True)
class ThreadChange:
    """A thread that changed, and the position at which it did."""

    thread_id: int
    position: int


class Corpus:
    """The record, seen through one open transaction."""

    def __init__(self, connection: Connection, rules: ResolutionRules | None = None) -> None:
        self._db = connection
        self._rules = rules or ResolutionRules()
        self._joining = Joining(connection)

    # Recording

    def record_workspace(self, workspace: Workspace) -> None:
        """Keep the workspace; an empty name or url leaves what is known."""
        known = {key: value for key, value in (("name", workspace.name), ("url", workspace.url)) if value}
        statement = upsert(self._db, workspaces).values(id=workspace.id, name=workspace.name, url=workspace.url)
        if known:
            statement = statement.on_conflict_do_update(index_elements=["id"], set_=known)
        else:
            statement = statement.on_conflict_do_nothing()
        self._db.execute(statement)

    def record_channels(self, seen: Iterable[Channel], observed_at: datetime) -> None:
        """Keep channels with their present names, visibility and, for private ones, members."""
        seen = list(seen)
        self._touch(self._joining.channels(seen))
        for channel in seen:
            row = {
                "workspace_id": channel.workspace_id,
                "id": channel.id,
                "name": channel.name,
                "visibility": channel.visibility.value,
                "archived": channel.archived,
                "observed_at": observed_at,
            } | ({"handle": channel.handle} if channel.handle else {})
            if self._newest(channels, row) and channel.members:
                self.set_members(channel.workspace_id, channel.id, channel.members)
        self._next_position()

    def set_members(self, workspace_id: str, channel_id: str, member_ids: Iterable[str]) -> None:
        """Replace the known members of a channel."""
        here = and_(memberships.c.workspace_id == workspace_id, memberships.c.channel_id == channel_id)
        self._db.execute(delete(memberships).where(here))
        rows = [
            {"workspace_id": workspace_id, "channel_id": channel_id, "member_id": member_id}
            for member_id in sorted(set(member_ids))
        ]
        if rows:
            self._db.execute(upsert(self._db, memberships).on_conflict_do_nothing(), rows)

    def join(self, workspace_id: str, channel_id: str, member_id: str) -> None:
        """Keep that a member belongs to a channel."""
        row = {"workspace_id": workspace_id, "channel_id": channel_id, "member_id": member_id}
        self._db.execute(upsert(self._db, memberships).values(row).on_conflict_do_nothing())

    def leave(self, workspace_id: str, channel_id: str, member_id: str) -> None:
        """Keep that a member no longer belongs to a channel."""
        self._db.execute(
            delete(memberships).where(
                memberships.c.workspace_id == workspace_id,
                memberships.c.channel_id == channel_id,
                memberships.c.member_id == member_id,
            )
        )

    def record_members(self, seen: Iterable[Member], observed_at: datetime) -> None:
        """Keep members; the threads of one whose municipality changed count as changed."""
        seen = list(seen)
        rows = [_member_row(member, observed_at) for member in seen]
        if not rows:
            return
        self._touch(self._joining.members(seen))
        before = self._members_before(rows)
        self._db.execute(self._upsert_newest(members, rows[0]), rows)
        for row in rows:
            seen_at, municipality = before.get((row["workspace_id"], row["id"]), (None, None))
            if seen_at is not None and seen_at <= observed_at and municipality != row["municipality"]:
                self._touch(self._asked_by(row["workspace_id"], row["id"]))

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

    # Reading

    def position(self) -> int:
        """The position of the last change; 0 for an empty corpus."""
        return self._db.execute(_POSITION).scalar() or 0

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

    def workspace(self, workspace_id: str) -> Workspace | None:
        """One workspace."""
        row = _WORKSPACE.first(self._db, {"workspace": workspace_id})
        return Workspace(row.id, row.name, row.url) if row else None

    def workspaces(self) -> list[Workspace]:
        """All workspaces."""
        rows = self._db.execute(select(workspaces).order_by(workspaces.c.id))
        return [Workspace(row.id, row.name, row.url) for row in rows]

    def channel(self, workspace_id: str, channel_id: str) -> Channel | None:
        """One channel with, if it is private, its members."""
        here = and_(channels.c.workspace_id == workspace_id, channels.c.id == channel_id)
        return next(iter(read_channels(self._db, here)), None)

    def channels(self, workspace_id: str | None = None) -> list[Channel]:
        """All channels, by name."""
        return read_channels(
            self._db, channels.c.workspace_id == workspace_id if workspace_id else channels.c.id.is_not(None)
        )

    def member(self, workspace_id: str, member_id: str) -> Member | None:
        """One member."""
        row = _MEMBER.first(self._db, {"workspace": workspace_id, "member": member_id})
        return _member(row) if row else None

    def called(self, workspace_id: str, handle: str) -> Member | None:
        """The member of this unique name."""
        query = select(members).where(members.c.workspace_id == workspace_id, members.c.handle == handle)
        row = self._db.execute(query).first() if handle else None
        return _member(row) if row else None

    def channel_called(self, workspace_id: str, handle: str) -> Channel | None:
        """The channel of this unique name."""
        wanted = and_(channels.c.workspace_id == workspace_id, channels.c.handle == handle)
        return next(iter(read_channels(self._db, wanted)), None) if handle else None

    def members(self, workspace_id: str | None = None, ids: Iterable[str] | None = None) -> list[Member]:
        """Members of a workspace (of all), or those of a workspace that have these ids."""
        if ids is not None:
            some = (_MEMBERS.rows(self._db, {"workspace": workspace_id, "ids": one}) for one in batches(list(ids)))
            return [_member(row) for rows in some for row in rows]
        query = select(members)
        if workspace_id is not None:
            query = query.where(members.c.workspace_id == workspace_id)
        return [_member(row) for row in self._db.execute(query)]

    def audience_of(self, workspace_id: str, member_id: str) -> Audience:
        """What a member can open; for a guest only the channels known to be theirs."""
        rooms = _ROOMS_OF.rows(self._db, {"workspace": workspace_id, "member": member_id})
        own = frozenset((workspace_id, room.channel_id) for room in rooms)
        member = self.member(workspace_id, member_id)
        return Audience(frozenset({workspace_id}), public=not (member and member.guest), channels=own)

    def counts(self) -> dict[str, int]:
        """How many channels, members, threads and messages there are, deleted messages left out."""
        count: dict[str, int] = {}
        for table in (channels, members, threads):
            count[table.name] = self._db.execute(select(func.count()).select_from(table)).scalar_one()
        live = select(func.count()).select_from(messages).where(messages.c.deleted_at.is_(None))
        return count | {"messages": self._db.execute(live).scalar_one()}

    # Within

    def _newest(self, table: Table, row: dict[str, Any]) -> bool:
        """Insert or update a row unless a later sight of it is stored; whether it was written."""
        return inserted(self._db, self._upsert_newest(table, row).values(row))

    def _upsert_newest(self, table: Table, row: dict[str, Any]) -> sqlite.Insert:
        """What inserts rows of the columns of `row`, or updates those of which no later sight is stored."""
        keys = [column.name for column in table.primary_key]
        statement = upsert(self._db, table)
        excluded = statement.excluded
        newer = table.c.observed_at <= excluded.observed_at
        values = {name: excluded[name] for name in row if name not in keys}
        return statement.on_conflict_do_update(index_elements=keys, set_=values, where=newer)

    def _members_before(self, rows: Sequence[dict[str, Any]]) -> dict[tuple[str, str], tuple[datetime, str | None]]:
        """When the members about to be written were seen last, and their municipalities."""
        by_workspace: dict[str, list[str]] = defaultdict(list)
        for row in rows:
            by_workspace[row["workspace_id"]].append(row["id"])
        return {
            (workspace_id, stored.id): (stored.observed_at, stored.municipality)
            for workspace_id, ids in by_workspace.items()
            for batch in batches(ids)
            for stored in self._db.execute(
                select(members.c.id, members.c.municipality, members.c.observed_at).where(
                    members.c.workspace_id == workspace_id, members.c.id.in_(batch)
                )
            )
        }

    def _next_position(self) -> int:
        return int(_moving(self._db.dialect.name).first(self._db, {}).position)

    def _touch(self, thread_ids: set[int]) -> None:
        if not thread_ids:
            return
        position = self._next_position()
        for batch in batches(sorted(thread_ids)):
            _TOUCH.run(self._db, {"ids": batch, "at": position})

    def _asked_by(self, workspace_id: str, member_id: str) -> set[int]:
        query = (
            select(threads.c.id)
            .join(messages, and_(messages.c.thread_id == threads.c.id, messages.c.message_id == threads.c.root_id))
            .where(messages.c.workspace_id == workspace_id, messages.c.author_id == member_id)
        )
        return set(self._db.execute(query).scalars())

    def _stored(self, refs: Iterable[MessageRef]) -> dict[MessageRef, Row[Any]]:
        found: dict[MessageRef, Row[Any]] = {}
        for (workspace_id, channel_id), ids in _by_channel(refs):
            for batch in batches(ids):
                for row in _STORED.rows(self._db, _at(workspace_id, channel_id, batch)):
                    found[MessageRef(workspace_id, channel_id, row.message_id)] = row
        return found

    def _row_ids(self, refs: Iterable[MessageRef]) -> dict[MessageRef, int]:
        """The row ids of stored messages, without their words."""
        return self._ids(_ROW_IDS, refs)

    def _known_thread_ids(self, roots: Iterable[MessageRef]) -> dict[MessageRef, int]:
        return self._ids(_THREAD_IDS, roots)

    def _ids(self, query: Prepared, refs: Iterable[MessageRef]) -> dict[MessageRef, int]:
        found: dict[MessageRef, int] = {}
        for (workspace_id, channel_id), ids in _by_channel(refs):
            for batch in batches(ids):
                for message_id, row_id in query.rows(self._db, _at(workspace_id, channel_id, batch)):
                    found[MessageRef(workspace_id, channel_id, message_id)] = row_id
        return found

    def _thread_ids(self, roots: set[MessageRef]) -> dict[MessageRef, int]:
        """The ids of these threads, those not yet seen being opened."""
        found = self._known_thread_ids(roots)
        missing = sorted(roots - found.keys())
        if missing:
            rows = [
                {"workspace_id": r.workspace_id, "channel_id": r.channel_id, "root_id": r.message_id, "position": 0}
                for r in missing
            ]
            opened = self._db.execute(_OPENED, rows)
            found |= {MessageRef(row.workspace_id, row.channel_id, row.root_id): row.id for row in opened}
        return found

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


def _by_channel(refs: Iterable[MessageRef]) -> Iterable[tuple[tuple[str, str], list[str]]]:
    grouped: dict[tuple[str, str], list[str]] = defaultdict(list)
    for ref in refs:
        grouped[ref.workspace_id, ref.channel_id].append(ref.message_id)
    return grouped.items()


def _at(workspace_id: str, channel_id: str, ids: list[str]) -> dict[str, Any]:
    return {"workspace": workspace_id, "channel": channel_id, "ids": ids}


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


def _member_row(member: Member, observed_at: datetime) -> dict[str, Any]:
    return {
        "workspace_id": member.workspace_id,
        "id": member.id,
        "display_name": member.display_name,
        "title": member.title,
        "bot": member.bot,
        "guest": member.guest,
        "deleted": member.deleted,
        "municipality": member.municipality,
        "handle": member.handle,
        "observed_at": observed_at,
    }


def _member(row: Row[Any]) -> Member:
    return Member(
        row.workspace_id,
        row.id,
        row.display_name,
        row.title,
        row.bot,
        row.guest,
        row.deleted,
        row.municipality,
        row.handle,
    )
