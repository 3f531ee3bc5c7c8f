"""Calls, their events and handoffs, and how far each journal is applied."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "call",
        sa.Column("linkedid", sa.Text(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("caller", sa.Text(), nullable=True),
        sa.Column("caller_name", sa.Text(), nullable=True),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rang_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answer_ms", sa.BigInteger(), nullable=True),
        sa.Column("wait_ms", sa.BigInteger(), nullable=True),
        sa.Column("greeting_ms", sa.BigInteger(), nullable=True),
        sa.Column("responder_extension", sa.Text(), nullable=True),
        sa.Column("responder_name", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("ticket", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("disagreements", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('answered', 'callback', 'closed', 'no_answer', 'abandoned', 'failed')",
            name=op.f("ck_call_outcome"),
        ),
        sa.CheckConstraint("source IN ('live', 'rebuilt')", name=op.f("ck_call_source")),
        sa.PrimaryKeyConstraint("linkedid", name=op.f("pk_call")),
    )
    op.create_index("ix_call_arrived_at_linkedid", "call", ["arrived_at", "linkedid"], unique=False)
    op.create_index(op.f("ix_call_caller"), "call", ["caller"], unique=False)
    op.create_index("ix_call_live", "call", ["arrived_at"], unique=False, postgresql_where="ended_at IS NULL")
    op.create_index(op.f("ix_call_responder_extension"), "call", ["responder_extension"], unique=False)
    op.create_index(op.f("ix_call_ticket"), "call", ["ticket"], unique=False)
    op.create_table(
        "call_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("node", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("linkedid", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_event")),
        sa.UniqueConstraint("node", "position", name=op.f("uq_call_event_node_position")),
    )
    op.create_index(op.f("ix_call_event_linkedid"), "call_event", ["linkedid"], unique=False)
    op.create_table(
        "journal_position",
        sa.Column("node", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("node", name=op.f("pk_journal_position")),
    )
    op.create_table(
        "handoff",
        sa.Column("linkedid", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("from_extension", sa.Text(), nullable=False),
        sa.Column("from_name", sa.Text(), nullable=False),
        sa.Column("to_extension", sa.Text(), nullable=False),
        sa.Column("to_name", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("completed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("within_limit", sa.Boolean(), nullable=True),
        sa.Column("briefing", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "outcome IN ('accepted', 'refused', 'no_answer', 'timed_out', 'cancelled')",
            name=op.f("ck_handoff_outcome"),
        ),
        sa.ForeignKeyConstraint(["linkedid"], ["call.linkedid"], name=op.f("fk_handoff_linkedid_call")),
        sa.PrimaryKeyConstraint("linkedid", "seq", name=op.f("pk_handoff")),
    )


def downgrade() -> None:
    op.drop_table("handoff")
    op.drop_table("journal_position")
    op.drop_index(op.f("ix_call_event_linkedid"), table_name="call_event")
    op.drop_table("call_event")
    op.drop_index(op.f("ix_call_ticket"), table_name="call")
    op.drop_index(op.f("ix_call_responder_extension"), table_name="call")
    op.drop_index("ix_call_live", table_name="call", postgresql_where="ended_at IS NULL")
    op.drop_index(op.f("ix_call_caller"), table_name="call")
    op.drop_index("ix_call_arrived_at_linkedid", table_name="call")
    op.drop_table("call")
