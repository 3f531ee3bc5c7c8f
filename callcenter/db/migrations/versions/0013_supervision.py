"""Spot checks with their scores; what the analysis looks tickets and events up by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

_TABLES = ("spot_check_draw", "spot_check", "spot_check_result")
_FUNCTION = """
    CREATE FUNCTION spot_check_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'draws and their results are append-only' USING ERRCODE = 'check_violation';
    END $$
"""
_ANALYSED = (
    "office_named",
    "complaint_referred",
    "file_sent",
    "assignment_given",
    "assignment_done",
    "reopened",
    "responsibility_traced",
    "suggestion_decided",
)


def upgrade() -> None:
    op.create_table(
        "spot_check_draw",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("seed", sa.Text(), nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("drawn_by", sa.Text(), nullable=False),
        sa.Column("start_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("end_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("wanted", sa.BigInteger(), nullable=False),
        sa.Column("pools", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["drawn_by"], ["staff.extension"], name=op.f("fk_spot_check_draw_drawn_by_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spot_check_draw")),
    )
    op.create_index(op.f("ix_spot_check_draw_drawn_at"), "spot_check_draw", ["drawn_at"])
    op.create_table(
        "spot_check",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("draw_id", sa.BigInteger(), nullable=False),
        sa.Column("ticket_number", sa.Text(), nullable=False),
        sa.Column("owner_extension", sa.Text(), nullable=False),
        sa.Column("policy", sa.Text(), nullable=False),
        sa.Column("policy_digest", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["draw_id"], ["spot_check_draw.id"], name=op.f("fk_spot_check_draw_id_spot_check_draw")
        ),
        sa.ForeignKeyConstraint(
            ["ticket_number"], ["ticket.number"], name=op.f("fk_spot_check_ticket_number_ticket")
        ),
        sa.ForeignKeyConstraint(
            ["owner_extension"], ["staff.extension"], name=op.f("fk_spot_check_owner_extension_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_spot_check")),
        sa.UniqueConstraint("ticket_number", name=op.f("uq_spot_check_ticket_number")),
    )
    op.create_index(op.f("ix_spot_check_draw_id"), "spot_check", ["draw_id"])
    op.create_index(op.f("ix_spot_check_owner_extension"), "spot_check", ["owner_extension"])
    op.create_table(
        "spot_check_result",
        sa.Column("check_id", sa.BigInteger(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("scores", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("points", sa.BigInteger(), nullable=False),
        sa.Column("possible", sa.BigInteger(), nullable=False),
        sa.Column("remark", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("checked_by", sa.Text(), nullable=False),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("(seq = 1) = (reason IS NULL)", name=op.f("ck_spot_check_result_reason")),
        sa.CheckConstraint(
            "points BETWEEN 0 AND possible AND possible > 0", name=op.f("ck_spot_check_result_points")
        ),
        sa.ForeignKeyConstraint(
            ["check_id"], ["spot_check.id"], name=op.f("fk_spot_check_result_check_id_spot_check")
        ),
        sa.ForeignKeyConstraint(
            ["checked_by"], ["staff.extension"], name=op.f("fk_spot_check_result_checked_by_staff")
        ),
        sa.PrimaryKeyConstraint("check_id", "seq", name=op.f("pk_spot_check_result")),
    )
    op.create_index(op.f("ix_spot_check_result_checked_at"), "spot_check_result", ["checked_at"])
    op.execute(_FUNCTION)
    for table in _TABLES:
        op.execute(
            f"CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION spot_check_is_append_only()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_is_never_emptied BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION spot_check_is_append_only()"
        )
    op.create_index(
        "ix_ticket_resolved_at",
        "ticket",
        ["resolved_at"],
        postgresql_where=sa.text("resolved_at IS NOT NULL"),
    )
    kinds = ", ".join(f"'{kind}'" for kind in _ANALYSED)
    op.create_index(
        "ix_ticket_event_analysed",
        "ticket_event",
        ["ticket_number", "kind"],
        postgresql_where=sa.text(f"kind IN ({kinds})"),
    )


def downgrade() -> None:
    op.drop_index("ix_ticket_event_analysed", table_name="ticket_event")
    op.drop_index("ix_ticket_resolved_at", table_name="ticket")
    for table in reversed(_TABLES):
        op.drop_table(table)
    op.execute("DROP FUNCTION spot_check_is_append_only()")
