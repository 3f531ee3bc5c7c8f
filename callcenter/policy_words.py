"""A policy in plain words and small tables, Chinese or English: what `shouwen policy show` and the console print."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from callcenter.domain.calendar import Span
from callcenter.domain.clocks import Elapsed, Limit, WorkingDays
from callcenter.domain.policy import Clock, EscalationRole, FormField, Label, Needed, Policy
from callcenter.policy_event_words import EVENT_WORDS, OWN_FIELD_WORDS, SHOWN_WORDS, WEIGHT_WORDS


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


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyText:
    """A whole policy as a head reads it."""

    title: str
    sections: tuple[Section, ...]


def policy_text(policy: Policy, language: str) -> PolicyText:
    """The policy in `language` (zh or en)."""
    words = _Words(policy, language)
    sections = (each(words) for each in _SECTIONS)
    return PolicyText(
        title=words.name_in(policy.title),
        sections=tuple(section for section in sections if section.sentences or section.grid),
    )


def clock_sentence(policy: Policy, name: str, language: str) -> str:
    """One clock in a sentence, such as "from the registration to the result being told: 1 working day"."""
    words = _Words(policy, language)
    clock = policy.clock(name)
    return words.say("{way}：{limit}", "{way}: {limit}").format(
        way=words.way(clock), limit=words.limit(clock.limit)
    )


def limit_words(policy: Policy, name: str, language: str) -> str:
    """How long one clock gives, such as "1 working day"."""
    return _Words(policy, language).limit(policy.clock(name).limit)


def what_stops(policy: Policy, name: str, language: str) -> str:
    """What has to happen for the clock to stop."""
    words = _Words(policy, language)
    return words.and_(words.event(event) for event in policy.clock(name).stops)


class _Words:
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


def _hours(words: _Words) -> Section:
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


def _matters(words: _Words) -> Section:
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
        grid=Grid(head=head, rows=rows),
    )


def _clocks(words: _Words) -> Section:
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
        grid=Grid(head=head, rows=rows) if rows else None,
    )


def _limits(words: _Words, family: Sequence[Clock]) -> str:
    if len(family) == 1:
        return words.limit(family[0].limit)
    return words.list_(f"{words.variant(clock)} {words.limit(clock.limit)}" for clock in family)


def _notes(words: _Words, family: Sequence[Clock]) -> str:
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


def _fields(words: _Words) -> Section:
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
    grid = Grid(head=head, rows=rows) if rows else None
    return Section(key="fields", title=words.say("登记表", "Forms"), grid=grid)


def _field_name(words: _Words, field: FormField) -> str:
    if field.names:
        return words.name_in(field.names)
    zh, en = OWN_FIELD_WORDS[field.key]
    return words.say(zh, en)


def _field_place(words: _Words, field: FormField) -> str:
    channels = [words.named(words.policy.channels, key) for key in field.channels]
    kinds = [words.named(words.policy.kinds, key) for key in field.kinds]
    return words.list_([*channels, *kinds]) or words.say("所有事项", "every matter")


def _escalations(words: _Words) -> Section:
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


def _satisfaction(words: _Words) -> Section:
    rows = tuple(
        (
            words.name_in(each.names),
            str(each.digit) if each.digit else "–",
            words.say("自动重新办理", "handled again by itself") if each.reopens else "–",
        )
        for each in words.policy.satisfaction
    )
    head = (words.say("评价", "Opinion"), words.say("电话按键", "Key"), words.say("结果", "What follows"))
    grid = Grid(head=head, rows=rows) if rows else None
    return Section(key="satisfaction", title=words.say("满意度", "Satisfaction"), grid=grid)


def _reminders(words: _Words) -> Section:
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


def _offices(words: _Words) -> Section:
    rows = tuple(
        (words.name_in(office.names), words.name_in(office.duties), office.contact or "–")
        for office in words.policy.offices
    )
    head = (words.say("部门", "Office"), words.say("负责", "Responsible for"), words.say("联系", "Contact"))
    grid = Grid(head=head, rows=rows) if rows else None
    return Section(key="offices", title=words.say("部门目录", "Offices"), grid=grid)


def _checklists(words: _Words) -> Section:
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
    grid = Grid(head=head, rows=rows) if rows else None
    return Section(key="checklists", title=words.say("一次性告知", "One-time notices"), grid=grid)


def _supervision(words: _Words) -> Section:
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
        grid=Grid(head=head, rows=rows) if rows else None,
    )


def _rules(words: _Words) -> Section:
    how = {
        "enforced": words.say("系统保证", "enforced"),
        "supported": words.say("系统支持", "supported"),
        "excused": words.say("不由系统承担", "not the product's"),
    }
    rows = tuple((note.rule, how[note.how], words.name_in(note.by)) for note in words.policy.rules)
    head = (words.say("条款", "Rule"), words.say("方式", "How"), words.say("由什么", "By what"))
    grid = Grid(head=head, rows=rows) if rows else None
    return Section(key="rules", title=words.say("各条款如何落实", "How each rule is kept"), grid=grid)


_SECTIONS: tuple[Callable[[_Words], Section], ...] = (
    _hours,
    _matters,
    _clocks,
    _fields,
    _escalations,
    _satisfaction,
    _reminders,
    _offices,
    _checklists,
    _supervision,
    _rules,
)
