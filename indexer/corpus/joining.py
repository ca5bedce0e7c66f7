"""Joins what a Mattermost export told of to what the platform's API tells: one channel, one member, one message each.

Channels and members are known by their unique names, a message by channel, author and time to the millisecond; of
several that one member posted at once the text decides. A thread keeps its number, and with it every suggestion, label
and mark that names it; what changes is the id it bears on the platform, and so its link.

All of this is of no concern to Slack, whose exports carry the ids.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, bindparam, delete, select, update

from indexer.corpus.database import upsert
from indexer.corpus.exported import exported_channel_id, exported_member_id
from indexer.corpus.reading import batches
from indexer.corpus.tables import channels, marks, members, memberships, messages, reactions, threads
from indexer.model import EXPORTED_CHANNEL, EXPORTED_MEMBER, EXPORTED_MESSAGE, Channel, Member, Message, MessageRef

PLATFORM = "mattermost:"  # what the workspaces' ids begin with

Moment = tuple[str, str, datetime]  # channel, author, time


class Joining:
    """Works within one open transaction; each method returns the threads that it changed."""

    def __init__(self, connection: Connection) -> None:
        self._db = connection

    def channels(self, seen: Iterable[Channel]) -> set[int]:
        """Give the channels that exports told of the ids that these bear."""
        changed: set[int] = set()
        for channel in seen:
            before = exported_channel_id(channel.handle)
            if not _joins(channel.workspace_id, channel.handle, channel.id, EXPORTED_CHANNEL):
                continue
            if self._rename(channels, channel.workspace_id, {before: channel.id}):
                changed |= self._move(channel.workspace_id, before, channel.id)
        return changed

    def members(self, seen: Iterable[Member]) -> set[int]:
        """Give the members that exports told of the ids that these bear."""
        by_workspace: dict[str, dict[str, str]] = defaultdict(dict)
        for member in seen:
            if _joins(member.workspace_id, member.handle, member.id, EXPORTED_MEMBER):
                by_workspace[member.workspace_id][exported_member_id(member.handle)] = member.id
        changed: set[int] = set()
        for workspace_id, ids in by_workspace.items():
            if renamed := self._rename(members, workspace_id, ids):
                changed |= self._rewrite(workspace_id, renamed)
        return changed

    def messages(self, live: Sequence[Message]) -> set[int]:
        """Give the messages that exports told of the ids that these bear, which are not on record yet."""
        wanted = [m for m in live if m.ref.workspace_id.startswith(PLATFORM) and not m.ref.exported]
        if not wanted:
            return set()
        exported = self._at_moments(wanted, messages.c.message_id.startswith(EXPORTED_MESSAGE, autoescape=True))
        changed: set[int] = set()
        for message, row in _paired(wanted, exported):
            changed |= self._identify(row, message.ref, message.root)
        return changed

    def known(self, exported: Sequence[Message]) -> list[Message]:
        """Messages of an export, whole threads of them, under the ids that the record knows them by."""
        # Where the platform has not told of the channel, it has not told of any message in it.
        told = self._told([message for message in exported if not message.ref.channel_id.startswith(EXPORTED_CHANNEL)])
        if not told:
            return list(exported)
        return [replace(m, ref=told.get(m.ref, m.ref), root=told.get(m.root, m.root)) for m in exported]

    # Within

    def _told(self, exported: Sequence[Message]) -> dict[MessageRef, MessageRef]:
        """The platform's own refs of those messages of an export that it told of."""
        live = self._at_moments(exported, messages.c.message_id.not_like(f"{EXPORTED_MESSAGE}%"))
        told: dict[MessageRef, MessageRef] = {}
        for message, row in _paired(exported, live):
            told[message.ref] = MessageRef(row.workspace_id, row.channel_id, row.message_id)
            # A reply that is known tells which message opened its thread, seen or not.
            root = MessageRef(row.workspace_id, row.channel_id, row.root_id)
            if not root.exported:
                told.setdefault(message.root, root)
        return told

    def _at_moments(self, of: Sequence[Message], which: ColumnElement[bool]) -> dict[Moment, list[Row[Any]]]:
        """The stored messages that were written where, by whom and when these were."""
        found: dict[Moment, list[Row[Any]]] = defaultdict(list)
        wanted = {_moment(message) for message in of}
        workspaces = {message.ref.workspace_id for message in of}
        for batch in batches(sorted({at for _, _, at in wanted})):
            # By time alone: told the workspace too, SQLite goes through all that is in it.
            query = (
                select(messages, threads.c.root_id)
                .join(threads, threads.c.id == messages.c.thread_id)
                .where(messages.c.posted_at.in_(batch), which)
                .order_by(messages.c.id)
            )
            for row in self._db.execute(query):
                moment = (row.channel_id, row.author_id, row.posted_at)
                if moment in wanted and row.workspace_id in workspaces:
                    found[moment].append(row)
        return found

    def _identify(self, row: Row[Any], ref: MessageRef, root: MessageRef) -> set[int]:
        """A message that an export told of is the one at `ref`, in the thread that `root` opens (`ref`: not told)."""
        opener = ref if row.message_id == row.root_id else root
        changed = {row.thread_id}
        if row.root_id.startswith(EXPORTED_MESSAGE) and (opener != ref or row.message_id == row.root_id):
            changed |= self._open(row.thread_id, row.root_id, opener)
        self._call(row.id, row.message_id, ref)
        return changed

    def _open(self, thread_id: int, root_id: str, root: MessageRef) -> set[int]:
        """The thread that an exported message opens is the one that `root` opens; if it has begun already, one now."""
        here = and_(threads.c.workspace_id == root.workspace_id, threads.c.channel_id == root.channel_id)
        begun = self._db.execute(select(threads.c.id).where(here, threads.c.root_id == root.message_id)).scalar()
        changed = {thread_id}
        if begun is not None:
            for table in (messages, marks):
                self._db.execute(update(table).where(table.c.thread_id == begun).values(thread_id=thread_id))
            # The row stays, empty: other tables may name it.
            gone = f"{EXPORTED_MESSAGE}joined-{begun}"
            self._db.execute(update(threads).where(threads.c.id == begun).values(root_id=gone))
            changed.add(begun)
        self._db.execute(update(threads).where(threads.c.id == thread_id).values(root_id=root.message_id))
        in_thread = and_(messages.c.thread_id == thread_id, messages.c.message_id == root_id)
        if (row_id := self._db.execute(select(messages.c.id).where(in_thread)).scalar()) is not None:
            self._call(row_id, root_id, root)
        return changed

    def _call(self, row_id: int, exported_id: str, ref: MessageRef) -> None:
        """Let a stored message bear the id of `ref`; where another bears it already, that one stays alone."""
        here = and_(messages.c.workspace_id == ref.workspace_id, messages.c.channel_id == ref.channel_id)
        same = self._db.execute(select(messages.c.id).where(here, messages.c.message_id == ref.message_id)).scalar()
        if same == row_id:
            return
        if same is None:
            self._db.execute(update(messages).where(messages.c.id == row_id).values(message_id=ref.message_id))
        else:
            self._absorb(row_id, same)
        answered = and_(marks.c.answer_id == exported_id)
        self._db.execute(update(marks).where(answered).values(answer_id=ref.message_id))

    def _absorb(self, row_id: int, into: int) -> None:
        """Two rows are one message: the second takes over what members gave the first."""
        given = self._db.execute(select(reactions).where(reactions.c.message == row_id)).all()
        self._db.execute(delete(reactions).where(reactions.c.message == row_id))
        gone = self._db.execute(select(messages.c.deleted_at).where(messages.c.id == into)).scalar()
        if given and gone is None:
            rows = [{"message": into, "emoji": row.emoji, "member_id": row.member_id} for row in given]
            self._db.execute(upsert(self._db, reactions).on_conflict_do_nothing(), rows)
        self._db.execute(delete(messages).where(messages.c.id == row_id))

    def _rename(self, table: Table, workspace_id: str, ids: dict[str, str]) -> dict[str, str]:
        """Give rows of channels or members other ids, or drop them for those that bear these; which there were."""
        renamed: dict[str, str] = {}
        for batch in batches(sorted(ids)):
            here = and_(table.c.workspace_id == workspace_id)
            there = self._db.execute(select(table.c.id).where(here, table.c.id.in_(batch))).scalars()
            renamed |= {before: ids[before] for before in there}
        for batch in batches(sorted(renamed)):
            after = [renamed[before] for before in batch]
            here = and_(table.c.workspace_id == workspace_id)
            taken = set(self._db.execute(select(table.c.id).where(here, table.c.id.in_(after))).scalars())
            for before in batch:
                one = and_(here, table.c.id == before)
                if renamed[before] in taken:
                    self._db.execute(delete(table).where(one))
                else:
                    self._db.execute(update(table).where(one).values(id=renamed[before]))
        return renamed

    def _move(self, workspace_id: str, before: str, after: str) -> set[int]:
        """Everything in one channel stands in another."""
        self._belong(
            and_(memberships.c.workspace_id == workspace_id, memberships.c.channel_id == before), "channel_id", after
        )
        for table in (messages, threads):
            here = and_(table.c.workspace_id == workspace_id, table.c.channel_id == before)
            self._db.execute(update(table).where(here).values(channel_id=after))
        here = and_(threads.c.workspace_id == workspace_id, threads.c.channel_id == after)
        moved = set(self._db.execute(select(threads.c.id).where(here)).scalars())
        return moved | self._unite(messages.c.workspace_id == workspace_id, messages.c.channel_id == after)

    def _rewrite(self, workspace_id: str, ids: dict[str, str]) -> set[int]:
        """What some members wrote and gave is that of others."""
        changed: set[int] = set()
        for batch in batches(sorted(ids)):
            wrote = and_(messages.c.workspace_id == workspace_id, messages.c.author_id.in_(batch))
            changed.update(self._db.execute(select(messages.c.thread_id).where(wrote).distinct()).scalars())
            belong = and_(memberships.c.workspace_id == workspace_id, memberships.c.member_id.in_(batch))
            self._belong(belong, "member_id", ids)
            changed |= self._give(workspace_id, {before: ids[before] for before in batch})
            by = and_(messages.c.workspace_id == workspace_id, messages.c.author_id == bindparam("before"))
            values = [{"before": before, "after": ids[before]} for before in batch]
            self._db.execute(update(messages).where(by).values(author_id=bindparam("after")), values)
            authors = [ids[before] for before in batch]
            changed |= self._unite(messages.c.workspace_id == workspace_id, messages.c.author_id.in_(authors))
        return changed

    def _belong(self, which: ColumnElement[bool], column: str, after: str | dict[str, str]) -> None:
        """Change one column of memberships."""
        rows = [row._asdict() for row in self._db.execute(select(memberships).where(which))]
        self._db.execute(delete(memberships).where(which))
        for row in rows:
            row[column] = after if isinstance(after, str) else after[row[column]]
        if rows:
            self._db.execute(upsert(self._db, memberships).on_conflict_do_nothing(), rows)

    def _give(self, workspace_id: str, ids: dict[str, str]) -> set[int]:
        """Reactions of some members are those of others."""
        query = (
            select(reactions, messages.c.thread_id)
            .join(messages, messages.c.id == reactions.c.message)
            .where(messages.c.workspace_id == workspace_id, reactions.c.member_id.in_(list(ids)))
        )
        given = self._db.execute(query).all()
        if given:
            one = and_(
                reactions.c.message == bindparam("m"),
                reactions.c.emoji == bindparam("e"),
                reactions.c.member_id == bindparam("who"),
            )
            self._db.execute(
                delete(reactions).where(one), [{"m": r.message, "e": r.emoji, "who": r.member_id} for r in given]
            )
            rows = [{"message": r.message, "emoji": r.emoji, "member_id": ids[r.member_id]} for r in given]
            self._db.execute(upsert(self._db, reactions).on_conflict_do_nothing(), rows)
        return {row.thread_id for row in given}

    def _unite(self, *which: ColumnElement[bool]) -> set[int]:
        """Join messages that were kept twice, as an export and as the API told them, before it was known who is who."""
        live = messages.alias("live")
        same = and_(
            live.c.workspace_id == messages.c.workspace_id,
            live.c.channel_id == messages.c.channel_id,
            live.c.author_id == messages.c.author_id,
            live.c.posted_at == messages.c.posted_at,
            live.c.message_id.not_like(f"{EXPORTED_MESSAGE}%"),
        )
        query = (
            select(messages, threads.c.root_id, live.c.message_id.label("live_id"), live.c.thread_id.label("live_in"))
            .join(threads, threads.c.id == messages.c.thread_id)
            .join(live, same)
            .where(*which, messages.c.message_id.startswith(EXPORTED_MESSAGE, autoescape=True))
            .order_by(messages.c.id)
        )
        changed: set[int] = set()
        for row in self._db.execute(query).all():
            root_id = self._db.execute(select(threads.c.root_id).where(threads.c.id == row.live_in)).scalar_one()
            present = self._db.execute(select(threads.c.root_id).where(threads.c.id == row.thread_id)).scalar_one()
            if self._db.execute(select(messages.c.id).where(messages.c.id == row.id)).scalar() is None:
                continue  # united already, as the first message of its thread
            place = (row.workspace_id, row.channel_id)
            if present.startswith(EXPORTED_MESSAGE):
                changed |= self._open(row.thread_id, present, MessageRef(*place, root_id))
            self._call(row.id, row.message_id, MessageRef(*place, row.live_id))
            changed |= {row.thread_id, row.live_in}
        return changed


def _joins(workspace_id: str, handle: str, own_id: str, made_up: str) -> bool:
    """Whether an id that the platform tells may take the place of a made-up one."""
    return bool(handle) and workspace_id.startswith(PLATFORM) and not own_id.startswith(made_up)


def _moment(message: Message) -> Moment:
    return message.ref.channel_id, message.author_id, message.posted_at


def _paired(told: Sequence[Message], stored: dict[Moment, list[Row[Any]]]) -> Iterator[tuple[Message, Row[Any]]]:
    """Which message is which stored one: the same words first, then in order."""
    by_moment: dict[Moment, list[Message]] = defaultdict(list)
    for message in told:
        if _moment(message) in stored:
            by_moment[_moment(message)].append(message)
    for moment, alike in by_moment.items():
        rows = list(stored[moment])
        left: list[Message] = []
        for message in alike:
            same = next((row for row in rows if row.text == message.text), None)
            if same is None:
                left.append(message)
            else:
                rows.remove(same)
                yield message, same
        yield from zip(left, rows, strict=False)
