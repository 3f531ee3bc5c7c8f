"""Messages of the service account; files that belong to tickets; links by which an opinion is given."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attachment",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("ticket_number", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("source IN ('staff', 'service_account')", name=op.f("ck_attachment_source")),
        sa.CheckConstraint("size > 0", name=op.f("ck_attachment_size")),
        sa.ForeignKeyConstraint(
            ["ticket_number"], ["ticket.number"], name=op.f("fk_attachment_ticket_number_ticket")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    op.create_index(op.f("ix_attachment_ticket_number"), "attachment", ["ticket_number"])
    op.create_table(
        "service_account_message",
        sa.Column("msg_id", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ticket_number", sa.Text(), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("media_id", sa.Text(), nullable=True),
        sa.Column("media_url", sa.Text(), nullable=True),
        sa.Column("media_state", sa.Text(), nullable=True),
        sa.Column("media_attempts", sa.BigInteger(), nullable=False),
        sa.Column("media_next_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("attachment_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "kind IN ('text', 'image', 'voice', 'video', 'location', 'link', 'other')",
            name=op.f("ck_service_account_message_kind"),
        ),
        sa.CheckConstraint(
            "media_state IN ('pending', 'kept', 'failed')",
            name=op.f("ck_service_account_message_media_state"),
        ),
        sa.ForeignKeyConstraint(
            ["ticket_number"], ["ticket.number"], name=op.f("fk_service_account_message_ticket_number_ticket")
        ),
        sa.ForeignKeyConstraint(
            ["attachment_id"],
            ["attachment.id"],
            name=op.f("fk_service_account_message_attachment_id_attachment"),
        ),
        sa.PrimaryKeyConstraint("msg_id", name=op.f("pk_service_account_message")),
    )
    op.create_index(
        op.f("ix_service_account_message_ticket_number"), "service_account_message", ["ticket_number"]
    )
    op.create_index(
        "ix_service_account_message_media",
        "service_account_message",
        ["media_next_at"],
        postgresql_where=sa.text("media_state = 'pending'::text"),
    )
    op.create_table(
        "opinion_link",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("ticket_number", sa.Text(), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["ticket_number"], ["ticket.number"], name=op.f("fk_opinion_link_ticket_number_ticket")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_opinion_link")),
    )
    op.create_index(op.f("ix_opinion_link_ticket_number"), "opinion_link", ["ticket_number"])


def downgrade() -> None:
    op.drop_table("opinion_link")
    op.drop_table("service_account_message")
    op.drop_table("attachment")
