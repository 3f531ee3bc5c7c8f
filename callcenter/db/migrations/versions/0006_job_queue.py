"""The job queue: Procrastinate's own tables and functions.

The schema is that of the installed release (3.x). A later release that changes it gets a revision of its own,
which applies Procrastinate's migration file unless the schema here brought it already.
"""

from __future__ import annotations

from alembic import op
from procrastinate.schema import SchemaManager

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_DROP = """
DO $$
DECLARE name text;
BEGIN
    FOR name IN SELECT oid::regclass::text FROM pg_class
        WHERE relname LIKE 'procrastinate\\_%' AND relkind IN ('r', 'p')
        AND pg_table_is_visible(oid)
    LOOP EXECUTE 'DROP TABLE ' || name || ' CASCADE'; END LOOP;
    FOR name IN SELECT oid::regprocedure::text FROM pg_proc
        WHERE proname LIKE 'procrastinate\\_%' AND pg_function_is_visible(oid)
    LOOP EXECUTE 'DROP FUNCTION ' || name || ' CASCADE'; END LOOP;
    FOR name IN SELECT oid::regtype::text FROM pg_type
        WHERE typname LIKE 'procrastinate\\_%' AND typtype IN ('e', 'c') AND pg_type_is_visible(oid)
    LOOP EXECUTE 'DROP TYPE ' || name || ' CASCADE'; END LOOP;
END $$
"""


def upgrade() -> None:
    # Many statements at once, and percent signs in them: past SQLAlchemy's parameters, straight to psycopg.
    cursor = op.get_bind().connection.cursor()
    cursor.execute(SchemaManager.get_schema())
    cursor.close()


def downgrade() -> None:
    cursor = op.get_bind().connection.cursor()
    cursor.execute(_DROP)
    cursor.close()
