"""The limits of a policy as a table: clocks of one rule, door and way stand in one row."""

from __future__ import annotations

from collections.abc import Sequence

from callcenter.domain.policy import Clock
from callcenter.policy_speech import Section, Words, grid


def clocks_section(words: Words) -> Section:
    """The section; empty for a policy without limits."""
    families: dict[tuple[object, ...], list[Clock]] = {}
    for clock in words.policy.clocks.values():
        families.setdefault((clock.rule, clock.channel, clock.starts, clock.stops), []).append(clock)
    said = (
        words.say(
            "以工作日计的期限：当天不算，在最后一个工作日下班时到期。",
            "A limit in working days does not count the day itself and ends at closing time of the last one.",
        ),
        words.say("正好在到期时刻完成，算按时。", "Done exactly at the due time is in time."),
    )
    rows = tuple(
        (
            family[0].rule,
            words.channel(family[0].channel)
            + (
                words.say("，", ", ") + words.named(words.policy.kinds, family[0].kind)
                if family[0].kind and len(family) == 1
                else ""
            ),
            words.way(family[0]),
            _limits(words, family),
            _notes(words, family),
        )
        for family in families.values()
    )
    head = (
        words.say("条款", "Rule"),
        words.say("适用", "For"),
        words.say("起止", "From and to"),
        words.say("期限", "Limit"),
        words.say("说明", "Notes"),
    )
    return Section(
        key="clocks",
        title=words.say("时限", "Limits"),
        sentences=said if rows else (),
        grid=grid(head, rows),
    )


def _limits(words: Words, family: Sequence[Clock]) -> str:
    if len(family) == 1:
        return words.limit(family[0].limit)
    return words.list_(f"{words.variant(clock)} {words.limit(clock.limit)}" for clock in family)


def _notes(words: Words, family: Sequence[Clock]) -> str:
    clock = family[0]
    notes: list[str] = []
    if otherwise := next((each for each in family if each.otherwise), None):
        name = words.variant(otherwise)
        notes.append(words.say(f"其他难度按“{name}”", f"otherwise as {name}"))
    if clock.per_office:
        notes.append(words.say("各部门各自计时", "each office has its own"))
    if clock.repeats:
        notes.append(words.say("每次完成后重新起算，直到办结", "begins again each time, until the end"))
    if clock.once:
        notes.append(words.say("一件事项只计一次", "counted once in a matter"))
    if clock.warn_before is not None:
        span = words.span(clock.warn_before)
        notes.append(words.say(f"到期前 {span}提醒", f"warning {span} before"))
    if clock.pauses:
        notes.append(words.say("等候材料期间暂停", "stands while papers are awaited"))
    if clock.extendable:
        notes.append(words.say("经批准可延期", "may be extended with approval"))
    return words.say("；", "; ").join(notes)
