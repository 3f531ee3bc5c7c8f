"""A centre's own recordings of prompts, each with its versions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_APPEND_ONLY = ("own_prompt", "own_prompt_sound", "own_prompt_live")
_FUNCTION = """
    CREATE FUNCTION own_prompt_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'own recordings and what was made live are append-only' USING ERRCODE = 'check_violation';
    END $$
"""


def _of_version(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["own_prompt_id"], ["own_prompt.id"], name=op.f(f"fk_{table}_own_prompt_id_own_prompt")
    )


def upgrade() -> None:
    op.create_table(
        "own_prompt",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("doubts", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("wording", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("uploaded_by", sa.Text(), nullable=False),
        sa.Column("uploaded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("version > 0", name=op.f("ck_own_prompt_version")),
        sa.CheckConstraint("seconds > 0", name=op.f("ck_own_prompt_seconds")),
        sa.ForeignKeyConstraint(
            ["uploaded_by"], ["staff.extension"], name=op.f("fk_own_prompt_uploaded_by_staff")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_own_prompt")),
        sa.UniqueConstraint("key", "language", "version", name=op.f("uq_own_prompt_key_language_version")),
    )
    op.create_table(
        "own_prompt_sound",
        sa.Column("own_prompt_id", sa.BigInteger(), nullable=False),
        sa.Column("wav8", sa.LargeBinary(), nullable=False),
        sa.Column("wav16", sa.LargeBinary(), nullable=False),
        _of_version("own_prompt_sound"),
        sa.PrimaryKeyConstraint("own_prompt_id", name=op.f("pk_own_prompt_sound")),
    )
    op.create_table(
        "own_prompt_listened",
        sa.Column("own_prompt_id", sa.BigInteger(), nullable=False),
        sa.Column("extension", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _of_version("own_prompt_listened"),
        sa.ForeignKeyConstraint(
            ["extension"], ["staff.extension"], name=op.f("fk_own_prompt_listened_extension_staff")
        ),
        sa.PrimaryKeyConstraint("own_prompt_id", "extension", name=op.f("pk_own_prompt_listened")),
    )
    op.create_table(
        "own_prompt_live",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=True),
        sa.Column("set_by", sa.Text(), nullable=False),
        sa.Column("set_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("seq > 0", name=op.f("ck_own_prompt_live_seq")),
        sa.ForeignKeyConstraint(
            ["key", "language", "version"],
            ["own_prompt.key", "own_prompt.language", "own_prompt.version"],
            name=op.f("fk_own_prompt_live_version_own_prompt"),
        ),
        sa.ForeignKeyConstraint(
            ["set_by"], ["staff.extension"], name=op.f("fk_own_prompt_live_set_by_staff")
        ),
        sa.PrimaryKeyConstraint("key", "language", "seq", name=op.f("pk_own_prompt_live")),
    )
    op.create_table(
        "own_prompt_reading",
        sa.Column("own_prompt_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("engine", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _of_version("own_prompt_reading"),
        sa.PrimaryKeyConstraint("own_prompt_id", name=op.f("pk_own_prompt_reading")),
    )
    op.execute(_FUNCTION)
    for table in _APPEND_ONLY:
        op.execute(
            f"CREATE TRIGGER {table}_is_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION own_prompt_is_append_only()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_is_never_emptied BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION own_prompt_is_append_only()"
        )


def downgrade() -> None:
    for table in (
        "own_prompt_reading",
        "own_prompt_live",
        "own_prompt_listened",
        "own_prompt_sound",
        "own_prompt",
    ):
        op.drop_table(table)
    op.execute("DROP FUNCTION own_prompt_is_append_only()")
