"""Posts that stand in for each other, and absences."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "post",
        sa.Column("extension", sa.Text(), nullable=False),
        sa.Column("b_extension", sa.Text(), nullable=False),
        sa.CheckConstraint("extension <> b_extension", name=op.f("ck_post_another")),
        sa.ForeignKeyConstraint(["extension"], ["staff.extension"], name=op.f("fk_post_extension_staff")),
        sa.ForeignKeyConstraint(["b_extension"], ["staff.extension"], name=op.f("fk_post_b_extension_staff")),
        sa.PrimaryKeyConstraint("extension", name=op.f("pk_post")),
    )
    op.create_table(
        "absence",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("extension", sa.Text(), nullable=False),
        sa.Column("cover_extension", sa.Text(), nullable=False),
        sa.Column("from_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("begun_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("returned_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "reason IN ('travel', 'meeting', 'training', 'leave', 'other')", name=op.f("ck_absence_reason")
        ),
        sa.CheckConstraint("until_at > from_at", name=op.f("ck_absence_span")),
        sa.CheckConstraint("extension <> cover_extension", name=op.f("ck_absence_another")),
        sa.ForeignKeyConstraint(["extension"], ["staff.extension"], name=op.f("fk_absence_extension_staff")),
        sa.ForeignKeyConstraint(
            ["cover_extension"], ["staff.extension"], name=op.f("fk_absence_cover_extension_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_absence")),
    )
    op.create_index(
        "ix_absence_open", "absence", ["from_at"], postgresql_where=sa.text("returned_at IS NULL")
    )
    op.create_index("ix_absence_extension_from_at", "absence", ["extension", "from_at"])
    op.create_index(
        "ix_ticket_event_covered",
        "ticket_event",
        [sa.text("(data ->> 'for'::text)"), "at"],
        postgresql_where=sa.text("kind = 'covered'::text"),
    )


def downgrade() -> None:
    op.drop_index("ix_ticket_event_covered", table_name="ticket_event")
    op.drop_table("absence")
    op.drop_table("post")
