"""What a caller, a stranger or another program on the machine cannot do."""

from __future__ import annotations

import asyncio
import configparser
import re
import stat
from pathlib import Path

import psutil
import pytest

from callcenter.runtime import asterisk_config, asterisk_process
from callcenter.softphone.call import Call
from callcenter.softphone.errors import CallFailed
from callcenter.softphone.phone import Phone
from tests.pbx.desk import (
    TestDesk,
    answered_call,
    caller,
    hear_each_other,
    next_ring,
    password,
    phones,
    tone,
)

pytestmark = pytest.mark.anyio

ALL_KEYS = "*2102#*3103#*7*1*8*#123456789*0##"
REFUSED = (401, 403)
OTHER_ADDRESS = "127.0.0.2"
WRITTEN = Path(__file__).parents[2] / "asterisk-config"
UNDOCUMENTED = "Could not find option 'minimum_size' with type 'threadpool' in module 'stasis'"
"""Asterisk 22.10.1 misses a line of its own documentation at each start."""


async def press(call: Call) -> None:
    """Every key there is, quickly."""
    await call.send_digits(ALL_KEYS, tone_ms=60, gap_ms=40)


def settings_of(desk: TestDesk, name: str) -> configparser.RawConfigParser:
    """A file of asterisk-config/."""
    parser = configparser.RawConfigParser(strict=False, allow_no_value=True, comment_prefixes=(";",))
    lines = (WRITTEN / name).read_text("utf-8").splitlines()
    parser.read_string("\n".join(line for line in lines if not line.startswith("#")))
    return parser


async def test_keys_of_the_caller_mean_nothing(desk: TestDesk) -> None:
    async with phones(desk, "101", "102", "103") as desk_phones, caller(desk) as outside:
        call, first = await answered_call(outside, desk_phones["101"])
        await press(call)
        await hear_each_other(call, first)
        record = await desk.until(lambda call: True)
        assert (record.handoffs, record.recordings) == ((), ())
        await call.hangup()
        await first.wait_ended()


async def test_keys_of_the_caller_in_a_consult_and_after_it(desk: TestDesk) -> None:
    async with phones(desk, "101", "102", "103") as desk_phones, caller(desk) as outside:
        call, first = await answered_call(outside, desk_phones["101"])
        await first.send_digits("*2102#")
        colleague = await next_ring(desk_phones["102"])
        await colleague.answer()
        await hear_each_other(first, colleague)
        await press(call)
        await hear_each_other(first, colleague)
        await first.hangup()
        await hear_each_other(call, colleague)
        await press(call)
        await hear_each_other(call, colleague)
        record = await desk.until(lambda call: True)
        assert [handoff.outcome for handoff in record.handoffs] == ["accepted"]
        await call.hangup()
        await colleague.wait_ended()


async def test_keys_of_the_caller_after_ring_back(desk: TestDesk) -> None:
    async with phones(desk, "101", "102", "103") as desk_phones, caller(desk) as outside:
        call, first = await answered_call(outside, desk_phones["101"])
        await first.send_digits("*2102#")
        colleague = await next_ring(desk_phones["102"])
        await first.hangup()
        await colleague.reject(603)
        again = await next_ring(desk_phones["101"])
        await again.answer()
        await hear_each_other(call, again)
        await press(call)
        await hear_each_other(call, again)
        record = await desk.until(lambda call: True)
        assert [handoff.outcome for handoff in record.handoffs] == ["refused"]
        await call.hangup()
        await again.wait_ended()


async def test_keys_of_the_caller_back_from_a_consult(desk: TestDesk) -> None:
    async with phones(desk, "101", "102", "103") as desk_phones, caller(desk) as outside:
        call, first = await answered_call(outside, desk_phones["101"])
        await first.send_digits("*2102#")
        await next_ring(desk_phones["102"])
        await first.send_digits("*1")
        await hear_each_other(call, first)
        await press(call)
        await hear_each_other(call, first)
        record = await desk.until(lambda call: True)
        assert [handoff.outcome for handoff in record.handoffs] == ["cancelled"]
        await call.hangup()
        await first.wait_ended()


async def test_refer_from_the_caller_is_refused(desk: TestDesk) -> None:
    async with phones(desk, "101", "102") as desk_phones, caller(desk) as outside:
        call, first = await answered_call(outside, desk_phones["101"])
        with pytest.raises(CallFailed):
            await call.refer("102")
        with pytest.raises(CallFailed):
            await call.refer("8001")
        await hear_each_other(call, first)
        assert not desk_phones["102"].calls


@pytest.mark.parametrize("target", ["101", "104", "s", "*2", "lab", "shouwen-callback", "8003", "trunk", "h"])
async def test_the_trunk_reaches_lines_only(desk: TestDesk, target: str) -> None:
    async with phones(desk, "101"), caller(desk) as outside:
        call = await outside.dial(target)
        with pytest.raises(CallFailed) as refused:
            await call.wait_answered()
        assert refused.value.status == 404


async def dial_as(phone: Phone, user: str, secret: str | None = None) -> int:
    """The status with which a call to 8000 ends before it is answered."""
    call = await phone.dial("8000", from_user=user, password=secret)
    with pytest.raises(CallFailed) as refused:
        await call.wait_answered()
    return refused.value.status


@pytest.mark.parametrize("bind", ["127.0.0.1", OTHER_ADDRESS])
async def test_an_extension_needs_its_password(desk: TestDesk, bind: str) -> None:
    async with await Phone.open(server=desk.sip, user="101", bind=bind) as phone:
        assert await dial_as(phone, "101") in REFUSED
        assert await dial_as(phone, "101", "wrong") in REFUSED
        assert await dial_as(phone, "101", password("102")) in REFUSED
    assert desk.live() is None


@pytest.mark.parametrize("user", ["trunk", "13800138000", "anonymous", "lab", "199"])
async def test_strangers_from_another_address(desk: TestDesk, user: str) -> None:
    async with await Phone.open(server=desk.sip, user=user, bind=OTHER_ADDRESS) as phone:
        assert await dial_as(phone, user) in REFUSED
        assert await dial_as(phone, user, password("101")) in REFUSED
        with pytest.raises(CallFailed):
            await phone.register()
    assert desk.live() is None


async def test_register_needs_the_password(desk: TestDesk) -> None:
    for user, secret in (("101", "wrong"), ("101", None), ("199", "wrong"), ("trunk", "wrong")):
        async with await Phone.open(server=desk.sip, user=user, password=secret) as phone:
            with pytest.raises(CallFailed) as refused:
                await phone.register()
            # the trunk's address is no phone: a registration in nobody's name finds nothing there
            assert refused.value.status in (*REFUSED, 404, 405)


async def test_digest_asks_for_our_realm(desk: TestDesk) -> None:
    async with await Phone.open(server=desk.sip, user="101") as phone:
        call = await phone.dial("8000")
        with pytest.raises(CallFailed):
            await call.wait_answered()
        assert 'realm="shouwen"' in call.headers.get("WWW-Authenticate")


def test_no_password_on_disk_and_files_are_private(desk: TestDesk) -> None:
    folder = asterisk_process.folder(desk.desk.settings)
    for path in (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()):
        if "sounds" in path.parts:  # the tests' own
            continue
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path
        text = path.read_bytes()
        assert not any(password(extension).encode() in text for extension in ("101", "102", "103", "104"))
    phones_file = (folder / "etc" / "pjsip_staff.conf").read_text("utf-8")
    assert len(re.findall(r"^md5_cred = [0-9a-f]{32}$", phones_file, re.MULTILINE)) == 4
    assert "password" not in phones_file


async def ask_manager(desk: TestDesk, *actions: str) -> list[str]:
    """What Asterisk's manager interface replies to each action of the desk's own account."""
    reader, writer = await asyncio.open_connection("127.0.0.1", desk.desk.settings.ami_port)
    secret = asterisk_config.secret_file(desk.desk.settings).read_text().strip()
    replies = []
    try:
        await reader.readline()
        for action in (f"Login\r\nUsername: shouwen\r\nSecret: {secret}\r\nEvents: off", *actions):
            writer.write(f"Action: {action}\r\n\r\n".encode())
            while True:
                reply = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)).decode()
                if reply.startswith("Response:"):
                    break
            replies.append(reply)
    finally:
        writer.close()
        await writer.wait_closed()
    assert "Authentication accepted" in replies[0]
    return replies[1:]


async def test_the_manager_account_may_do_little(desk: TestDesk) -> None:
    replies = await ask_manager(
        desk,
        "Originate\r\nChannel: PJSIP/101\r\nApplication: System\r\nData: id",
        "Command\r\nCommand: core show version",
        "GetConfig\r\nFilename: pjsip_staff.conf",
        "UpdateConfig\r\nSrcFilename: manager.conf\r\nDstFilename: manager.conf",
        "UserEvent\r\nUserEvent: x",
        "ModuleLoad\r\nModule: app_system.so\r\nLoadType: load",
        "DBPut\r\nFamily: a\r\nKey: b\r\nVal: c",
        "QueueAdd\r\nQueue: service\r\nInterface: PJSIP/104",
        "Reload",
    )
    for reply in replies:
        assert reply.startswith("Response: Error"), reply


async def test_a_wrong_manager_secret(desk: TestDesk) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", desk.desk.settings.ami_port)
    await reader.readline()
    writer.write(b"Action: Login\r\nUsername: shouwen\r\nSecret: wrong\r\n\r\n")
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"Response: Error")
    writer.close()
    await writer.wait_closed()


def test_only_loopback_is_listened_on(desk: TestDesk) -> None:
    (pid,) = asterisk_process.running(desk.desk.settings)
    ours = [*psutil.Process(pid).net_connections("inet"), *psutil.Process().net_connections("inet")]
    listening = {one.laddr for one in ours if one.status == psutil.CONN_LISTEN}
    settings = desk.desk.settings
    assert {settings.ami_port, settings.agi_port} <= {address.port for address in listening}
    assert {address.ip for address in listening} == {"127.0.0.1"}


def test_not_dangerously(desk: TestDesk) -> None:
    assert settings_of(desk, "asterisk.conf")["options"]["live_dangerously"].startswith("no")
    assert "Executable includes:         Disabled" in desk.rx("core show settings")


def test_features_are_those_written(desk: TestDesk) -> None:
    shown = desk.rx("features show")
    builtin, _, dynamic = shown.partition("Dynamic Feature")
    rows = dict(re.findall(r"^([A-Z][A-Za-z ]+?)  +(.*)$", builtin, re.MULTILINE))
    del rows["Builtin Feature"]
    assert rows
    for name, keys in rows.items():
        assert len(keys.split()) <= 1, name  # a default, and no current key
    keys = dict(re.findall(r"^(shouwen-\w+) +no def +(\S+)", dynamic, re.MULTILINE))
    written = settings_of(desk, "features.conf")["applicationmap"]
    assert keys == {name: value.lstrip("> ").split(",")[0] for name, value in written.items()}
    assert len(keys) == 4


def test_modules_are_those_written(desk: TestDesk) -> None:
    loaded = set(re.findall(r"^(\w+\.so)", desk.rx("module show"), re.MULTILINE))
    text = (WRITTEN / "modules.conf").read_text("utf-8")
    assert loaded == set(re.findall(r"^(?:pre)?load = (\w+\.so)", text, re.MULTILINE))
    not_running = re.findall(r"^.*Not Running.*$", desk.rx("module show"), re.MULTILINE)
    assert not_running == []


def test_dialplan_is_the_one_written(desk: TestDesk) -> None:
    shown = set(re.findall(r"\[ Context '(shouwen-[\w-]+)'", desk.rx("dialplan show")))
    text = (WRITTEN / "extensions.conf").read_text("utf-8")
    assert shown == set(re.findall(r"^\[(shouwen-[\w-]+)\]", text, re.MULTILINE))
    used = set(re.findall(r"(?:n|\d)(?:\(\w+\))?,(?:ExecIf\(.*\?)?([A-Z]\w+)\(", text))
    known = desk.rx("core show applications").lower()
    assert [name for name in used if f" {name.lower()}:" not in known] == []


def test_starts_without_complaint(desk: TestDesk) -> None:
    log = Path(desk.desk.settings.log / "asterisk.log").read_text("utf-8", "replace")
    start = log.partition("Asterisk Ready.")[0].replace(UNDOCUMENTED, "")
    assert not re.search(r"ERROR|WARNING|Could not|Unable|error", start), start
    messages = asterisk_process.folder(desk.desk.settings) / "var" / "log" / "messages.log"
    assert not messages.exists() or "ERROR" not in messages.read_text("utf-8", "replace").split("Ready")[0]


async def test_silence_is_no_way_in(desk: TestDesk) -> None:
    """Rubbish on the SIP port does not disturb a call."""
    async with phones(desk, "101") as desk_phones, caller(desk) as outside:
        call, first = await answered_call(outside, desk_phones["101"])
        for rubbish in (b"\x00" * 1400, b"INVITE", b"INVITE sip:8000 SIP/2.0\r\n\r\n", tone(440)):
            outside.send_raw(rubbish)
        await hear_each_other(call, first)
