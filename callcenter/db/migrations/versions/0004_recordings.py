"""Recordings and their transcripts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recording",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("linkedid", sa.Text(), nullable=False),
        sa.Column("ticket_number", sa.Text(), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("language IN ('zh', 'en')", name=op.f("ck_recording_language")),
        sa.CheckConstraint("purpose IN ('message', 'briefing')", name=op.f("ck_recording_purpose")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_recording")),
        sa.UniqueConstraint("path", name=op.f("uq_recording_path")),
    )
    op.create_index("ix_recording_created_at", "recording", ["created_at"], unique=False)
    op.create_index(op.f("ix_recording_linkedid"), "recording", ["linkedid"], unique=False)
    op.create_index(op.f("ix_recording_ticket_number"), "recording", ["ticket_number"], unique=False)
    op.create_table(
        "transcript",
        sa.Column("recording_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("corrected_text", sa.Text(), nullable=True),
        sa.Column("corrected_by", sa.Text(), nullable=True),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.Column("words", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("obstacle", sa.Text(), nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("retry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("obstacle IN ('model', 'audio', 'engine')", name=op.f("ck_transcript_obstacle")),
        sa.CheckConstraint(
            "state IN ('pending', 'done', 'empty', 'failed')", name=op.f("ck_transcript_state")
        ),
        sa.ForeignKeyConstraint(
            ["recording_id"],
            ["recording.id"],
            name=op.f("fk_transcript_recording_id_recording"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("recording_id", name=op.f("pk_transcript")),
    )
    op.create_index(
        "ix_transcript_open",
        "transcript",
        ["recording_id"],
        unique=False,
        postgresql_where=sa.text("state = 'pending'::text OR obstacle = 'model'::text"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_transcript_open",
        table_name="transcript",
        postgresql_where=sa.text("state = 'pending'::text OR obstacle = 'model'::text"),
    )
    op.drop_table("transcript")
    op.drop_index(op.f("ix_recording_ticket_number"), table_name="recording")
    op.drop_index(op.f("ix_recording_linkedid"), table_name="recording")
    op.drop_index("ix_recording_created_at", table_name="recording")
    op.drop_table("recording")
