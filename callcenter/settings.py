"""Settings: one class, read from the environment (prefix SHOUWEN_), built once per process and passed down."""

from __future__ import annotations

import os
import re
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, ValidationInfo, field_validator
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SecretsSettingsSource,
    SettingsConfigDict,
)

from callcenter.loopback import place_of

SECRETS = Path("/run/secrets")
"""Where containers find their secrets. A file there named after a setting, such as shouwen_database_url, is its value
unless the environment has one."""


def default_home() -> Path:
    """Where run-time state lives when SHOUWEN_HOME is not set."""
    if os.geteuid() == 0:
        return Path("/var/lib/shouwen")
    data = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(data) / "shouwen"


def default_cache() -> Path:
    """Where downloads (Asterisk, models) live: outside the checkout, shared by clones."""
    cache = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(cache) / "shouwen"


def _port_range(value: str) -> str:
    match = re.fullmatch(r"(\d{1,5})-(\d{1,5})", value)
    if not match or not 1024 <= int(match[1]) < int(match[2]) <= 65535:
        raise ValueError("write a range of ports such as 10000-10999")
    return value


def _ip(value: str) -> str:
    try:
        return str(ip_address(value))
    except ValueError as error:
        raise ValueError("write an address of this machine, such as 127.0.0.1, or 0.0.0.0 for all") from error


def _host_port(value: str) -> str:
    match = re.fullmatch(r"([A-Za-z0-9.\-]+):(\d{1,5})", value)
    if not match or not 0 < int(match[2]) <= 65535:
        raise ValueError("write host:port, such as 127.0.0.1:5070")
    return value


def _address(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.\-:]+", value):
        raise ValueError("write one address or host name, such as 203.0.113.5")
    return value


def _networks(value: str) -> str:
    try:
        return ",".join(str(ip_network(part.strip(), strict=False)) for part in value.split(","))
    except ValueError as error:
        raise ValueError(
            "write networks with commas between them, such as 127.0.0.0/8,192.168.1.0/24"
        ) from error


def _addresses(value: str) -> str:
    parts = [part.strip() for part in value.split(",")]
    if not all(re.fullmatch(r"[A-Za-z0-9.\-:/]+", part) for part in parts):
        raise ValueError(
            "write addresses, networks or host names with commas between them, such as 203.0.113.10"
        )
    return ",".join(parts)


def _numbers(value: str) -> str:
    parts = [part.strip() for part in value.split(",")]
    if value and not all(re.fullmatch(r"[0-9]{1,15}", part) for part in parts):
        raise ValueError("write numbers with commas between them, such as 110,119,120")
    return ",".join(parts)


def _line_languages(value: str) -> str:
    pairs = [part.strip() for part in value.split(",")]
    if value and not all(re.fullmatch(r"[0-9]{1,15}=(zh|en)", pair) for pair in pairs):
        raise ValueError("write lines with their languages, zh or en, such as 8000=zh,8001=en")
    lines = [pair.partition("=")[0] for pair in pairs]
    if len(set(lines)) != len(lines):
        raise ValueError("a line is named twice: each has one language")
    return ",".join(pairs)


def _web_address(value: str) -> str:
    if not re.fullmatch(r"https?://[A-Za-z0-9.\-]+(:\d{1,5})?(/[A-Za-z0-9._~/\-]*)?", value):
        raise ValueError("write an address such as https://desk.example.edu.cn")
    return value.rstrip("/")


def _of_this_machine(value: str) -> str:
    place_of(value)
    return value.rstrip("/")


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError) as error:
        raise ValueError("write a zone of the IANA database, such as Asia/Shanghai") from error
    return value


Port = Annotated[int, Field(ge=1, le=65535)]


class Settings(BaseSettings):
    """Everything an operator may set. Each field is a row in the README's table (checked by a test)."""

    model_config = SettingsConfigDict(env_prefix="SHOUWEN_", extra="ignore")

    home: Path = Field(default_factory=default_home, description="folder of all run-time state")
    bind: Annotated[str, AfterValidator(_ip)] = Field(
        "127.0.0.1", description="address that SIP and the console listen on"
    )
    sip_port: Port = Field(5060, description="SIP, UDP")
    rtp_ports: Annotated[str, AfterValidator(_port_range)] = Field(
        "10000-10999", description="UDP ports for audio: two for each leg of a call"
    )
    agi_port: Port = Field(4573, description="FastAGI, TCP, loopback")
    ami_port: Port = Field(5038, description="Asterisk manager interface, TCP, loopback")
    web_port: Port = Field(8000, description="console and JSON API, TCP")
    database_url: str | None = Field(
        None, description="PostgreSQL 15 or later, postgresql://…; unset: an embedded one"
    )
    asterisk_root: Path | None = Field(
        None, description="an unpacked Asterisk 22 root to use instead of the cache's"
    )
    handoff_limit_s: Annotated[int, Field(ge=5, le=3600)] = Field(
        120, description="seconds from the request of a transfer to the colleague's acceptance (H11)"
    )
    ring_timeout_s: Annotated[int, Field(ge=3, le=600)] = Field(
        30, description="seconds a caller waits before the callback recording"
    )
    answer_threshold_s: Annotated[int, Field(ge=1, le=600)] = Field(
        15, description="seconds of ringing within which a call counts as answered quickly in reports"
    )
    lab_phone: Annotated[str, AfterValidator(_host_port)] | None = Field(
        None, description="host:port of a load-test phone; set: lines 8002 and 8003 exist"
    )
    trunk_host: Annotated[str, AfterValidator(_addresses)] = Field(
        "127.0.0.1", description="addresses that the trunk's INVITEs come from, with commas between them"
    )
    trunk_dial: Annotated[str, AfterValidator(_host_port)] | None = Field(
        None, description="host:port of the carrier's SIP server for calls back; unset: own extensions only"
    )
    outgoing_caller_id: Annotated[str, Field(pattern=r"^\+?[0-9]{3,15}$")] = Field(
        "8000", description="number that a person who is called back sees"
    )
    never_dial: Annotated[str, AfterValidator(_numbers)] = Field(
        "110,112,119,120,122",
        description="numbers that are never called back, with commas between them: emergency calls",
    )
    external_address: Annotated[str, AfterValidator(_address)] | None = Field(
        None, description="address by which phones and trunk reach this machine behind NAT; unset: its own"
    )
    local_networks: Annotated[str, AfterValidator(_networks)] = Field(
        "127.0.0.0/8,10.0.0.0/8,172.16.0.0/12,192.168.0.0/16",
        description="networks on this side of the NAT, this machine's own among them",
    )
    node: Annotated[int, Field(ge=1, le=99)] = Field(
        1, description="number of this Asterisk + agi pair, part of its ticket numbers"
    )
    time_zone: Annotated[str, AfterValidator(_zone)] = Field(
        "Asia/Shanghai", description="IANA zone of the centre's days and screens"
    )
    policy: str = Field("huizhou-school", description="name of the policy file for new tickets")
    language: Annotated[str, Field(pattern="^(zh|en)$")] = Field(
        "zh", description="language of the prompts and the console's default, zh or en"
    )
    line_languages: Annotated[str, AfterValidator(_line_languages)] | None = Field(
        None,
        description="language in which a line begins to speak, such as 8000=zh,8001=en; "
        "a line that is not named: `SHOUWEN_LANGUAGE`",
    )
    engine_zh: Annotated[str, Field(pattern="^(auto|vosk|vosk-server|whisper|off)$")] = Field(
        "auto", description="recogniser for Chinese: auto, vosk, vosk-server, whisper or off"
    )
    engine_en: Annotated[str, Field(pattern="^(auto|vosk|vosk-server|whisper|off)$")] = Field(
        "auto", description="recogniser for English: auto, vosk, vosk-server, whisper or off"
    )
    captions: Annotated[str, Field(pattern="^(off|on)$")] = Field(
        "off",
        description="live captions of calls in the console, off or on: costs most of a core while people talk",
    )
    fields_model: Annotated[str, AfterValidator(_of_this_machine)] | None = Field(
        None,
        description="http://127.0.0.1:port/v1 or unix:/path of a local language model (OpenAI's protocol) that fills in"
        " what the rules for proposals leave open; unset: rules alone",
    )
    vosk_server_zh: str | None = Field(None, description="ws://host:port of a Vosk server, Chinese")
    vosk_server_en: str | None = Field(None, description="ws://host:port of a Vosk server, English")
    speech_models: str | None = Field(
        None,
        description="folders with models, their archives or packages, `:` between: looked into before the network",
    )

    public_url: Annotated[str, AfterValidator(_web_address)] | None = Field(
        None,
        description="address of the console as people outside reach it, https://…; unset: the request's own",
    )
    wechat_token: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{3,32}$")] | None = Field(
        None, description="token of the WeChat service account's callback; unset: there is none"
    )
    wechat_app_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_]{1,64}$")] | None = Field(
        None, description="AppID of the service account"
    )
    wechat_aes_key: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{43}$")] | None = Field(
        None, description="EncodingAESKey, 43 characters; unset: messages come in plain text"
    )
    wechat_secret: Annotated[str, Field(pattern=r"^[A-Za-z0-9]{1,128}$")] | None = Field(
        None, description="AppSecret, with which pictures, sounds and films are fetched"
    )
    wechat_api: Annotated[str, AfterValidator(_web_address)] = Field(
        "https://api.weixin.qq.com", description="base address of the platform's API"
    )

    @field_validator("wechat_aes_key")
    @classmethod
    def _with_its_app(cls, value: str | None, about: ValidationInfo) -> str | None:
        """Whom an encrypted message is for is part of it."""
        if value is not None and about.data.get("wechat_app_id") is None:
            raise ValueError("set SHOUWEN_WECHAT_APP_ID too: encrypted messages name it")
        return value

    @field_validator("agi_port", "ami_port", "web_port")
    @classmethod
    def _of_its_own(cls, value: int, about: ValidationInfo) -> int:
        """No two parts on one port."""
        for name in ("sip_port", "agi_port", "ami_port"):
            if name != about.field_name and about.data.get(name) == value:
                raise ValueError(f"write another port than SHOUWEN_{name.upper()}'s, such as {value + 1}")
        return value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """What is passed, else the environment, else a secret's file."""
        if not SECRETS.is_dir():
            return init_settings, env_settings
        return init_settings, env_settings, SecretsSettingsSource(settings_cls, secrets_dir=SECRETS)

    @property
    def cache(self) -> Path:
        """Folder of downloads."""
        return default_cache()

    @property
    def speech_model_places(self) -> list[Path]:
        """Folders that are looked into for models before the network."""
        return [Path(part) for part in (self.speech_models or "").split(":") if part]

    @property
    def zone(self) -> ZoneInfo:
        """The centre's time zone."""
        return ZoneInfo(self.time_zone)

    @property
    def languages_of_lines(self) -> dict[str, str]:
        """Language by line, of the lines that have one of their own."""
        named = (self.line_languages or "").split(",")
        return {line: language for line, _, language in (pair.partition("=") for pair in named if pair)}

    def language_of(self, line: str) -> str:
        """The language in which a line begins to speak."""
        return self.languages_of_lines.get(line, self.language)

    @property
    def barred(self) -> frozenset[str]:
        """Numbers that are never called back."""
        return frozenset(self.never_dial.split(","))

    @property
    def recordings(self) -> Path:
        """Folder of recordings; paths in the database are relative to it."""
        return self.home / "recordings"

    @property
    def attachments(self) -> Path:
        """Folder of files that belong to tickets; paths in the database are relative to it."""
        return self.home / "attachments"

    @property
    def inbox(self) -> Path:
        """Folder of messages that wait for the database."""
        return self.home / "inbox"

    @property
    def journal(self) -> Path:
        """The node's journal (SQLite), opened by the agi process alone."""
        return self.home / "journal.db"

    @property
    def own_policies(self) -> Path:
        """Folder of the centre's own policy files; they stand over those that come with the product."""
        return self.home / "policies"

    @property
    def demo_accounts(self) -> Path:
        """Demo staff with their passwords, for the contract's JSON file."""
        return self.home / "demo-accounts.json"

    @property
    def log(self) -> Path:
        """Folder of log files."""
        return self.home / "log"
