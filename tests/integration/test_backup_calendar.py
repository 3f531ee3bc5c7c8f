"""A backup holds the centre's own years of holidays: without them a restored centre would count other days."""

from __future__ import annotations

import psycopg
import pytest
from sqlalchemy import make_url

from callcenter.bootstrap import build_rules
from callcenter.own_holidays import FILE
from callcenter.runtime.backup import back_up
from callcenter.runtime.restore import restore
from callcenter.settings import Settings

NOTICE = """\
[2027]
off = ["2027-01-01/2027-01-03", "2027-02-05/2027-02-11", "2027-04-05", "2027-05-01/2027-05-05", "2027-06-09",
       "2027-09-15", "2027-10-01/2027-10-07"]
makeup = ["2027-02-20"]
"""


@pytest.mark.rule("S41")
def test_the_centres_own_holidays_come_back(
    settings: Settings, postgres_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    (settings.home / FILE).write_text(NOTICE)
    folder = tmp_path_factory.mktemp("backups") / "monday"
    assert FILE in back_up(settings, folder, lambda line: None).manifest.files
    url = make_url(postgres_url).set(drivername="postgresql")
    server = url.set(database="postgres").render_as_string(hide_password=False)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute("CREATE DATABASE with_holidays TEMPLATE template0")
        target = Settings(
            home=tmp_path_factory.mktemp("new") / "home",
            database_url=url.set(database="with_holidays").render_as_string(hide_password=False),
        )
        try:
            restore(target, folder, lambda line: None)
        finally:
            connection.execute("DROP DATABASE with_holidays WITH (FORCE)")
    assert (target.home / FILE).read_text() == NOTICE
    assert build_rules(target).current.calendar.notice(2027) is not None
