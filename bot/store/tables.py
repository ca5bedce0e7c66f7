"""The bot's tables, in the same metadata and migration history as the corpus's."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from indexer.corpus.tables import ID, UtcDateTime, metadata

KEY = String(255)

inbox = Table(
    "inbox",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("workspace_id", ID, nullable=False),
    # The platform's own id of the event: a redelivery finds it taken.
    Column("event_id", KEY, nullable=False),
    Column("kind", String(32), nullable=False),
    # Emptied when the event is done; members' words stay in the corpus alone.
    Column("payload", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("received_at", UtcDateTime, nullable=False),
    Column("not_before", UtcDateTime, nullable=False),
    Column("error", Text, nullable=False, default=""),
    UniqueConstraint("workspace_id", "event_id"),
    Index(None, "state", "not_before"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("key", KEY, nullable=False, unique=True),
    Column("workspace_id", ID, nullable=False),
    Column("kind", String(16), nullable=False),
    Column("channel_id", ID, nullable=False, default=""),
    Column("thread_id", ID),
    Column("member_id", ID),
    Column("handle", Text, nullable=False, default=""),
    # For `update` and `remove`: the key of the post they concern.
    Column("target", KEY),
    Column("reply", Text, nullable=False, default=""),
    Column("state", String(16), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("created_at", UtcDateTime, nullable=False),
    Column("not_before", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime),
    Column("sent_id", ID),
    Column("error", Text, nullable=False, default=""),
    Index(None, "state", "not_before"),
    Index(None, "channel_id", "thread_id"),
    Index(None, "target"),
)

claims = Table(
    "claims",
    metadata,
    Column("key", KEY, primary_key=True),
    Column("at", UtcDateTime, nullable=False),
)

suggestions = Table(
    "suggestions",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("workspace_id", ID, nullable=False),
    Column("channel_id", ID, nullable=False),
    # The question's message id; None for /similar, which belongs to no thread.
    Column("root_id", ID),
    Column("member_id", ID, nullable=False),
    Column("mode", String(16), nullable=False),
    Column("query", Text, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Index(None, "workspace_id", "channel_id", "root_id"),
)

suggested = Table(
    "suggested",
    metadata,
    Column("suggestion_id", ForeignKey("suggestions.id"), primary_key=True),
    Column("thread_id", ForeignKey("threads.id"), primary_key=True),
    Column("rank", Integer, nullable=False),
    Column("confidence", Float, nullable=False),
    Index(None, "thread_id"),
)

labels = Table(
    "labels",
    metadata,
    Column("suggestion_id", ForeignKey("suggestions.id"), primary_key=True),
    Column("thread_id", ForeignKey("threads.id"), primary_key=True),
    Column("member_id", ID, primary_key=True),
    Column("label", String(16), nullable=False),
    Column("at", UtcDateTime, nullable=False),
)

runs = Table(
    "runs",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("job", String(64), nullable=False),
    Column("fire_time", UtcDateTime, nullable=False),
    Column("held_until", UtcDateTime, nullable=False),
    Column("done", Boolean, nullable=False),
    UniqueConstraint("job", "fire_time"),
)

preferences = Table(
    "preferences",
    metadata,
    Column("workspace_id", ID, primary_key=True),
    Column("member_id", ID, primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("value", Text, nullable=False),
    Index(None, "workspace_id", "name"),
)

heard = Table(
    "heard",
    metadata,
    Column("workspace_id", ID, primary_key=True),
    Column("channel_id", ID, primary_key=True),
    # Milliseconds of the platform's clock: its own times are compared with it, and nothing else.
    Column("upto", BigInteger, nullable=False),
)

histories = Table(
    "histories",
    metadata,
    Column("workspace_id", ID, primary_key=True),
    Column("channel_id", ID, primary_key=True),
    # The oldest message read so far, by the platform's own id.
    Column("reached", ID, nullable=False),
    Column("since", UtcDateTime),
    Column("finished", Boolean, nullable=False),
)

quotations = Table(
    "quotations",
    metadata,
    # Of a post in the outbox, which may forget it sooner.
    Column("key", KEY, primary_key=True),
    Column("part", String(16), primary_key=True),
    Column("thread_id", ForeignKey("threads.id"), primary_key=True, index=True),
    Column("at", UtcDateTime, nullable=False),
)

standings = Table(
    "standings",
    metadata,
    Column("workspace_id", ID, primary_key=True),
    Column("member_id", ID, primary_key=True),
    Column("tier", String(16), primary_key=True),
    Column("told_at", UtcDateTime, nullable=False),
)

accepted = Table(
    "accepted",
    metadata,
    Column("thread_id", Integer, primary_key=True, autoincrement=False),
    Column("workspace_id", ID, nullable=False, index=True),
    Column("member_id", ID, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("topic", String(255), nullable=False),
    Column("prefecture", String(16), nullable=False),
)

findings_upto = Table(
    "findings_upto",
    metadata,
    Column("workspace_id", ID, primary_key=True),
    Column("position", Integer, nullable=False),
    Column("channels", Integer, nullable=False),
    Column("rules", String(64), nullable=False),
)

waiting = Table(
    "waiting",
    metadata,
    Column("thread_id", ForeignKey("threads.id"), primary_key=True),
    Column("workspace_id", ID, nullable=False, index=True),
)

notices = Table(
    "notices",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("workspace_id", ID, nullable=False),
    Column("channel_id", ID, nullable=False),
    Column("root_id", ID, nullable=False),
    Column("member_id", ID, nullable=False),
    Column("because", String(16), nullable=False),
    Column("topic", String(255), nullable=False),
    Column("named_by", ID),
    Column("at", UtcDateTime, nullable=False),
    Column("told_at", UtcDateTime),
    Column("key", KEY),
    Column("answer", String(16), nullable=False),
    Column("answered_at", UtcDateTime),
    Column("position", Integer, nullable=False),
    # In this order several questions, whatever their channels, are found at once.
    UniqueConstraint("workspace_id", "root_id", "channel_id", "member_id"),
    Index(None, "workspace_id", "answer", "answered_at"),
    Index(None, "workspace_id", "position"),
    Index(None, "key"),
)

letters_upto = Table(
    "letters_upto",
    metadata,
    Column("workspace_id", ID, primary_key=True),
    Column("threads", Integer, nullable=False),
    Column("notices", Integer, nullable=False),
)

undertakings = Table(
    "undertakings",
    metadata,
    Column("workspace_id", ID, primary_key=True),
    Column("channel_id", ID, primary_key=True),
    Column("root_id", ID, primary_key=True),
    Column("member_id", ID, nullable=False),
    Column("at", UtcDateTime, nullable=False),
)
