"""Asterisk's configuration: the files of `asterisk-config/` with their @WORDS@ filled in, and the staff's phones."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from callcenter.asterisk_files import asterisk_files
from callcenter.domain.staff import StaffPhone
from callcenter.errors import ShouwenError
from callcenter.runtime import asterisk_process, home, prompt_files
from callcenter.runtime.asterisk import find_root
from callcenter.settings import Settings

SECRET_FILE = "ami-secret"  # noqa: S105 - the name of a file
"""File beside the rendered configuration that holds the manager account's password."""

LAB_MEMBERS = 40
"""How many calls may be on their way to the load-test phone at one moment."""

_WORD = re.compile(r"@([A-Z_]+)@")


class ConfigUnusable(ShouwenError):
    """A file of asterisk-config/ names a @WORD@ that nobody fills in."""


class AsteriskPlace(Protocol):
    """What the configuration has to know of an Asterisk: an unpacked one, or one in a container of its own."""

    @property
    def modules(self) -> Path:
        """Folder of its modules (astmoddir)."""

    @property
    def data(self) -> Path:
        """Folder of its static data (astdatadir)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledAsterisk:
    """An Asterisk that lies elsewhere and is started by somebody else."""

    modules: Path
    data: Path


def secret_file(settings: Settings) -> Path:
    """Where the manager account's password is kept."""
    return asterisk_process.folder(settings) / SECRET_FILE


def cel_file(settings: Settings) -> Path:
    """Where Asterisk writes its own record of calls."""
    return asterisk_process.folder(settings) / "var" / "log" / "cel-custom" / "shouwen.csv"


def render(settings: Settings, root: AsteriskPlace, staff: Sequence[StaffPhone]) -> None:
    """Write SHOUWEN_HOME/asterisk/etc whole; a running Asterisk keeps what it has read until `apply`."""
    source = asterisk_files()
    folder = asterisk_process.folder(settings)
    etc = folder / "etc"
    for part in (
        etc,
        *(folder / "var" / name for name in ("lib", "spool", "log/cel-custom", "agi-bin", "sbin")),
    ):
        part.mkdir(mode=0o700, parents=True, exist_ok=True)
    home.make_private(asterisk_process.sockets(settings))
    (settings.recordings / "fallback").mkdir(mode=0o700, parents=True, exist_ok=True)
    _link(folder / "moh", source / "moh")
    prompt_files.place_again(settings)
    words = _words(settings, root)
    for file in sorted(source.glob("*.conf")):
        _write(etc / file.name, fill(file.read_text("utf-8"), words))
    _write_phones(settings, staff)
    _write(etc / "queue_lab.conf", _lab_queue(settings))
    _write(etc / "extensions_lab.conf", _lab_lines(settings))


def apply(settings: Settings, staff: Sequence[StaffPhone]) -> None:
    """Write the phones anew and have a running Asterisk read what changed; calls in progress go on."""
    if not asterisk_process.configuration(settings).exists():
        return
    changed = _write_phones(settings, staff)
    if changed and asterisk_process.running(settings):
        root = find_root(settings)
        for command in ("module reload res_pjsip.so", "queue reload all", "dialplan reload"):
            asterisk_process.rx(settings, root, command)


def fill(text: str, words: Mapping[str, str]) -> str:
    """Put the values in place of their @WORDS@; raises ConfigUnusable for one that is unknown."""

    def value(match: re.Match[str]) -> str:
        if match[1] not in words:
            raise ConfigUnusable(f"asterisk-config/ names @{match[1]}@, which nobody fills in")
        return words[match[1]]

    return _WORD.sub(value, text)


def _words(settings: Settings, root: AsteriskPlace) -> dict[str, str]:
    folder = asterisk_process.folder(settings)
    first, _, last = settings.rtp_ports.partition("-")
    return {
        "ETC": str(folder / "etc"),
        "VAR": str(folder / "var"),
        "RUN": str(asterisk_process.sockets(settings)),
        "MODULES": str(root.modules),
        "DATA": str(root.data),
        "SOUNDS": str(folder / "sounds"),
        "MOH": str(folder / "moh"),
        "RECORDINGS": str(settings.recordings.absolute()),
        "LANGUAGE": settings.language,
        "LINE_LANGUAGES": "\n".join(
            f"LANGUAGE_{line} = {language}" for line, language in settings.languages_of_lines.items()
        ),
        "BIND": settings.bind,
        "SIP_PORT": str(settings.sip_port),
        "EXTERNAL": _external(settings),
        "CARRIER": _carrier(settings),
        "AGI_PORT": str(settings.agi_port),
        "AMI_PORT": str(settings.ami_port),
        "AMI_SECRET": _secret(settings),
        "TRUNK_HOST": settings.trunk_host,
        "RTP_START": first,
        "RTP_END": last,
        "CAPTIONS": _captions(settings),
        "RING_TIMEOUT_S": str(settings.ring_timeout_s),
    }


def _captions(settings: Settings) -> str:
    """What sends sound to the captioner is there only if there is one."""
    if settings.captions == "off":
        return "; no captions: nothing sends sound anywhere"
    return "load = res_audiosocket.so\nload = chan_audiosocket.so"


def _external(settings: Settings) -> str:
    """What the transport tells those who reach this machine by another address than its own."""
    if settings.external_address is None:
        return "; every address is this machine's own"
    lines = [
        f"{name} = {settings.external_address}"
        for name in ("external_media_address", "external_signaling_address")
    ]
    return "\n".join([*lines, *(f"local_net = {network}" for network in settings.local_networks.split(","))])


def _carrier(settings: Settings) -> str:
    """Where calls back go: present only when there is a carrier to send them to."""
    if settings.trunk_dial is None:
        return "; no carrier: only our own extensions can be called back"
    return (
        "\n[carrier](carrier-out)\naors = carrier\n\n"
        f"[carrier]\ntype = aor\ncontact = sip:{settings.trunk_dial}"
    )


def _secret(settings: Settings) -> str:
    path = secret_file(settings)
    if not path.exists():
        _write(path, secrets.token_urlsafe(32))
    return path.read_text("utf-8").strip()


def _write_phones(settings: Settings, staff: Sequence[StaffPhone]) -> bool:
    """Write what depends on the staff; whether anything is different from before."""
    etc = asterisk_process.folder(settings) / "etc"
    endpoints = "\n".join(_endpoint(phone) for phone in staff) + _lab_endpoint(settings)
    members = [phone for phone in staff if phone.rung and phone.on_duty]
    lines = [f"member => PJSIP/{p.extension},0,{_plain(p.name)},PJSIP/{p.extension}" for p in members]
    dials = [
        f"exten => {p.extension},1,Dial(PJSIP/{p.extension},{settings.ring_timeout_s})\n same => n,Hangup()"
        for p in staff
    ]
    texts = {
        "pjsip_staff.conf": endpoints,
        "queue_members.conf": "\n".join(lines) + "\n",
        "extensions_staff.conf": "\n".join(dials) + "\n",
    }
    changed = [name for name, text in texts.items() if not _holds(etc / name, text)]
    for name in changed:
        _write(etc / name, texts[name])
    return bool(changed)


def _endpoint(phone: StaffPhone) -> str:
    """The three sections of one desk phone; its password is here only as a digest."""
    ext = phone.extension
    return (
        f'[{ext}](phone)\nauth = {ext}\naors = {ext}\ncallerid = "{_plain(phone.name)}" <{ext}>\n\n'
        f"[{ext}](phone-auth)\nusername = {ext}\nmd5_cred = {phone.sip_ha1}\n\n"
        f"[{ext}](phone-aor)\n"
    )


def _lab_endpoint(settings: Settings) -> str:
    """The load-test phone: no registration, no authentication, reached only by the lab lines."""
    if settings.lab_phone is None:
        return ""
    return (
        "\n[lab](phone)\nidentify_by = auth_username\naors = lab\n\n"
        f"[lab]\ntype = aor\ncontact = sip:lab@{settings.lab_phone}\n"
    )


def _lab_queue(settings: Settings) -> str:
    """One phone, present as many members: a queue offers no more callers at once than it has members, and one
    who has to wait looks again only after a second (app_queue.c, wait_our_turn), which at 60 calls/s holds up all
    behind them. The strategy rings one member a call, so the phone gets one INVITE.
    """
    if settings.lab_phone is None:
        return ""
    members = "".join(
        f"member => PJSIP/lab/sip:lab@{settings.lab_phone}\\;member={number},0,lab,PJSIP/lab\n"
        for number in range(1, LAB_MEMBERS + 1)
    )
    return (
        "[lab]\nstrategy = rrmemory\nringinuse = yes\nautofill = yes\nretry = 1\nwrapuptime = 0\n"
        f"timeout = {settings.ring_timeout_s}\nmusicclass = shouwen\ncontext = shouwen-wait\n{members}"
    )


def _lab_lines(settings: Settings) -> str:
    """8002: all of the product; 8003: the bare queue to compare with."""
    if settings.lab_phone is None:
        return ""
    return (
        "exten => 8002,1,Set(SHOUWEN_LINE=8002)\n same => n,Set(SHOUWEN_ROUTE=open)\n"
        " same => n,Goto(shouwen-arrive,s,1)\n"
        f"exten => 8003,1,Queue(lab,c,,,{settings.ring_timeout_s})\n same => n,Hangup()\n"
    )


def _plain(name: str) -> str:
    """A name that cannot leave its place in a configuration file."""
    return re.sub(r"[^\w \-.()（）·]", " ", name).strip()


def _holds(path: Path, text: str) -> bool:
    return path.exists() and path.read_text("utf-8") == text


def _write(path: Path, text: str) -> None:
    """Replace a file in one step, readable by its owner alone."""
    temporary = path.with_name(f".{path.name}.new")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    temporary.replace(path)


def _link(path: Path, target: Path) -> None:
    path.unlink(missing_ok=True)
    path.symlink_to(target)
