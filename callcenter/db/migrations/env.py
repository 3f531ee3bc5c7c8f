"""Alembic's entry: runs the revisions on the connection that `callcenter.db.migrate` hands over."""

from __future__ import annotations

from alembic import context

from callcenter.db.metadata import METADATA, is_ours


def _include(name: str | None, kind: str, parents: object) -> bool:
    return kind != "table" or name is None or is_ours(name)


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    include_name=_include,
    compare_type=True,
    transaction_per_migration=False,
)
context.run_migrations()
