"""Transactions for those who look at the log as it is: they need no rule, so no wrong policy file is in their way."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from callcenter.db.engine import create_engine
from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.policy import RuleBook, Rules, UnknownPolicy
from callcenter.passwords import Argon2Passwords

LONGEST_S = 4 * 3600.0
"""More than ten million events take."""


@contextmanager
def log_units(url: str) -> Iterator[Callable[[], SqlUnitOfWork]]:
    """Makes units of work on that database without any policy."""
    engine = create_engine(url, pool_size=2)
    rules = RuleBook(default="", by_name={}, parse=_refuse)
    try:
        yield partial(SqlUnitOfWork, engine, rules=rules, passwords=Argon2Passwords(), deadline_s=LONGEST_S)
    finally:
        engine.dispose()


def _refuse(text: str) -> Rules:
    raise UnknownPolicy("no policy is read here")
