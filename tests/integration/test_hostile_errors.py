"""What the database says of a row that it refuses: a fault is logged, and never what was in the row."""

from __future__ import annotations

import traceback

import pytest
import sqlalchemy.exc
from sqlalchemy import text

from tests.conftest import UowFactory

SECRET = "13800138000 陈先生"
STATEMENTS = {
    "check": "INSERT INTO ticket (number, status) VALUES (:secret, 'odd')",
    "unique": "INSERT INTO staff_or_so (name) VALUES (:secret)",
    "cast": "SELECT CAST(:secret AS integer)",
    "raise": "DO $$ BEGIN RAISE EXCEPTION 'refused' USING DETAIL = '{secret}', HINT = '{secret}'; END $$",
}


@pytest.mark.rule("T31")
@pytest.mark.parametrize("statement", STATEMENTS)
def test_no_traceback_has_what_was_in_the_row(uow_factory: UowFactory, statement: str) -> None:
    with uow_factory() as work:
        work.session.execute(text("CREATE TEMPORARY TABLE staff_or_so (name text UNIQUE)"))
        work.session.execute(text("INSERT INTO staff_or_so (name) VALUES (:secret)"), {"secret": SECRET})
        with pytest.raises(sqlalchemy.exc.DBAPIError) as caught:
            work.session.execute(text(STATEMENTS[statement].format(secret=SECRET)), {"secret": SECRET})
    said = "".join(traceback.format_exception(caught.value))
    assert caught.value.orig is not None
    assert type(caught.value.orig).__name__ in said
    for part in SECRET.split():
        assert part not in said.replace(STATEMENTS["raise"].format(secret=SECRET), "")
