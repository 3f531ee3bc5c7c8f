"""`shouwen calendar list` of a year that no calendar has."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from callcenter.cli import application


@pytest.mark.parametrize("year", ["0", "1999", "2101", "10000", "-1", "next"])
def test_a_year_that_no_calendar_has_is_refused(year: str) -> None:
    done = CliRunner().invoke(application(), ["calendar", "list", "--year", year])
    assert (done.exit_code, "--year" in done.output) == (2, True)
