"""The corpus's tables. Times are UTC; `observed_at` says when a source saw a row, and the later sight wins."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


REMEMBERED = 1 << 15  # moments: a look at what waits reads those of a week, again and again


class UtcDateTime(TypeDecorator[datetime]):
    """A timezone-aware UTC datetime on databases that keep none (SQLite) as on those that do."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """The time in UTC."""
        del dialect
        return None if value is None else _in_utc(value)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the time its zone back."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def bind_processor(self, dialect: Dialect) -> Any:
        """On SQLite, which keeps times as text, written at once: every statement of the bot's has one or two."""
        return _to_text if dialect.name == "sqlite" else super().bind_processor(dialect)

    def result_processor(self, dialect: Dialect, coltype: object) -> Any:
        """Likewise read at once: every thread and letter comes with a handful."""
        return _from_text if dialect.name == "sqlite" else super().result_processor(dialect, coltype)


def _to_text(value: datetime | None) -> str | None:
    return None if value is None else _in_utc(value).isoformat(" ", "microseconds")[: -len("+00:00")]


def _in_utc(value: datetime) -> datetime:
    """Refuse a naive time: it would be off by nine hours without a word."""
    if value.tzinfo is None:
        raise ValueError(value)
    return value if value.tzinfo is UTC else value.astimezone(UTC)


@lru_cache(maxsize=REMEMBERED)
def _from_text(text: str | None) -> datetime | None:
    # The zone is read with the rest: to put it in afterwards takes six times as long.
    return None if text is None else datetime.fromisoformat(f"{text}+00:00")


ID = String(64)

workspaces = Table(
    "workspaces",
    metadata,
    Column("id", ID, primary_key=True),
    Column("name", String(255), nullable=False, default=""),
    Column("url", String(255), nullable=False, default=""),
)

channels = Table(
    "channels",
    metadata,
    Column("workspace_id", ID, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("name", String(255), nullable=False),
    Column("visibility", String(16), nullable=False),
    Column("archived", Boolean, nullable=False, default=False),
    # The unique name in addresses and mentions, where that is neither name nor id (Mattermost).
    Column("handle", ID, nullable=False, default="", server_default=""),
    Column("observed_at", UtcDateTime, nullable=False),
)

memberships = Table(
    "memberships",
    metadata,
    Column("workspace_id", ID, primary_key=True),
    Column("channel_id", ID, primary_key=True),
    Column("member_id", ID, primary_key=True),
    Index(None, "workspace_id", "member_id"),
)

members = Table(
    "members",
    metadata,
    Column("workspace_id", ID, primary_key=True),
    Column("id", ID, primary_key=True),
    Column("display_name", String(255), nullable=False),
    Column("title", String(255), nullable=False, default=""),
    Column("bot", Boolean, nullable=False, default=False),
    Column("guest", Boolean, nullable=False, default=False),
    Column("deleted", Boolean, nullable=False, default=False),
    Column("municipality", String(6)),
    Column("handle", ID, nullable=False, default="", server_default=""),
    Column("observed_at", UtcDateTime, nullable=False),
    Index(None, "municipality"),
    Index(None, "workspace_id", "handle"),
)

threads = Table(
    "threads",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("workspace_id", ID, nullable=False),
    Column("channel_id", ID, nullable=False),
    Column("root_id", ID, nullable=False),
    # Where in the order of changes this thread was last touched; an index that has seen it is up to date.
    Column("position", Integer, nullable=False, index=True),
    UniqueConstraint("workspace_id", "channel_id", "root_id"),
)

messages = Table(
    "messages",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("workspace_id", ID, nullable=False),
    Column("channel_id", ID, nullable=False),
    Column("message_id", ID, nullable=False),
    Column("thread_id", ForeignKey("threads.id"), nullable=False, index=True),
    Column("author_id", ID, nullable=False),
    Column("kind", String(16), nullable=False),
    # Emptied when the message is deleted: members' words go, the fact that something stood here stays.
    Column("text", Text, nullable=False),
    Column("posted_at", UtcDateTime, nullable=False),
    Column("edited_at", UtcDateTime),
    Column("deleted_at", UtcDateTime),
    Column("observed_at", UtcDateTime, nullable=False),
    UniqueConstraint("workspace_id", "channel_id", "message_id"),
    Index(None, "workspace_id", "author_id"),
    Index(None, "posted_at"),
)

reactions = Table(
    "reactions",
    metadata,
    Column("message", ForeignKey("messages.id"), primary_key=True),
    Column("emoji", String(128), primary_key=True),
    Column("member_id", ID, primary_key=True),
)

marks = Table(
    "marks",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("thread_id", ForeignKey("threads.id"), nullable=False, index=True),
    Column("kind", String(16), nullable=False),
    Column("member_id", ID, nullable=False),
    Column("answer_id", ID),
    Column("at", UtcDateTime, nullable=False),
)

positions = Table(
    "positions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("position", Integer, nullable=False),
)
