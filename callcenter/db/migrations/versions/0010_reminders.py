"""Reminders to staff and where they are reached."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_KINDS = (
    "warning",
    "breach",
    "escalation",
    "approval",
    "decision",
    "notice",
    "head_informed",
    "handed",
    "cover",
    "digest",
)


def upgrade() -> None:
    kinds = ", ".join(f"'{kind}'" for kind in _KINDS)
    op.create_table(
        "reminder",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("fact", sa.Text(), nullable=False),
        sa.Column("ticket_number", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("not_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("data", postgresql.JSONB(), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", sa.BigInteger(), nullable=False, server_default="0"),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("gave_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reached", postgresql.JSONB(), nullable=False, server_default="[]"),
        sa.CheckConstraint(f"kind IN ({kinds})", name=op.f("ck_reminder_kind")),
        sa.ForeignKeyConstraint(["recipient"], ["staff.extension"], name=op.f("fk_reminder_recipient_staff")),
        sa.ForeignKeyConstraint(
            ["ticket_number"], ["ticket.number"], name=op.f("fk_reminder_ticket_number_ticket")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminder")),
        sa.UniqueConstraint("recipient", "fact", name=op.f("uq_reminder_recipient_fact")),
    )
    op.create_index(
        "ix_reminder_to_deliver",
        "reminder",
        ["next_try_at"],
        postgresql_where=sa.text("sent_at IS NULL AND gave_up_at IS NULL AND seen_at IS NULL"),
    )
    op.create_index("ix_reminder_recipient_id", "reminder", ["recipient", "id"])
    op.create_index(
        "ix_reminder_unseen", "reminder", ["recipient", "id"], postgresql_where=sa.text("seen_at IS NULL")
    )
    op.create_index(
        "ix_reminder_failing",
        "reminder",
        ["id"],
        postgresql_where=sa.text("sent_at IS NULL AND last_error IS NOT NULL"),
    )
    op.create_table(
        "staff_address",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("extension", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("shown", sa.Text(), nullable=False),
        sa.Column("trusted", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["extension"], ["staff.extension"], name=op.f("fk_staff_address_extension_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_address")),
    )
    op.create_index(op.f("ix_staff_address_extension"), "staff_address", ["extension"])
    op.create_table(
        "digest_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_digest_day")),
    )


def downgrade() -> None:
    op.drop_table("digest_day")
    op.drop_table("staff_address")
    op.drop_table("reminder")
