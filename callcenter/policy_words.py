"""A policy in plain words and small tables, Chinese or English: what `shouwen policy show` and the console print."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from callcenter.domain.policy import EscalationRole, FormField, Needed, Policy
from callcenter.policy_clock_words import clocks_section
from callcenter.policy_event_words import OWN_FIELD_WORDS, SHOWN_WORDS, WEIGHT_WORDS
from callcenter.policy_speech import Section, Words, grid


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyText:
    """A whole policy as a head reads it."""

    title: str
    sections: tuple[Section, ...]


def policy_text(policy: Policy, language: str) -> PolicyText:
    """The policy in `language` (zh or en)."""
    words = Words(policy, language)
    sections = (each(words) for each in _SECTIONS)
    return PolicyText(
        title=words.name_in(policy.title),
        sections=tuple(section for section in sections if section.sentences or section.grid),
    )


def clock_sentence(policy: Policy, name: str, language: str) -> str:
    """One clock in a sentence, such as "from the registration to the result being told: 1 working day"."""
    words = Words(policy, language)
    clock = policy.clock(name)
    return words.say("{way}：{limit}", "{way}: {limit}").format(
        way=words.way(clock), limit=words.limit(clock.limit)
    )


def clock_label(policy: Policy, name: str, language: str) -> str:
    """One clock among others, such as "H12 Phone, Simple · 1 working day"."""
    words, clock = Words(policy, language), policy.clock(name)
    place = words.say("，", ", ").join(filter(None, (words.channel(clock.channel), words.variant(clock))))
    return f"{clock.rule} {place} · {words.limit(clock.limit)}"


def what_stops(policy: Policy, name: str, language: str) -> str:
    """What has to happen for the clock to stop."""
    words = Words(policy, language)
    return words.and_(words.event(event) for event in policy.clock(name).stops)


def _hours(words: Words) -> Section:
    policy = words.policy
    said = [
        words.say(
            f"工作日 {words.spans(policy.hours.standard)} 开放（时区 {policy.zone.key}）。",
            f"Open on working days {words.spans(policy.hours.standard)} (zone {policy.zone.key}).",
        ),
        words.say(
            "工作日按国务院办公厅公布的节假日和调休安排；中心自己的停办日、加班日在“日历”页设置。",
            "Working days follow the State Council's notice of holidays and make-up days; the centre's own closures "
            "and openings are set on the page Calendar.",
        ),
    ]
    for weekday, spans in policy.hours.weekdays:
        name = words.say(f"星期{'一二三四五六日'[weekday]}", _WEEKDAYS[weekday])
        if spans:
            said.append(words.say(f"{name}：{words.spans(spans)}。", f"{name}: {words.spans(spans)}."))
        else:
            said.append(words.say(f"{name}不开放。", f"{name}: closed."))
    if policy.closures:
        said.append(words.say("停办日：", "Closed: ") + words.days(policy.closures))
    if policy.openings:
        said.append(words.say("加班开放日：", "Open besides: ") + words.days(policy.openings))
    return Section(key="hours", title=words.say("开放时间", "Opening hours"), sentences=tuple(said))


_WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def _matters(words: Words) -> Section:
    policy = words.policy
    default = words.named(policy.complexities, policy.default_complexity)
    said = (
        words.say("受理渠道：", "Matters come by: ")
        + words.list_(words.name_in(label.names) for label in policy.channels)
        + words.say("。", "."),
        words.say("难度：", "They are: ")
        + words.list_(words.name_in(label.names) for label in policy.complexities)
        + words.say(f"；没有人选择之前按“{default}”计时。", f"; until someone chooses, {default}."),
    )
    rows = tuple(
        (
            words.name_in(kind.names),
            words.list_(words.event(step) for step in kind.steps)
            or words.say("与所有事项相同", "as for every matter"),
        )
        for kind in policy.kinds
    )
    head = (words.say("事项类别", "Kind of matter"), words.say("另有的办理步骤", "Steps of its own"))
    return Section(
        key="matters",
        title=words.say("事项类别与渠道", "Kinds of matter and channels"),
        sentences=said,
        grid=grid(head, rows),
    )


def _fields(words: Words) -> Section:
    policy = words.policy
    when = {
        Needed.OPENING: words.say("登记时必填", "needed to register"),
        Needed.CLOSING: words.say("归档前必填", "needed to close"),
        Needed.NEVER: words.say("可填", "may be filled in"),
    }
    rows = tuple(
        (_field_name(words, field), when[field.needed], _field_place(words, field), field.rule)
        for field in policy.fields
    )
    head = (
        words.say("栏目", "Field"),
        words.say("要求", "Needed"),
        words.say("适用", "For"),
        words.say("条款", "Rule"),
    )
    return Section(key="fields", title=words.say("登记表", "Forms"), grid=grid(head, rows))


def _field_name(words: Words, field: FormField) -> str:
    if field.names:
        return words.name_in(field.names)
    zh, en = OWN_FIELD_WORDS[field.key]
    return words.say(zh, en)


def _field_place(words: Words, field: FormField) -> str:
    channels = [words.named(words.policy.channels, key) for key in field.channels]
    kinds = [words.named(words.policy.kinds, key) for key in field.kinds]
    return words.list_([*channels, *kinds]) or words.say("所有事项", "every matter")


def _escalations(words: Words) -> Section:
    names = {
        EscalationRole.OWNER: words.say("首问责任人", "the owner"),
        EscalationRole.B_POST: words.say(" B 岗", "the B post"),
        EscalationRole.HEAD: words.say("负责人", "the head"),
    }
    said = []
    for step in words.policy.escalations:
        who = names[step.role]
        if step.after is None:
            said.append(words.say(f"到期前提醒{who}。", f"Before the due time {who} is warned."))
        elif not step.after:
            said.append(words.say(f"一到期即告知{who}。", f"At the breach {who} is told."))
        else:
            span = words.span(step.after)
            said.append(
                words.say(
                    f"逾期 {span}（开放时间内）仍未完成，告知{who}。",
                    f"Still not done {span} of opening hours after it, {who} is told.",
                )
            )
    return Section(
        key="escalations",
        title=words.say("超期逐级告知", "Who is told when time runs out"),
        sentences=tuple(said),
    )


def _satisfaction(words: Words) -> Section:
    rows = tuple(
        (
            words.name_in(each.names),
            str(each.digit) if each.digit else "–",
            words.say("自动重新办理", "handled again by itself") if each.reopens else "–",
        )
        for each in words.policy.satisfaction
    )
    head = (words.say("评价", "Opinion"), words.say("电话按键", "Key"), words.say("结果", "What follows"))
    return Section(key="satisfaction", title=words.say("满意度", "Satisfaction"), grid=grid(head, rows))


def _reminders(words: Words) -> Section:
    reminders = words.policy.reminders
    said = []
    if reminders.quiet:
        spans = words.spans(reminders.quiet)
        said.append(words.say(f"{spans} 不打扰。", f"Nobody is disturbed {spans}."))
    if reminders.digest_at:
        at = f"{reminders.digest_at:%H:%M}"
        said.append(words.say(f"每天 {at} 发送当日汇总。", f"At {at} everybody gets the day's summary."))
    shown = words.list_(words.say(*SHOWN_WORDS[key]) for key in reminders.shows)
    said.append(
        words.say(
            f"控制台以外的消息只显示：{shown}；电话号码从不外发。",
            f"A message outside the console shows only: {shown}; a telephone number never.",
        )
    )
    return Section(key="reminders", title=words.say("提醒", "Reminders"), sentences=tuple(said))


def _offices(words: Words) -> Section:
    rows = tuple(
        (words.name_in(office.names), words.name_in(office.duties), office.contact or "–")
        for office in words.policy.offices
    )
    head = (words.say("部门", "Office"), words.say("负责", "Responsible for"), words.say("联系", "Contact"))
    return Section(key="offices", title=words.say("部门目录", "Offices"), grid=grid(head, rows))


def _checklists(words: Words) -> Section:
    policy = words.policy
    rows = tuple(
        (
            words.name_in(each.names),
            words.named(policy.kinds, each.kind),
            words.list_(words.name_in(paper.names) for paper in each.papers),
            words.name_in(each.procedure),
            words.name_in(each.limit),
        )
        for each in policy.checklists
    )
    head = (
        words.say("清单", "Notice"),
        words.say("事项类别", "Kind of matter"),
        words.say("所需材料", "Papers"),
        words.say("程序", "Procedure"),
        words.say("时限", "Limit"),
    )
    return Section(key="checklists", title=words.say("一次性告知", "One-time notices"), grid=grid(head, rows))


def _supervision(words: Words) -> Section:
    supervision = words.policy.supervision
    said = []
    if supervision.checks_per_month:
        count = supervision.checks_per_month
        said.append(
            words.say(
                f"每月随机抽查 {count} 件，按下表评分。",
                f"Each month {count} tickets are drawn at random and scored.",
            )
        )
    if supervision.weights:
        parts = words.list_(
            f"{words.say(*WEIGHT_WORDS[key])} {part}%" for key, part in supervision.weights.items()
        )
        said.append(words.say(f"年度表彰按：{parts}。", f"The yearly list counts: {parts}."))
    if supervision.commended:
        count = supervision.commended
        said.append(words.say(f"每年表彰 {count} 人。", f"Commended each year: {count}."))
    if supervision.least_matters:
        count = supervision.least_matters
        said.append(
            words.say(
                f"全年负责不足 {count} 件的不参加排名。", f"Who owned fewer than {count} is not ranked."
            )
        )
    if supervision.contact:
        said.append(words.name_in(supervision.contact))
    rows = tuple((words.name_in(each.names), str(each.points), each.rule) for each in supervision.scores)
    head = (words.say("评分项", "Scored"), words.say("最高分", "Points at most"), words.say("条款", "Rule"))
    return Section(
        key="supervision",
        title=words.say("检查与考核", "Checks and assessment"),
        sentences=tuple(said),
        grid=grid(head, rows),
    )


def _rules(words: Words) -> Section:
    how = {
        "enforced": words.say("系统保证", "enforced"),
        "supported": words.say("系统支持", "supported"),
        "excused": words.say("不由系统承担", "not the product's"),
    }
    rows = tuple((note.rule, how[note.how], words.name_in(note.by)) for note in words.policy.rules)
    head = (words.say("条款", "Rule"), words.say("方式", "How"), words.say("由什么", "By what"))
    return Section(
        key="rules", title=words.say("各条款如何落实", "How each rule is kept"), grid=grid(head, rows)
    )


_SECTIONS: tuple[Callable[[Words], Section], ...] = (
    _hours,
    _matters,
    clocks_section,
    _fields,
    _escalations,
    _satisfaction,
    _reminders,
    _offices,
    _checklists,
    _supervision,
    _rules,
)
