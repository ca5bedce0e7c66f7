"""runs of jobs, what members chose for themselves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

import indexer.corpus.tables

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "runs",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("job", sa.String(length=64), nullable=False),
        sa.Column("fire_time", indexer.corpus.tables.UtcDateTime(timezone=True), nullable=False),
        sa.Column("held_until", indexer.corpus.tables.UtcDateTime(timezone=True), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
        sa.UniqueConstraint("job", "fire_time", name=op.f("uq_runs_job_fire_time")),
    )
    op.create_table(
        "preferences",
        sa.Column("workspace_id", sa.String(length=64), nullable=False),
        sa.Column("member_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "member_id", "name", name=op.f("pk_preferences")),
    )
    op.create_table(
        "heard",
        sa.Column("workspace_id", sa.String(length=64), nullable=False),
        sa.Column("channel_id", sa.String(length=64), nullable=False),
        sa.Column("upto", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "channel_id", name=op.f("pk_heard")),
    )
    op.create_table(
        "notices",
        sa.Column("id", sa.Integer(), autoincrement=True, nullable=False),
        sa.Column("workspace_id", sa.String(length=64), nullable=False),
        sa.Column("channel_id", sa.String(length=64), nullable=False),
        sa.Column("root_id", sa.String(length=64), nullable=False),
        sa.Column("member_id", sa.String(length=64), nullable=False),
        sa.Column("because", sa.String(length=16), nullable=False),
        sa.Column("topic", sa.String(length=255), nullable=False),
        sa.Column("named_by", sa.String(length=64), nullable=True),
        sa.Column("at", indexer.corpus.tables.UtcDateTime(timezone=True), nullable=False),
        sa.Column("told_at", indexer.corpus.tables.UtcDateTime(timezone=True), nullable=True),
        sa.Column("key", sa.String(length=255), nullable=True),
        sa.Column("answer", sa.String(length=16), nullable=False),
        sa.Column("answered_at", indexer.corpus.tables.UtcDateTime(timezone=True), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notices")),
        sa.UniqueConstraint(
            "workspace_id",
            "root_id",
            "channel_id",
            "member_id",
            name=op.f("uq_notices_workspace_id_root_id_channel_id_member_id"),
        ),
    )
    answered = ["workspace_id", "answer", "answered_at"]
    op.create_index(op.f("ix_notices_workspace_id_answer_answered_at"), "notices", answered)
    op.create_index(op.f("ix_notices_workspace_id_position"), "notices", ["workspace_id", "position"])
    op.create_index(op.f("ix_notices_key"), "notices", ["key"])
    op.create_table(
        "letters_upto",
        sa.Column("workspace_id", sa.String(length=64), nullable=False),
        sa.Column("threads", sa.Integer(), nullable=False),
        sa.Column("notices", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_letters_upto")),
    )
    op.create_table(
        "undertakings",
        sa.Column("workspace_id", sa.String(length=64), nullable=False),
        sa.Column("channel_id", sa.String(length=64), nullable=False),
        sa.Column("root_id", sa.String(length=64), nullable=False),
        sa.Column("member_id", sa.String(length=64), nullable=False),
        sa.Column("at", indexer.corpus.tables.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "channel_id", "root_id", name=op.f("pk_undertakings")),
    )
    op.create_index(op.f("ix_preferences_workspace_id_name"), "preferences", ["workspace_id", "name"])
    op.create_table(
        "quotations",
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("part", sa.String(length=16), nullable=False),
        sa.Column("thread_id", sa.Integer(), nullable=False),
        sa.Column("at", indexer.corpus.tables.UtcDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name=op.f("fk_quotations_thread_id_threads")),
        sa.PrimaryKeyConstraint("key", "part", "thread_id", name=op.f("pk_quotations")),
    )
    op.create_index(op.f("ix_quotations_thread_id"), "quotations", ["thread_id"])
    op.create_table(
        "histories",
        sa.Column("workspace_id", sa.String(length=64), nullable=False),
        sa.Column("channel_id", sa.String(length=64), nullable=False),
        sa.Column("reached", sa.String(length=64), nullable=False),
        sa.Column("since", indexer.corpus.tables.UtcDateTime(timezone=True), nullable=True),
        sa.Column("finished", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "channel_id", name=op.f("pk_histories")),
    )
    for table in ("channels", "members"):
        op.add_column(table, sa.Column("handle", sa.String(length=64), server_default="", nullable=False))
    op.create_index(op.f("ix_members_workspace_id_handle"), "members", ["workspace_id", "handle"])
    op.create_table(
        "standings",
        sa.Column("workspace_id", sa.String(length=64), nullable=False),
        sa.Column("member_id", sa.String(length=64), nullable=False),
        sa.Column("tier", sa.String(length=16), nullable=False),
        sa.Column("told_at", indexer.corpus.tables.UtcDateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", "member_id", "tier", name=op.f("pk_standings")),
    )
    op.create_table(
        "accepted",
        sa.Column("thread_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("workspace_id", sa.String(length=64), nullable=False),
        sa.Column("member_id", sa.String(length=64), nullable=False),
        sa.Column("at", indexer.corpus.tables.UtcDateTime(timezone=True), nullable=False),
        sa.Column("topic", sa.String(length=255), nullable=False),
        sa.Column("prefecture", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("thread_id", name=op.f("pk_accepted")),
    )
    op.create_index(op.f("ix_accepted_workspace_id"), "accepted", ["workspace_id"])
    op.create_table(
        "findings_upto",
        sa.Column("workspace_id", sa.String(length=64), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("channels", sa.Integer(), nullable=False),
        sa.Column("rules", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("workspace_id", name=op.f("pk_findings_upto")),
    )
    op.create_table(
        "waiting",
        sa.Column("thread_id", sa.Integer(), nullable=False),
        sa.Column("workspace_id", sa.String(length=64), nullable=False),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name=op.f("fk_waiting_thread_id_threads")),
        sa.PrimaryKeyConstraint("thread_id", name=op.f("pk_waiting")),
    )
    op.create_index(op.f("ix_waiting_workspace_id"), "waiting", ["workspace_id"])
    op.create_index(op.f("ix_suggested_thread_id"), "suggested", ["thread_id"])
    op.create_index(op.f("ix_outbox_target"), "outbox", ["target"])


def downgrade() -> None:
    op.drop_index(op.f("ix_outbox_target"), "outbox")
    op.drop_index(op.f("ix_suggested_thread_id"), "suggested")
    op.drop_table("waiting")
    op.drop_table("findings_upto")
    op.drop_table("accepted")
    op.drop_table("undertakings")
    op.drop_table("letters_upto")
    op.drop_table("notices")
    op.drop_table("standings")
    op.drop_index(op.f("ix_members_workspace_id_handle"), "members")
    for table in ("members", "channels"):
        op.drop_column(table, "handle")
    op.drop_table("histories")
    op.drop_table("heard")
    op.drop_table("quotations")
    op.drop_table("preferences")
    op.drop_table("runs")
