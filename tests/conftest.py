"""One embedded PostgreSQL for the run, made when first needed; each test has a clone of a migrated one."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from callcenter.bootstrap import unit_of_work_factory
from callcenter.db import migrate
from callcenter.db.engine import create_engine
from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.policy import RuleBook
from callcenter.holidays import ChineseHolidays
from callcenter.policy_files import load_rule_book
from callcenter.runtime.postgres import temporary_postgres
from callcenter.settings import Settings
from tests.support.databases import clone, server_folder

UowFactory = Callable[[], SqlUnitOfWork]

_CLONES = itertools.count(1)


@pytest.fixture(scope="session")
def rule_book() -> RuleBook:
    """The shipped policies with the real calendar."""
    return load_rule_book("huizhou-school", ChineseHolidays())


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A server whose database has every table and no rows: clone it, never write to it."""
    with server_folder() as folder, temporary_postgres(folder / "postgres") as url:
        migrate.upgrade(url)
        yield url


@pytest.fixture
def database_url(postgres_url: str) -> Iterator[str]:
    """A migrated database for one test."""
    with clone(postgres_url, f"test_{next(_CLONES)}") as url:
        yield url


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """Settings with a home and a database of the test's own."""
    return Settings(home=tmp_path, database_url=database_url)


@pytest.fixture
def uow_factory(settings: Settings, rule_book: RuleBook) -> Iterator[UowFactory]:
    """Makes units of work on the test's database."""
    assert settings.database_url is not None
    engine = create_engine(settings.database_url)
    yield unit_of_work_factory(settings, deadline_s=10, engine=engine, rules=rule_book)
    engine.dispose()
