"""Who and where: workspaces, channels, members and who belongs to what, recorded and read back.

Where two sources tell of the same channel or member, the later sight (`observed_at`) wins.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import BindParameter, Table, and_, bindparam, delete, select
from sqlalchemy.dialects import sqlite

from indexer.corpus.database import inserted, upsert
from indexer.corpus.positions import CHANNELS, MEMBERS, move
from indexer.corpus.prepared import Prepared
from indexer.corpus.reading import batches, read_channels
from indexer.corpus.tables import channels, members, memberships, messages, threads, workspaces
from indexer.corpus.transaction import Transaction
from indexer.model import Audience, Channel, Member, Workspace

_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
_WHO = tuple(members.c[field.name] for field in fields(Member))
_MEMBER = Prepared(
    select(*_WHO).where(members.c.workspace_id == bindparam("workspace"), members.c.id == bindparam("member"))
)
_MEMBERS = Prepared(select(*_WHO).where(members.c.workspace_id == bindparam("workspace"), members.c.id.in_(_IDS)))
_WORKSPACE = Prepared(select(workspaces).where(workspaces.c.id == bindparam("workspace")))
_STANDING = tuple(channels.c[name] for name in ("workspace_id", "id", "name", "visibility", "archived"))
_ROOMS_OF = Prepared(
    select(memberships.c.channel_id).where(
        memberships.c.workspace_id == bindparam("workspace"), memberships.c.member_id == bindparam("member")
    )
)


class Directory(Transaction):
    """The record's workspaces, channels and members."""

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
        before = self._rooms_as_kept(seen)
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
        if self._rooms_as_kept(seen) != before:
            move(self._db, CHANNELS)

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
        move(self._db, MEMBERS)
        for row in rows:
            seen_at, municipality = before.get((row["workspace_id"], row["id"]), (None, None))
            if seen_at is not None and seen_at <= observed_at and municipality != row["municipality"]:
                self._touch(self._asked_by(row["workspace_id"], row["id"]))

    # Reading

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

    def channel_called(self, workspace_id: str, handle: str) -> Channel | None:
        """The channel of this unique name."""
        wanted = and_(channels.c.workspace_id == workspace_id, channels.c.handle == handle)
        return next(iter(read_channels(self._db, wanted)), None) if handle else None

    def member(self, workspace_id: str, member_id: str) -> Member | None:
        """One member."""
        row = _MEMBER.first(self._db, {"workspace": workspace_id, "member": member_id})
        return _member(row) if row else None

    def members(self, workspace_id: str | None = None, ids: Iterable[str] | None = None) -> list[Member]:
        """Members of a workspace (of all) by id, or those of a workspace that have these ids."""
        if ids is not None:
            some = (_MEMBERS.rows(self._db, {"workspace": workspace_id, "ids": one}) for one in batches(list(ids)))
            return [_member(row) for rows in some for row in rows]
        query = select(*_WHO).order_by(members.c.workspace_id, members.c.id)
        if workspace_id is not None:
            query = query.where(members.c.workspace_id == workspace_id)
        return [_member(row) for row in self._db.execute(query)]

    def called(self, workspace_id: str, handle: str) -> Member | None:
        """The member of this unique name."""
        query = select(*_WHO).where(members.c.workspace_id == workspace_id, members.c.handle == handle)
        row = self._db.execute(query).first() if handle else None
        return _member(row) if row else None

    def audience_of(self, workspace_id: str, member_id: str) -> Audience:
        """What a member can open; for a guest only the channels known to be theirs, for one who left nothing."""
        member = self.member(workspace_id, member_id)
        if member is not None and member.deleted:
            return Audience(frozenset({workspace_id}), public=False)
        rooms = _ROOMS_OF.rows(self._db, {"workspace": workspace_id, "member": member_id})
        own = frozenset((workspace_id, room.channel_id) for room in rooms)
        return Audience(frozenset({workspace_id}), public=not (member and member.guest), channels=own)

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

    def _rooms_as_kept(self, seen: Iterable[Channel]) -> set[tuple[Any, ...]]:
        """How these channels stand in the record by now: what they are called, and who may read them."""
        by_workspace: dict[str, list[str]] = defaultdict(list)
        for channel in seen:
            by_workspace[channel.workspace_id].append(channel.id)
        return {
            tuple(row)
            for workspace_id, ids in by_workspace.items()
            for batch in batches(ids)
            for row in self._db.execute(
                select(*_STANDING).where(channels.c.workspace_id == workspace_id, channels.c.id.in_(batch))
            )
        }

    def _asked_by(self, workspace_id: str, member_id: str) -> set[int]:
        query = (
            select(threads.c.id)
            .join(messages, and_(messages.c.thread_id == threads.c.id, messages.c.message_id == threads.c.root_id))
            .where(messages.c.workspace_id == workspace_id, messages.c.author_id == member_id)
        )
        return set(self._db.execute(query).scalars())


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


def _member(row: Sequence[Any]) -> Member:
    """A member from a row of _WHO."""
    return Member(*row)
