"""Attempts to call a caller back."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_INSTANTS = ("started_at", "rang_at", "answered_at", "ringing_at", "reached_at", "ended_at")


def upgrade() -> None:
    op.create_table(
        "call_back",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("ticket_number", sa.Text(), nullable=False),
        sa.Column("extension", sa.Text(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("node", sa.BigInteger(), nullable=True),
        sa.Column("linkedid", sa.Text(), nullable=True),
        *(sa.Column(name, sa.DateTime(timezone=True), nullable=True) for name in _INSTANTS),
        sa.Column("greeting_ms", sa.BigInteger(), nullable=True),
        sa.Column("talk_ms", sa.BigInteger(), nullable=True),
        sa.Column("recording", sa.Text(), nullable=True),
        sa.Column("digit", sa.Text(), nullable=True),
        sa.Column("satisfaction", sa.Text(), nullable=True),
        sa.CheckConstraint("state IN ('requested', 'started', 'ended')", name=op.f("ck_call_back_state")),
        sa.CheckConstraint(
            "outcome IN ('reached', 'busy', 'no_answer', 'no_route', 'owner_no_answer', 'given_up', 'failed')",
            name=op.f("ck_call_back_outcome"),
        ),
        sa.ForeignKeyConstraint(
            ["ticket_number"], ["ticket.number"], name=op.f("fk_call_back_ticket_number_ticket")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_call_back")),
        sa.UniqueConstraint("linkedid", name=op.f("uq_call_back_linkedid")),
    )
    op.create_index(op.f("ix_call_back_ticket_number"), "call_back", ["ticket_number"])
    op.create_index(
        "ix_call_back_open", "call_back", ["requested_at"], postgresql_where=sa.text("state <> 'ended'::text")
    )
    _purposes("message", "briefing", "call_back")


def downgrade() -> None:
    op.execute("DELETE FROM recording WHERE purpose = 'call_back'")
    _purposes("message", "briefing")
    op.drop_table("call_back")


def _purposes(*names: str) -> None:
    op.drop_constraint(op.f("ck_recording_purpose"), "recording", type_="check")
    listed = ", ".join(f"'{name}'" for name in names)
    op.create_check_constraint(op.f("ck_recording_purpose"), "recording", f"purpose IN ({listed})")
