"""Who saw which personal data when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_TABLE = "personal_data_access"
_APPEND_ONLY = (
    """
    CREATE FUNCTION personal_data_access_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the log of accesses is append-only' USING ERRCODE = 'check_violation';
    END $$
    """,
    """
    CREATE TRIGGER personal_data_access_is_append_only BEFORE UPDATE OR DELETE ON personal_data_access
    FOR EACH ROW EXECUTE FUNCTION personal_data_access_is_append_only()
    """,
    """
    CREATE TRIGGER personal_data_access_is_never_emptied BEFORE TRUNCATE ON personal_data_access
    FOR EACH STATEMENT EXECUTE FUNCTION personal_data_access_is_append_only()
    """,
)


def upgrade() -> None:
    op.create_table(
        _TABLE,
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "via IN ('page', 'api', 'recording', 'export')", name=op.f("ck_personal_data_access_via")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_personal_data_access")),
    )
    op.create_index("ix_personal_data_access_subject_at_id", _TABLE, ["subject", "at", "id"])
    op.create_index("ix_personal_data_access_actor_at", _TABLE, ["actor", "at"])
    for statement in _APPEND_ONLY:
        op.execute(statement)


def downgrade() -> None:
    op.drop_table(_TABLE)
    op.execute("DROP FUNCTION personal_data_access_is_append_only()")
