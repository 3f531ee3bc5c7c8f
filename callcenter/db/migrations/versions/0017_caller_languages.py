"""The language of a call, and the one that a caller chose."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("call", sa.Column("language", sa.Text(), nullable=True))
    op.create_table(
        "caller_language",
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("language IN ('zh', 'en')", name=op.f("ck_caller_language_language")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_caller_language")),
    )


def downgrade() -> None:
    # what callers chose is lost with it: they choose again
    op.drop_table("caller_language")
    op.drop_column("call", "language")
