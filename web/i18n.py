"""The console's two languages: catalogues compiled in memory, dates and spans written by Babel."""

from __future__ import annotations

import gettext
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale
from babel.core import negotiate_locale
from babel.dates import format_date, format_datetime, format_time, format_timedelta
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALES = Path(__file__).parent / "locales"
LANGUAGES = ("zh", "en")
BABEL = {"zh": Locale("zh"), "en": Locale("en", "GB")}
NAMES = {"zh": "中文", "en": "English"}


def N_(message: str) -> str:
    """Marks a message for the catalogue where it is written; it is translated where it is shown."""
    return message


@lru_cache(maxsize=4)
def catalogue(language: str) -> gettext.NullTranslations:
    """The compiled messages of `language`, built from its .po file: no binary can be out of date."""
    source = LOCALES / language / "LC_MESSAGES" / "messages.po"
    with source.open("rb") as file:
        messages = read_po(file, locale=language)
    compiled = BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


def choose(offered: str | None, cookie: str | None, accept: str | None, default: str) -> str:
    """The language to speak: the link's, else the cookie's, else the browser's, else the centre's."""
    for wish in (offered, cookie):
        if wish in LANGUAGES:
            return wish
    wanted = [part.split(";")[0].strip().replace("-", "_") for part in (accept or "").split(",")]
    tags = [tag for full in wanted if full for tag in (full, full.split("_")[0])]
    return negotiate_locale(tags, LANGUAGES) or default


@dataclass(frozen=True, slots=True, kw_only=True)
class Speech:
    """One language in the centre's zone: what templates and views speak with."""

    language: str
    translations: gettext.NullTranslations
    zone: ZoneInfo

    @property
    def html(self) -> str:
        """The value of the `lang` attribute."""
        return "zh-CN" if self.language == "zh" else "en"

    def gettext(self, message: str) -> str:
        """The message in this language."""
        return self.translations.gettext(message)

    def ngettext(self, one: str, many: str, count: int) -> str:
        """The message in the plural form that `count` asks for."""
        return self.translations.ngettext(one, many, count)

    def sentences(self, *said: str) -> str:
        """Sentences one after the other; Chinese puts no space between them."""
        return ("" if self.language == "zh" else " ").join(said)

    def time(self, at: datetime, seconds: bool = True) -> str:
        """Wall-clock time in the centre's zone."""
        form = "HH:mm:ss" if seconds else "HH:mm"
        return format_time(at.astimezone(self.zone), form, locale=BABEL[self.language])

    def day(self, at: datetime | date) -> str:
        """A day with its weekday."""
        value = at.astimezone(self.zone).date() if isinstance(at, datetime) else at
        form = "M月d日 EEE" if self.language == "zh" else "EEE d MMM"
        return format_date(value, form, locale=BABEL[self.language])

    def moment(self, at: datetime) -> str:
        """Day and time, short."""
        form = "M月d日 HH:mm" if self.language == "zh" else "d MMM HH:mm"
        return format_datetime(at.astimezone(self.zone), form, locale=BABEL[self.language])

    def full(self, at: datetime) -> str:
        """Year, day and time, for titles and tool tips."""
        form = "y年M月d日 EEE HH:mm:ss" if self.language == "zh" else "EEE d MMM y HH:mm:ss"
        return format_datetime(at.astimezone(self.zone), form, locale=BABEL[self.language])

    def span(self, length: timedelta) -> str:
        """A span in its largest unit, such as "2 days"."""
        return format_timedelta(length, threshold=1.5, locale=BABEL[self.language])

    def seconds(self, length_ms: int) -> str:
        """A short span with one decimal below ten seconds, such as "2.4 s"."""
        value = length_ms / 1000
        text = f"{value:.1f}" if value < 10 else f"{value:.0f}"
        return self.gettext("%(seconds)s s") % {"seconds": text}

    def clock(self, length: timedelta) -> str:
        """A span as minutes and seconds, or hours too when it is long."""
        total = max(0, int(length.total_seconds()))
        hours, rest = divmod(total, 3600)
        minutes, seconds = divmod(rest, 60)
        return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes:02}:{seconds:02}"

    def iso(self, at: datetime) -> str:
        """ISO 8601 with the centre's offset, for machines."""
        return at.astimezone(self.zone).isoformat(timespec="milliseconds")

    def is_today(self, at: datetime, now: datetime) -> bool:
        """Whether both instants fall on the same day of the centre."""
        return at.astimezone(self.zone).date() == now.astimezone(self.zone).date()


def speeches(zone: ZoneInfo) -> Mapping[str, Speech]:
    """Every language, ready to speak."""
    return {
        language: Speech(language=language, translations=catalogue(language), zone=zone)
        for language in LANGUAGES
    }
