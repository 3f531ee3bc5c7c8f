"""Tickets, their log and their clocks."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_LATCH = (
    """
    CREATE FUNCTION ticket_owner_is_a_latch() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the owner of ticket % is set for good', OLD.number USING ERRCODE = 'check_violation';
    END $$
    """,
    """
    CREATE TRIGGER ticket_owner_is_a_latch BEFORE UPDATE ON ticket FOR EACH ROW
    WHEN (OLD.owner_extension IS NOT NULL AND NEW.owner_extension IS DISTINCT FROM OLD.owner_extension)
    EXECUTE FUNCTION ticket_owner_is_a_latch()
    """,
)
_APPEND_ONLY = (
    """
    CREATE FUNCTION ticket_event_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the log of tickets is append-only' USING ERRCODE = 'check_violation';
    END $$
    """,
    """
    CREATE TRIGGER ticket_event_is_append_only BEFORE UPDATE OR DELETE ON ticket_event FOR EACH ROW
    EXECUTE FUNCTION ticket_event_is_append_only()
    """,
    """
    CREATE TRIGGER ticket_event_is_never_emptied BEFORE TRUNCATE ON ticket_event FOR EACH STATEMENT
    EXECUTE FUNCTION ticket_event_is_append_only()
    """,
)


def upgrade() -> None:
    op.create_table(
        "ticket_serial",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_ticket_serial")),
    )
    op.create_table(
        "ticket",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("complexity", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("owner_extension", sa.Text(), nullable=True),
        sa.Column("handler_extension", sa.Text(), nullable=True),
        sa.Column("contact_name", sa.Text(), nullable=True),
        sa.Column("contact_phone", sa.Text(), nullable=True),
        sa.Column("contact_withheld", sa.Boolean(), nullable=False),
        sa.Column("details", sa.Text(), nullable=False),
        sa.Column("wished_reply", sa.Text(), nullable=True),
        sa.Column("linkedid", sa.Text(), nullable=True),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("form_saved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("breach_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "status IN ('registering', 'open', 'waiting', 'resolved', 'closed', 'dismissed')",
            name=op.f("ck_ticket_status"),
        ),
        sa.CheckConstraint(
            "wished_reply IN ('today', 'tomorrow', 'this_week')", name=op.f("ck_ticket_wished_reply")
        ),
        sa.ForeignKeyConstraint(
            ["handler_extension"], ["staff.extension"], name=op.f("fk_ticket_handler_extension_staff")
        ),
        sa.ForeignKeyConstraint(
            ["owner_extension"], ["staff.extension"], name=op.f("fk_ticket_owner_extension_staff")
        ),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_ticket")),
    )
    op.create_index(
        "ix_ticket_breach_at",
        "ticket",
        ["breach_at"],
        unique=False,
        postgresql_where=sa.text("breach_at IS NOT NULL"),
    )
    op.create_index(op.f("ix_ticket_contact_phone"), "ticket", ["contact_phone"], unique=False)
    op.create_index("ix_ticket_created_at_number", "ticket", ["created_at", "number"], unique=False)
    op.create_index(op.f("ix_ticket_due_at"), "ticket", ["due_at"], unique=False)
    op.create_index(op.f("ix_ticket_handler_extension"), "ticket", ["handler_extension"], unique=False)
    op.create_index(op.f("ix_ticket_linkedid"), "ticket", ["linkedid"], unique=False)
    op.create_index(op.f("ix_ticket_owner_extension"), "ticket", ["owner_extension"], unique=False)
    op.create_index(op.f("ix_ticket_status"), "ticket", ["status"], unique=False)
    op.create_table(
        "ticket_clock",
        sa.Column("ticket_number", sa.Text(), nullable=False),
        sa.Column("clock", sa.Text(), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("stopped_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_number"], ["ticket.number"], name=op.f("fk_ticket_clock_ticket_number_ticket")
        ),
        sa.PrimaryKeyConstraint("ticket_number", "clock", "started_at", name=op.f("pk_ticket_clock")),
    )
    op.create_table(
        "ticket_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("ticket_number", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("data", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("prev_hash", sa.Text(), nullable=False),
        sa.Column("hash", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["ticket_number"], ["ticket.number"], name=op.f("fk_ticket_event_ticket_number_ticket")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ticket_event")),
        sa.UniqueConstraint("ticket_number", "seq", name=op.f("uq_ticket_event_ticket_number_seq")),
    )
    op.create_index(
        "uq_ticket_event_breach",
        "ticket_event",
        [
            "ticket_number",
            sa.literal_column("(data ->> 'clock'::text)"),
            sa.literal_column("(data ->> 'started_at'::text)"),
        ],
        unique=True,
        postgresql_where=sa.text("kind = 'breached'::text"),
    )
    for statement in _LATCH + _APPEND_ONLY:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DROP TRIGGER ticket_owner_is_a_latch ON ticket")
    op.execute("DROP TRIGGER ticket_event_is_append_only ON ticket_event")
    op.execute("DROP TRIGGER ticket_event_is_never_emptied ON ticket_event")
    op.execute("DROP FUNCTION ticket_owner_is_a_latch()")
    op.execute("DROP FUNCTION ticket_event_is_append_only()")
    op.drop_index(
        "uq_ticket_event_breach",
        table_name="ticket_event",
        postgresql_where=sa.text("kind = 'breached'::text"),
    )
    op.drop_table("ticket_event")
    op.drop_table("ticket_clock")
    op.drop_index(op.f("ix_ticket_status"), table_name="ticket")
    op.drop_index(op.f("ix_ticket_owner_extension"), table_name="ticket")
    op.drop_index(op.f("ix_ticket_linkedid"), table_name="ticket")
    op.drop_index(op.f("ix_ticket_handler_extension"), table_name="ticket")
    op.drop_index(op.f("ix_ticket_due_at"), table_name="ticket")
    op.drop_index("ix_ticket_created_at_number", table_name="ticket")
    op.drop_index(op.f("ix_ticket_contact_phone"), table_name="ticket")
    op.drop_index(
        "ix_ticket_breach_at", table_name="ticket", postgresql_where=sa.text("breach_at IS NOT NULL")
    )
    op.drop_table("ticket")
    op.drop_table("ticket_serial")
