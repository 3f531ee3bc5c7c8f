"""A table of a TOML file that knows its place in it, so that a fault names file, line, field and an example."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, time
from types import TracebackType
from typing import Any, TypeVar

from callcenter.errors import ShouwenError

T = TypeVar("T")

_HEADER = re.compile(r"^\s*(\[\[?)\s*([^\]]+?)\s*\]\]?\s*(?:#.*)?$")
_KEY = re.compile(r"""^\s*(?:"([^"]+)"|'([^']+)'|([A-Za-z0-9_.-]+))\s*=""")


LARGEST = 100_000
"""No number of a policy is larger: 69 days of minutes, 400 years of working days."""


class BadPolicy(ShouwenError):
    """The policy file is not usable; `faults` names each that could be told, a line each."""

    def __init__(self, *faults: str) -> None:
        """Take one line of text for each fault."""
        super().__init__("\n".join(faults))
        self.faults = faults


class Faults:
    """Faults that are told together: `with faults:` goes on behind what raises BadPolicy, `tell` raises them all."""

    def __init__(self) -> None:
        self._found: list[str] = []

    def __enter__(self) -> None:
        """Nothing yet."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        """Keep a BadPolicy; all else goes its way."""
        if not isinstance(error, BadPolicy):
            return False
        self._found += error.faults
        return True

    def read(self, reader: Callable[[], T], otherwise: T) -> T:
        """What `reader` gives, or `otherwise` with its faults kept."""
        with self:
            return reader()
        return otherwise

    def tell(self) -> None:
        """Raise BadPolicy if there is any."""
        if self._found:
            raise BadPolicy(*self._found)


def wall_time(text: str) -> time:
    """A time of day on the centre's clock, such as "08:15"; raises ValueError, for one with a zone too."""
    at = time.fromisoformat(text)
    if at.tzinfo is not None:
        raise ValueError(f"{text!r} has a zone of its own")
    return at


def read_table(name: str, text: str) -> Table:
    """The table that a whole file is; raises BadPolicy for what is no TOML."""
    try:
        values = tomllib.loads(text)
    except RecursionError as error:
        raise BadPolicy(f"{name}: it is nested too deeply") from error
    except ValueError as error:
        # beside its own errors `tomllib` lets pass that a number has too many digits
        raise BadPolicy(f"{name}: {error}") from error
    return Table(values, "", Lines(name, text))


class Lines:
    """Where tables and keys stand in a text. A key inside an inline table is found on the line of that table."""

    def __init__(self, name: str, text: str) -> None:
        self.name = name
        self._of: dict[str, int] = {}
        counts: dict[str, int] = {}
        here = ""
        for number, line in enumerate(text.splitlines(), start=1):
            if header := _HEADER.match(line):
                here = header[2].replace('"', "")
                if header[1] == "[[":
                    counts[here] = counts.get(here, -1) + 1
                    here = f"{here}[{counts[here]}]"
                self._of.setdefault(here, number)
            elif key := _KEY.match(line):
                name_of_key = key[1] or key[2] or key[3]
                self._of.setdefault(f"{here}.{name_of_key}" if here else name_of_key, number)

    def of(self, path: str) -> int | None:
        """The line of `path` (such as `clocks[2].minutes`) or of the nearest thing around it."""
        while path:
            if path in self._of:
                return self._of[path]
            # a quoted key may hold dots and brackets, so that its end is no name or number
            shorter = re.sub(r"(\.[^.\[\]]+|\[\d+\])$", "", path)
            path = shorter if shorter != path else ""
        return None

    def place(self, path: str) -> str:
        """`file, line 12: clocks[2].minutes`."""
        line = self.of(path)
        where = f"{self.name}, line {line}" if line else self.name
        return f"{where}: {path}" if path else where


class Table:
    """One table. Keys that nobody asked for are refused by `finish`."""

    def __init__(self, value: object, path: str, lines: Lines) -> None:
        self.path = path
        self.lines = lines
        self._asked: set[str] = set()
        if not isinstance(value, dict):
            raise self.fault("", "a table is needed here")
        self._value: dict[str, Any] = value

    def fault(self, key: str, what: str) -> BadPolicy:
        """The error to raise about `key` of this table."""
        said = f"{self.lines.place(self._below(key))}: {what}"
        # a key may be quoted in the file, and hold what a terminal obeys
        return BadPolicy("".join("\ufffd" if unicodedata.category(each)[0] == "C" else each for each in said))

    def _below(self, key: str) -> str:
        return f"{self.path}.{key}" if self.path and key else self.path or key

    def __iter__(self) -> Iterator[str]:
        """The keys, in the order of the file."""
        return iter(self._value)

    def has(self, key: str) -> bool:
        """Whether the key is there."""
        self._asked.add(key)
        return key in self._value

    def get(self, key: str, kind: type, example: str) -> Any:
        """The value, of this type; `example` shows how it is written."""
        if not self.has(key):
            raise self.fault(key, f"is missing, write for example {example}")
        value = self._value[key]
        if not isinstance(value, kind) or (isinstance(value, bool) and kind not in (bool, object)):
            raise self.fault(key, f"{value!r} does not fit, write for example {example}")
        return value

    def text(self, key: str, example: str = '"text"') -> str:
        """A text that is not empty."""
        value: str = self.get(key, str, f"{key} = {example}")
        if not value.strip():
            raise self.fault(key, f"is empty, write for example {key} = {example}")
        if any(unicodedata.category(each) == "Cc" and each not in "\n\t" for each in value):
            raise self.fault(key, "has a control character in it")
        return value

    def number(self, key: str, *, least: int, example: int) -> int:
        """A whole number of at least `least`."""
        value: int = self.get(key, int, f"{key} = {example}")
        if value < least:
            raise self.fault(key, f"{value} is too small: {least} or more, such as {key} = {example}")
        if value > LARGEST:
            raise self.fault(key, f"is too large: at most {LARGEST}, such as {key} = {example}")
        return value

    def flag(self, key: str) -> bool:
        """True or false; false when it is not there."""
        return bool(self.get(key, bool, f"{key} = true")) if self.has(key) else False

    def choice(self, key: str, known: Iterable[str], default: str | None = None) -> str:
        """One of the `known` words."""
        if default is not None and not self.has(key):
            return default
        allowed = list(known)
        value = self.text(key, f'"{allowed[0]}"')
        if value not in allowed:
            raise self.fault(key, f"{value!r} is unknown; one of {', '.join(allowed)}")
        return value

    def list_of(self, key: str, known: Iterable[str] | None = None) -> tuple[str, ...]:
        """A list of texts, or one text; empty when it is not there."""
        if not self.has(key):
            return ()
        value = self._value[key]
        items: Sequence[object] = [value] if isinstance(value, str) else value
        if not isinstance(items, list) or not all(isinstance(item, str) for item in items):
            raise self.fault(key, f'{value!r} does not fit, write for example {key} = ["one", "two"]')
        allowed = None if known is None else list(known)
        for item in items:
            if allowed is not None and item not in allowed:
                raise self.fault(key, f"{item!r} is unknown; one of {', '.join(allowed)}")
        return tuple(str(item) for item in items)

    def table(self, key: str) -> Table:
        """A table below this one."""
        return Table(self.get(key, dict, f"[{key}]"), self._below(key), self.lines)

    def tables(self, key: str) -> list[Table]:
        """A list of tables; empty when it is not there."""
        items = self.get(key, list, f"[[{key}]]") if self.has(key) else []
        return [Table(item, f"{self._below(key)}[{index}]", self.lines) for index, item in enumerate(items)]

    def names(self, key: str) -> dict[str, str]:
        """Words by language, such as { zh = "投诉", en = "Complaint" }."""
        table = self.table(key)
        words = {language: table.text(language) for language in table}
        if not words:
            raise self.fault(key, f'is empty, write for example {key} = {{ zh = "投诉", en = "Complaint" }}')
        return words

    def moment(self, key: str) -> time:
        """A local time of day, such as "08:15"."""
        value = self.text(key, '"08:15"')
        try:
            return wall_time(value)
        except ValueError as error:
            raise self.fault(key, f'{value!r} is no time of day, write for example "08:15"') from error

    def days(self, key: str) -> frozenset[date]:
        """Days and runs of days, such as ["2026-07-20/2026-08-20", "2026-10-12"]."""
        found: set[date] = set()
        for text in self.list_of(key):
            first, _, last = text.partition("/")
            try:
                begin = date.fromisoformat(first.strip())
                end = date.fromisoformat(last.strip()) if last else begin
            except ValueError as error:
                raise self.fault(
                    key, f'{text!r} is no day or run of days, such as "2026-07-20/2026-08-20"'
                ) from error
            if end < begin or (end - begin).days > 400:
                raise self.fault(key, f"{text!r} does not run from an earlier day to a later one in a year")
            found.update(date.fromordinal(day) for day in range(begin.toordinal(), end.toordinal() + 1))
        return frozenset(found)

    def finish(self) -> None:
        """Refuse what nobody asked for."""
        unknown = sorted(set(self._value) - self._asked)
        known = ", ".join(sorted(self._asked))
        faults = Faults()
        for key in unknown:
            with faults:
                raise self.fault(key, f"nobody knows this; known here: {known}")
        faults.tell()
