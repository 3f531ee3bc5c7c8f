"""Briefings that are typed and spoken by the desk; what is said of a caller before them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "typed_handoff",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("linkedid", sa.Text(), nullable=False),
        sa.Column("extension", sa.Text(), nullable=False),
        sa.Column("to_extension", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.Column("handoff", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('requested', 'handed', 'declined')", name=op.f("ck_typed_handoff_state")
        ),
        sa.CheckConstraint(
            "refusal IN ('not_holder', 'busy', 'gone', 'nobody', 'stale', 'away')",
            name=op.f("ck_typed_handoff_refusal"),
        ),
        sa.CheckConstraint("language IN ('zh', 'en')", name=op.f("ck_typed_handoff_language")),
        sa.ForeignKeyConstraint(["linkedid"], ["call.linkedid"], name=op.f("fk_typed_handoff_linkedid_call")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_typed_handoff")),
    )
    op.create_index(op.f("ix_typed_handoff_linkedid"), "typed_handoff", ["linkedid"])
    op.create_index(
        "ix_typed_handoff_requested",
        "typed_handoff",
        ["linkedid"],
        unique=True,
        postgresql_where=sa.text("state = 'requested'::text"),
    )
    op.create_table(
        "spoken_text",
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("urgent", sa.Boolean(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("purpose", name=op.f("pk_spoken_text")),
        sa.CheckConstraint("language IN ('zh', 'en')", name=op.f("ck_spoken_text_language")),
    )


def downgrade() -> None:
    op.drop_table("spoken_text")
    op.drop_table("typed_handoff")
