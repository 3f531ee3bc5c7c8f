"""Staff, their console logins, API tokens."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "api_token",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("role IN ('staff', 'manager')", name=op.f("ck_api_token_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_api_token")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_api_token_token_hash")),
    )
    op.create_table(
        "login_attempt",
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("failures", sa.BigInteger(), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("who", name=op.f("pk_login_attempt")),
    )
    op.create_table(
        "staff",
        sa.Column("extension", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("sip_ha1", sa.Text(), nullable=True),
        sa.Column("console_user", sa.Text(), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("rung", sa.Boolean(), nullable=False),
        sa.Column("on_duty", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("role IN ('staff', 'manager')", name=op.f("ck_staff_role")),
        sa.PrimaryKeyConstraint("extension", name=op.f("pk_staff")),
        sa.UniqueConstraint("console_user", name=op.f("uq_staff_console_user")),
    )
    op.create_table(
        "web_login",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("extension", sa.Text(), nullable=False),
        sa.Column("csrf", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seen_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["extension"], ["staff.extension"], name=op.f("fk_web_login_extension_staff")
        ),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_web_login")),
    )
    op.create_index(op.f("ix_web_login_expires_at"), "web_login", ["expires_at"], unique=False)
    op.create_index(op.f("ix_web_login_extension"), "web_login", ["extension"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_web_login_extension"), table_name="web_login")
    op.drop_index(op.f("ix_web_login_expires_at"), table_name="web_login")
    op.drop_table("web_login")
    op.drop_table("staff")
    op.drop_table("login_attempt")
    op.drop_table("api_token")
