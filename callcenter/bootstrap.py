"""Builds what a process needs from its settings: the engine, units of work, the rules; and the demo staff."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from callcenter.db.address import database_url
from callcenter.db.engine import create_engine
from callcenter.db.uow import SqlUnitOfWork
from callcenter.domain.policy import RuleBook, UnknownPolicy
from callcenter.domain.staff import Role, StaffPhone
from callcenter.followed_holidays import FollowedHolidays
from callcenter.holidays import ChineseHolidays
from callcenter.own_holidays import holiday_source
from callcenter.passwords import Argon2Passwords
from callcenter.policy_files import load_rule_book
from callcenter.services.absences import phones, set_post
from callcenter.services.accounts import create_token
from callcenter.services.staff import NewStaff, add_staff
from callcenter.settings import Settings

DEMO_LINE = "8000"
DEMO_STAFF = (
    ("101", "王敏", "wangmin", Role.STAFF),
    ("102", "李静", "lijing", Role.STAFF),
    ("103", "张伟", "zhangwei", Role.STAFF),
    ("104", "陈国强", "chenguoqiang", Role.MANAGER),
)
"""Who answers in the demonstration; the manager is never rung by the line."""
DEMO_POSTS = (("101", "102"), ("102", "101"), ("103", "101"))
"""Whose B post is whose (S3)."""


def build_engine(settings: Settings, *, pool_size: int = 8) -> Engine:
    """The engine of this process; it connects when first used."""
    return create_engine(database_url(settings), pool_size=pool_size)


def build_rules(settings: Settings) -> RuleBook:
    """Every policy with its calendar, the centre's own files included; raises BadPolicy or UnknownPolicy."""
    library = ChineseHolidays()
    source = holiday_source(library, settings.home)
    try:
        book = load_rule_book(settings.policy, source, own=settings.own_policies)
    except UnknownPolicy as error:
        raise UnknownPolicy(f"SHOUWEN_POLICY: {error}") from error
    return replace(book, renewed=FollowedHolidays(book, library, settings.home))


def unit_of_work_factory(
    settings: Settings,
    deadline_s: float = 2.0,
    *,
    engine: Engine | None = None,
    rules: RuleBook | None = None,
) -> Callable[[], SqlUnitOfWork]:
    """Makes units of work: each ends within `deadline_s` or fails with DatabaseUnavailable."""
    return partial(
        SqlUnitOfWork,
        engine or build_engine(settings),
        rules=rules or build_rules(settings),
        passwords=Argon2Passwords(),
        deadline_s=deadline_s,
    )


@contextmanager
def single_unit_of_work(settings: Settings, deadline_s: float = 10.0) -> Iterator[SqlUnitOfWork]:
    """One unit of work with a connection of its own, for a command that does one thing and ends."""
    engine = build_engine(settings, pool_size=1)
    try:
        with unit_of_work_factory(settings, deadline_s, engine=engine)() as uow:
            yield uow
    finally:
        engine.dispose()


def staff_phones(settings: Settings) -> list[StaffPhone]:
    """The phones that Asterisk has to know."""
    with single_unit_of_work(settings) as uow:
        return phones(uow, datetime.now(UTC))


def seed_demo(settings: Settings) -> bool:
    """Give a database without staff the demonstration's, with passwords written down; False if it has.

    The file comes first: a crash in between leaves passwords without staff, which the next start replaces,
    never staff whose passwords nobody knows.
    """
    now = datetime.now(UTC)
    with single_unit_of_work(settings) as uow:
        if uow.staff.exists():
            return False
        people = [
            add_staff(
                uow,
                extension=extension,
                name=name,
                role=role,
                console_user=user,
                rung=role is Role.STAFF,
                now=now,
            )
            for extension, name, user, role in DEMO_STAFF
        ]
        for extension, b_extension in DEMO_POSTS:
            set_post(uow, extension, b_extension)
        token = create_token(uow, name="demo", role=Role.MANAGER, now=now)
        _write_private(settings.demo_accounts, _accounts(people, token))
        uow.commit()
    return True


def _accounts(people: list[NewStaff], token: str) -> dict[str, Any]:
    staff = [
        {
            "extension": person.member.extension,
            "name": person.member.name,
            "sip_password": person.sip_password,
            "console_user": person.member.console_user,
            "console_password": person.console_password,
            "role": person.member.role.value,
        }
        for person in people
    ]
    return {"line": DEMO_LINE, "staff": staff, "api_token": token}


def _write_private(path: Path, content: dict[str, Any]) -> None:
    """Put the file in place whole, readable by its owner alone from the first byte on."""
    fresh = path.with_name(f"{path.name}.new")
    fresh.unlink(missing_ok=True)
    with os.fdopen(
        os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8"
    ) as file:
        json.dump(content, file, ensure_ascii=False, indent=2)
        file.write("\n")
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
