"""What the rules of a centre put on a ticket: its policy's version, fields, subjects of clocks, words to search."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_CLOCK_KEY = ("ticket_number", "clock", "started_at")
_BREACH = ("(data ->> 'clock'::text)", "(data ->> 'started_at'::text)")
_SUBJECT = "COALESCE(data ->> 'subject'::text, ''::text)"


def upgrade() -> None:
    op.create_table(
        "policy_version",
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column(
            "first_used_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_policy_version")),
    )
    op.create_table(
        "party_file",
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_party_file")),
        sa.UniqueConstraint("party", name=op.f("uq_party_file_party")),
    )
    op.add_column("ticket", sa.Column("policy_digest", sa.Text(), nullable=False, server_default=""))
    op.add_column(
        "ticket",
        sa.Column("fields", postgresql.JSONB(astext_type=sa.Text()), nullable=False, server_default="{}"),
    )
    for column in (
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("satisfaction", sa.Text(), nullable=True),
        sa.Column("awaits", sa.Text(), nullable=True),
        sa.Column("party", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("words", postgresql.TSVECTOR(), nullable=True),
    ):
        op.add_column("ticket", column)
    op.create_index("ix_ticket_awaits", "ticket", ["awaits"], postgresql_where=sa.text("awaits IS NOT NULL"))
    op.create_index("ix_ticket_party", "ticket", ["party"])
    op.create_index("ix_ticket_closed_at", "ticket", ["closed_at"])
    op.create_index("ix_ticket_words", "ticket", ["words"], postgresql_using="gin")
    op.drop_index("ix_ticket_breach_at", table_name="ticket")
    op.alter_column("ticket", "breach_at", new_column_name="act_at")
    op.create_index("ix_ticket_act_at", "ticket", ["act_at"], postgresql_where=sa.text("act_at IS NOT NULL"))
    op.add_column("ticket_clock", sa.Column("subject", sa.Text(), nullable=False, server_default=""))
    op.drop_constraint("pk_ticket_clock", "ticket_clock", type_="primary")
    op.create_primary_key("pk_ticket_clock", "ticket_clock", [*_CLOCK_KEY, "subject"])
    _told_once("breached", [*_BREACH, _SUBJECT])


def downgrade() -> None:
    _told_once("breached", list(_BREACH))
    op.drop_constraint("pk_ticket_clock", "ticket_clock", type_="primary")
    op.execute("DELETE FROM ticket_clock WHERE subject <> ''")
    op.drop_column("ticket_clock", "subject")
    op.create_primary_key("pk_ticket_clock", "ticket_clock", list(_CLOCK_KEY))
    op.drop_index("ix_ticket_act_at", table_name="ticket")
    op.alter_column("ticket", "act_at", new_column_name="breach_at")
    op.create_index(
        "ix_ticket_breach_at", "ticket", ["breach_at"], postgresql_where=sa.text("breach_at IS NOT NULL")
    )
    for index in ("ix_ticket_words", "ix_ticket_closed_at", "ix_ticket_party", "ix_ticket_awaits"):
        op.drop_index(index, table_name="ticket")
    for column in (
        "words",
        "closed_at",
        "party",
        "awaits",
        "satisfaction",
        "result",
        "fields",
        "policy_digest",
    ):
        op.drop_column("ticket", column)
    op.drop_table("party_file")
    op.drop_table("policy_version")


def _told_once(kind: str, expressions: list[str]) -> None:
    op.drop_index("uq_ticket_event_breach", table_name="ticket_event")
    op.create_index(
        "uq_ticket_event_breach",
        "ticket_event",
        ["ticket_number", *(sa.literal_column(expression) for expression in expressions)],
        unique=True,
        postgresql_where=sa.text(f"kind = '{kind}'::text"),
    )
