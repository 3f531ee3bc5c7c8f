"""Speaks Chinese or English about one policy: names, limits and lists, and the sections they are put into."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from callcenter.domain.calendar import Span
from callcenter.domain.clocks import Elapsed, Limit, WorkingDays
from callcenter.domain.policy import Clock, Label, Policy
from callcenter.policy_event_words import EVENT_WORDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A small table."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One subject: sentences, then a table or a list."""

    key: str
    title: str
    sentences: tuple[str, ...] = ()
    grid: Grid | None = None


def grid(head: Sequence[str], rows: Sequence[tuple[str, ...]]) -> Grid | None:
    """The table; None without rows."""
    return Grid(head=tuple(head), rows=tuple(rows)) if rows else None


class Words:
    """Speaks one language about one policy."""

    def __init__(self, policy: Policy, language: str) -> None:
        self.policy = policy
        self.is_zh = language == "zh"
        self._language = language

    def say(self, zh: str, en: str) -> str:
        return zh if self.is_zh else en

    def name_in(self, names: Mapping[str, str]) -> str:
        return names.get(self._language) or next(iter(names.values()), "")

    def named(self, labels: Iterable[Label], key: str) -> str:
        return next((self.name_in(label.names) for label in labels if label.key == key), key)

    def event(self, name: str) -> str:
        zh, en = EVENT_WORDS[name]
        return self.say(zh, en)

    def list_(self, items: Iterable[str]) -> str:
        return ("、" if self.is_zh else ", ").join(items)

    def and_(self, items: Iterable[str]) -> str:
        return self._joined(list(items), "、", " and ")

    def or_(self, items: Iterable[str]) -> str:
        return self._joined(list(items), "或", " or ")

    def _joined(self, items: list[str], zh: str, en: str) -> str:
        if self.is_zh or len(items) < 3:
            return self.say(zh, en).join(items)
        return f"{', '.join(items[:-1])}{en}{items[-1]}"

    def spans(self, spans: Iterable[Span]) -> str:
        return self.list_(f"{span.opens:%H:%M}–{span.closes:%H:%M}" for span in spans)

    def days(self, days: Iterable[date]) -> str:
        runs: list[list[date]] = []
        for day in sorted(days):
            if runs and day - runs[-1][-1] == timedelta(days=1):
                runs[-1].append(day)
            else:
                runs.append([day])
        return self.list_(f"{run[0]}–{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs)

    def span(self, length: timedelta) -> str:
        total = int(length.total_seconds())
        parts = (
            (total // 3600, "小时", "hour"),
            (total // 60 % 60, "分钟", "minute"),
            (total % 60, "秒", "second"),
        )
        said = [self.say(f"{n} {zh}", f"{n} {en}{'s' * (n != 1)}") for n, zh, en in parts if n]
        return " ".join(said) or self.say("0 秒", "0 seconds")

    def limit(self, limit: Limit) -> str:
        if isinstance(limit, WorkingDays):
            return self.say(f"{limit.days} 个工作日", f"{limit.days} working day{'s' * (limit.days != 1)}")
        if isinstance(limit, Elapsed):
            return self.span(limit.span)
        return self.say(f"{self.span(limit.span)}（开放时间内）", f"{self.span(limit.span)} of opening hours")

    def way(self, clock: Clock) -> str:
        begin = self.or_(self.event(event) for event in clock.starts)
        end = self.and_(self.event(event) for event in clock.stops)
        return self.say(f"从{begin}到{end}", f"from {begin} to {end}")

    def channel(self, key: str) -> str:
        return self.say("各渠道", "any channel") if key == "any" else self.named(self.policy.channels, key)

    def variant(self, clock: Clock) -> str:
        """The complexity or kind that the limit is for."""
        if clock.complexity:
            return self.named(self.policy.complexities, clock.complexity)
        return self.named(self.policy.kinds, clock.kind) if clock.kind else ""
