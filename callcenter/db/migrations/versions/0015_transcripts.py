"""Transcripts: progress, tries elsewhere, who corrected them when, what is found in them."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

_COLUMNS: tuple[tuple[str, sa.types.TypeEngine[Any], str | None], ...] = (
    ("corrected_at", sa.DateTime(timezone=True), None),
    ("version", sa.BigInteger(), "0"),
    ("cause", sa.Text(), None),
    ("remarks", postgresql.JSONB(astext_type=sa.Text()), "[]"),
    ("spoken", sa.Text(), None),
    ("failures", sa.BigInteger(), "0"),
    ("done_s", sa.Double(), "0"),
    ("total_s", sa.Double(), None),
    ("asked_language", sa.Text(), None),
    ("asked_engine", sa.Text(), None),
)


def upgrade() -> None:
    for name, kind, default in _COLUMNS:
        op.add_column("transcript", sa.Column(name, kind, server_default=default, nullable=default is None))
    op.create_table(
        "transcript_part",
        sa.Column("recording_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("start_s", sa.Double(), nullable=False),
        sa.Column("end_s", sa.Double(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["recording_id"],
            ["recording.id"],
            name=op.f("fk_transcript_part_recording_id_recording"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("recording_id", "start_s", name=op.f("pk_transcript_part")),
    )
    op.create_table(
        "transcript_correction",
        sa.Column("recording_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["recording_id"],
            ["recording.id"],
            name=op.f("fk_transcript_correction_recording_id_recording"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("recording_id", "version", name=op.f("pk_transcript_correction")),
    )
    # what was corrected before is the first version
    op.execute(
        "INSERT INTO transcript_correction (recording_id, version, text, by, at)"
        " SELECT recording_id, 1, corrected_text, corrected_by, updated_at FROM transcript"
        " WHERE corrected_text IS NOT NULL AND corrected_by IS NOT NULL"
    )
    op.execute(
        "UPDATE transcript SET version = 1, corrected_at = updated_at"
        " WHERE corrected_text IS NOT NULL AND corrected_by IS NOT NULL"
    )
    op.add_column("ticket", sa.Column("heard", postgresql.TSVECTOR(), nullable=True))
    op.create_index("ix_ticket_heard", "ticket", ["heard"], unique=False, postgresql_using="gin")


def downgrade() -> None:
    op.drop_index("ix_ticket_heard", table_name="ticket", postgresql_using="gin")
    op.drop_column("ticket", "heard")
    op.drop_table("transcript_correction")
    op.drop_table("transcript_part")
    for name, _, _ in reversed(_COLUMNS):
        op.drop_column("transcript", name)
