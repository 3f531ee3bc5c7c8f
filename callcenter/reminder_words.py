"""What reminders say, in the centre's languages: the one place of their words, for the console and for messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from callcenter.domain.policy import Label, Policy
from callcenter.domain.reminders import Reminder, ReminderKind
from callcenter.domain.tickets import Ticket

_EN: Mapping[str, str] = {
    "the_ticket": "Ticket {number}",
    "a_ticket": "A ticket",
    "warning": "{ticket}: its time runs out soon",
    "breach": "{ticket} is overdue",
    "escalation": "{ticket} is overdue and not done; you are next to be told",
    "approval": "{ticket} waits for your decision: {about}",
    "decision": "{ticket}: it is decided: {about}",
    "notice": "A new message that nobody has taken: {ticket}",
    "notice_owned": "{ticket}: a new message has come",
    "head_informed": "{ticket}: a complaint was referred to the responsible department",
    "handed": "{ticket} was passed on to you",
    "cover_begins": "You stand in for {person} now",
    "cover_ends": "You no longer stand in for {person}",
    "cover_back": "Welcome back: {count} open tickets are yours to handle again",
    "digest": "Today",
    "extension": "more time",
    "suggestion": "a suggestion",
    "disagreement": "a disagreement",
    "late": "{count} overdue",
    "today": "{count} due today",
    "waiting": "{count} waiting or to be completed",
    "nobodys": "{count} nobody's yet",
    "decide_extension": "{count} requests for more time to decide",
    "decide_suggestion": "{count} suggestions to decide",
    "decide_disagreement": "{count} disagreements to decide",
    "kind": "Kind",
    "channel": "Channel",
    "due": "Due",
    "contact_name": "Contact",
    "test": "A test from the first-inquiry desk",
    "test_body": "Reminders will reach you here.",
    "desk": "First-inquiry desk",
    "colon": ": ",
    "comma": ", ",
}
_ZH: Mapping[str, str] = {
    "the_ticket": "工单 {number} ",
    "a_ticket": "一张工单",
    "warning": "{ticket}时限将到",
    "breach": "{ticket}已超时",
    "escalation": "{ticket}超时未办结，现逐级提醒您",
    "approval": "{ticket}等您决定：{about}",
    "decision": "{ticket}已有决定：{about}",
    "notice": "新留言待认领：{ticket}",
    "notice_owned": "{ticket}有新留言",
    "head_informed": "{ticket}的投诉已移交责任部门，特此告知",
    "handed": "{ticket}已转给您办理",
    "cover_begins": "您现在代 {person} 的岗",
    "cover_ends": "您不再代 {person} 的岗",
    "cover_back": "欢迎回岗：{count} 张未办结的工单重新由您办理",
    "digest": "今日待办",
    "extension": "延期",
    "suggestion": "建议",
    "disagreement": "意见分歧",
    "late": "超时 {count} 张",
    "today": "今日到期 {count} 张",
    "waiting": "等待中或待补全 {count} 张",
    "nobodys": "无人认领 {count} 张",
    "decide_extension": "待批延期 {count} 件",
    "decide_suggestion": "待定建议 {count} 件",
    "decide_disagreement": "待裁分歧 {count} 件",
    "kind": "类型",
    "channel": "渠道",
    "due": "期限",
    "contact_name": "联系人",
    "test": "首问责任制服务台：测试消息",
    "test_body": "今后提醒将发到这里。",
    "desk": "首问责任制服务台",
    "colon": "：",
    "comma": "、",
}
WORDS: Mapping[str, Mapping[str, str]] = {"en": _EN, "zh": _ZH}
PILES = (
    "late",
    "today",
    "waiting",
    "nobodys",
    "decide_extension",
    "decide_suggestion",
    "decide_disagreement",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What goes out: a line and what stands below it."""

    title: str
    body: str


def line(
    reminder: Reminder, language: str, *, number: bool = True, names: Mapping[str, str] | None = None
) -> str:
    """The reminder in a line; without `names` people are extensions, without `number` tickets have none."""
    words = WORDS[language]
    data = reminder.data
    ticket = (
        words["the_ticket"].format(number=reminder.ticket)
        if reminder.ticket and number
        else words["a_ticket"]
    )
    person = str(data.get("for", ""))
    values: dict[str, Any] = {
        "ticket": ticket,
        "about": words.get(str(data.get("about", "")), ""),
        "person": f"{names[person]} ({person})" if names and person in names else person,
        "count": data.get("count", 0),
    }
    return words[_key(reminder)].format(**values).strip()


def _key(reminder: Reminder) -> str:
    if reminder.kind is ReminderKind.COVER:
        return f"cover_{reminder.data.get('phase', 'begins')}"
    if reminder.kind is ReminderKind.NOTICE and reminder.data.get("owned"):
        return "notice_owned"
    return reminder.kind.value


def digest_lines(reminder: Reminder, language: str, *, number: bool = True) -> list[str]:
    """What a digest lists, a line for each pile."""
    words = WORDS[language]
    lines: list[str] = []
    for pile in PILES:
        found = reminder.data.get(pile)
        if not isinstance(found, dict):
            continue
        text = words[pile].format(count=found["count"])
        numbers = words["comma"].join(found["numbers"]) if number else ""
        lines.append(f"{text}{words['colon']}{numbers}" if numbers else text)
    return lines


def message(
    reminder: Reminder, ticket: Ticket | None, policy: Policy, language: str, zone: ZoneInfo
) -> Message:
    """What leaves the product: of a ticket nothing but what the policy lets it show."""
    shows = policy.reminders.shows
    number = "number" in shows
    words = WORDS[language]
    lines = digest_lines(reminder, language, number=number)
    if ticket is not None:
        shown = {
            "kind": _name(policy.kinds, ticket.kind, language),
            "channel": _name(policy.channels, ticket.channel, language),
            "due": _due(reminder, ticket, zone),
            "contact_name": ticket.contact_name or "",
        }
        lines += [f"{words[key]}{words['colon']}{shown[key]}" for key in shows if shown.get(key)]
    title = line(reminder, language, number=number)
    return Message(title=title, body="\n".join(lines) or words["desk"])


def test_message(language: str) -> Message:
    """What somebody sends to themselves to see that it arrives."""
    words = WORDS[language]
    return Message(title=words["test"], body=words["test_body"])


def _name(labels: tuple[Label, ...], key: str, language: str) -> str:
    return next((label.names.get(language, key) for label in labels if label.key == key), key)


def _due(reminder: Reminder, ticket: Ticket, zone: ZoneInfo) -> str:
    due = reminder.data.get("due_at")
    at = datetime.fromisoformat(str(due)) if due else ticket.due_at
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M") if at else ""
