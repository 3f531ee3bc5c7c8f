"""The centre's own closures and openings; what lists of a person's tickets are found by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "own_day",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("kind IN ('closure', 'opening')", name=op.f("ck_own_day_kind")),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_own_day")),
    )
    op.create_table(
        "calendar_followed",
        sa.Column("one", sa.Boolean(), server_default=sa.true(), nullable=False),
        sa.Column(
            "days", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("one", name=op.f("ck_calendar_followed_one")),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_calendar_followed")),
    )
    for who in ("owner", "handler"):
        op.create_index(f"ix_ticket_{who}_status_due", "ticket", [f"{who}_extension", "status", "due_at"])
    op.create_index("ix_ticket_at_risk", "ticket", ["due_at"], postgresql_where=sa.text("act_at = due_at"))


def downgrade() -> None:
    op.drop_index("ix_ticket_at_risk", table_name="ticket")
    for who in ("handler", "owner"):
        op.drop_index(f"ix_ticket_{who}_status_due", table_name="ticket")
    op.drop_table("calendar_followed")
    op.drop_table("own_day")
