"""The console with a million open tickets: what is due, a ticket's page, a Chinese word among all of them."""

from __future__ import annotations

import http.cookiejar
import json
import random
import re
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg

from bench.desk import Desk
from bench.figures import Figure, percentile
from bench.instance import LOOPBACK, Instance
from callcenter.bootstrap import single_unit_of_work
from callcenter.db.address import database_url
from callcenter.domain.chain import GENESIS, TicketEvent, event_hash
from callcenter.domain.policy import Rules
from callcenter.domain.search import search_vector
from callcenter.services.ports import TicketFilter
from callcenter.services.tickets import list_tickets
from callcenter.settings import Settings
from transcripts.queue import plain_dsn

TICKETS = 1_000_000
DUE_MS, PAGE_P95_MS, SEARCH_MS = 20.0, 50.0, 300.0
WORD = "热水"
"""In some 3 % of the matters."""
PLACES = ("一号楼", "二号楼", "三号楼", "四号楼", "五号楼", "图书馆", "体育馆", "食堂二楼", "实验楼", "南门")
THINGS = (
    *("热水", "空调", "水龙头", "门锁", "灯管", "网络", "投影仪", "饮水机", "电梯", "成绩单"),
    *("学费票据", "请假手续", "宿舍调换", "校园卡", "奖学金", "缴费", "证书", "选课", "考试安排", "停车"),
    *("维修", "快递", "医保", "档案", "户口", "毕业证", "实习", "床位", "洗衣机", "暖气"),
)
FAULTS = (
    "昨天晚上没有",
    "一直打不开",
    "已经坏了三天",
    "请问怎么办理",
    "什么时候可以恢复",
    "想预约时间",
    "费用不对",
    "通知没有收到",
)
FAMILY, GIVEN = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗", "敏静丽强磊军洋艳勇杰娟涛明超秀霞平刚桂英"

_TICKETS = """COPY ticket (number, channel, kind, complexity, status, owner_extension, handler_extension, contact_name,
    contact_phone, contact_withheld, details, policy, created_at, opened_at, form_saved_at, due_at, act_at, provisional,
    version, policy_digest, party, words) FROM STDIN"""
_CLOCKS = "COPY ticket_clock (ticket_number, clock, started_at, due_at, state, provisional) FROM STDIN"
_EVENTS = "COPY ticket_event (ticket_number, seq, at, actor, kind, data, prev_hash, hash) FROM STDIN"


def run(instance: Instance) -> list[Figure]:
    """Fill the instance's database, then ask as the console and the worker do."""
    settings = Settings(home=instance.home)
    now = datetime.now(UTC)
    with single_unit_of_work(settings, 30) as uow:
        rules = uow.rules.current
        uow.policies.keep(rules.policy)
        uow.commit()
    begun = time.monotonic()
    with psycopg.connect(plain_dsn(database_url(settings))) as connection:
        # One after the other, so that no more than one row of each is ever held.
        for statement, rows in ((_TICKETS, _ticket), (_CLOCKS, _clock), (_EVENTS, _event)):
            with connection.cursor().copy(statement) as copy:
                for values in _rows(rows, rules, now):
                    copy.write_row(values)
        connection.commit()
        connection.autocommit = True
        connection.execute("VACUUM ANALYZE")
    filled_s = time.monotonic() - begun
    return [
        Figure(name="a million tickets written", measured=filled_s, unit="s"),
        *_due(settings, now),
        *_asked(instance, now),
    ]


def _due(settings: Settings, now: datetime) -> Iterator[Figure]:
    """What the worker's look for clocks that ran out costs, and a list of what is due within the hour."""
    soon = now + timedelta(hours=1)
    with single_unit_of_work(settings, 30) as uow:
        look = _median_ms(lambda: uow.tickets.to_act(now, 200))
        listed = _median_ms(lambda: list_tickets(uow, TicketFilter(due_before=soon), now=now))
    yield Figure(name="look for what ran out", measured=look, unit="ms", target=DUE_MS)
    yield Figure(name="list of what is due", measured=listed, unit="ms", target=DUE_MS)


def _asked(instance: Instance, now: datetime) -> Iterator[Figure]:
    desk = Desk(instance)
    browser = _logged_in(desk)
    chance = random.Random(11)
    numbers = [_number(chance.randrange(TICKETS), now) for _ in range(200)]
    base = f"http://{LOOPBACK}:{instance.web_port}"
    pages = [_timed_ms(lambda n=number: browser(f"{base}/tickets/{n}")) for number in numbers]  # type: ignore[misc]
    yield Figure(
        name="page of a ticket, p95", measured=percentile(pages, 0.95), unit="ms", target=PAGE_P95_MS
    )
    word = urllib.parse.quote(WORD)
    found = desk.get(f"/tickets?q={word}&limit=50")
    assert len(found["items"]) == 50, found
    note = f"{WORD}, first page of some {TICKETS // len(THINGS):,}"
    search = _median_ms(lambda: desk.get(f"/tickets?q={word}&limit=50"))
    yield Figure(name="search for a Chinese word", measured=search, unit="ms", target=SEARCH_MS, note=note)
    rare = urllib.parse.quote("罗英 洗衣机")
    yield Figure(
        name="search for a rare pair of words",
        measured=_median_ms(lambda: desk.get(f"/tickets?q={rare}&limit=50")),
        unit="ms",
        target=SEARCH_MS,
    )


def _logged_in(desk: Desk) -> Callable[[str], str]:
    """A browser with the manager's session."""
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    base = f"http://{LOOPBACK}:{desk.instance.web_port}"

    def text(address: str, form: dict[str, str] | None = None) -> str:
        body = urllib.parse.urlencode(form).encode() if form else None
        with opener.open(urllib.request.Request(address, body, {"accept": "text/html"}), timeout=30) as reply:
            return str(reply.read().decode())

    manager = next(each for each in desk.accounts["staff"] if each["role"] == "manager")
    token = re.search(r'name="csrf_token" value="([^"]+)"', text(f"{base}/login"))
    assert token
    text(
        f"{base}/login",
        {
            "username": manager["console_user"],
            "password": manager["console_password"],
            "csrf_token": token[1],
        },
    )
    return text


def _timed_ms(call: Callable[[], object]) -> float:
    begun = time.perf_counter()
    call()
    return (time.perf_counter() - begun) * 1000


def _median_ms(call: Callable[[], object]) -> float:
    call()
    return percentile([_timed_ms(call) for _ in range(21)], 0.5)


def _number(index: int, now: datetime) -> str:
    day = (now - timedelta(days=index // 2000)).astimezone(UTC)
    return f"{day:%y%m%d}-0-{100_000 + index % 2000}"


def _rows(make: Callable[..., tuple[Any, ...]], rules: Rules, now: datetime) -> Iterator[tuple[Any, ...]]:
    chance = random.Random(5)
    for index in range(TICKETS):
        yield make(index, chance, rules, now)


def _opened(index: int, now: datetime) -> datetime:
    return now - timedelta(days=index // 2000, seconds=index % 2000)


def _due_at(index: int, now: datetime) -> datetime:
    """All but a hundred are due later than today; those ran out in the hour past."""
    return now - timedelta(seconds=30 * index) if index < 100 else now + timedelta(minutes=120 + index / 100)


def _matter(chance: random.Random) -> tuple[str, str]:
    name = chance.choice(FAMILY) + chance.choice(GIVEN)
    return (
        name,
        f"{chance.choice(PLACES)}{chance.choice(THINGS)}{chance.choice(FAULTS)}，{chance.choice(FAULTS)}。",
    )


def _ticket(index: int, chance: random.Random, rules: Rules, now: datetime) -> tuple[Any, ...]:
    number, opened_at, due_at = _number(index, now), _opened(index, now), _due_at(index, now)
    name, details = _matter(chance)
    owner = f"10{1 + index % 3}"
    phone = f"138{index:08d}"
    policy = rules.policy
    # The worker is to find nothing to do while it is measured: every alarm lies in the future.
    return (
        *(number, "phone", "inquiry", "complex", "open", owner, owner, name, phone, False, details),
        *(policy.name, opened_at, opened_at, opened_at, due_at, now + timedelta(days=1), False, 1),
        *(policy.digest, f"phone:{phone}", search_vector((number, name, details))),
    )


def _clock(index: int, chance: random.Random, rules: Rules, now: datetime) -> tuple[Any, ...]:
    return _number(index, now), "h12-complex", _opened(index, now), _due_at(index, now), "running", False


def _event(index: int, chance: random.Random, rules: Rules, now: datetime) -> tuple[Any, ...]:
    event = TicketEvent(
        ticket=_number(index, now),
        seq=1,
        at=_opened(index, now),
        actor="101",
        kind="opened",
        data={"owner": "101"},
    )
    return (
        event.ticket, 1, event.at, event.actor, event.kind, json.dumps(event.data), GENESIS, event_hash(event, GENESIS)
    )  # fmt: skip
