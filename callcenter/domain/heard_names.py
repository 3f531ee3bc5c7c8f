"""What a caller says they are called: turns of phrase of Chinese and English, and surnames.

Nothing is better than a wrong name: what is not clearly the caller's own (a clerk's, a teacher's, the child's) is
passed over, and so are words that only begin like a surname.
"""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """`value` stands in the text from `start` to `end`; `words` are the ones that tell so."""

    value: str
    start: int
    end: int
    words: str


BREAK = r"\s,.!?;:、，。！？；："
"""What parts one clause from the next, for a class of characters."""

_DOUBLE = (
    "欧阳|司马|上官|诸葛|东方|皇甫|尉迟|公孙|慕容|令狐|司徒|司空|夏侯|端木|百里|呼延|南宫|轩辕|长孙|宇文"
)
_SINGLE = (
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎鲁韦昌马苗"
    "凤花方俞任袁柳鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐傅皮卞齐康伍余于卜顾孟平黄穆萧肖尹姚邵湛汪祁毛狄米贝"
    "明臧戴谈宋庞熊纪舒屈项祝董梁杜阮蓝闵席季麻贾路娄江童颜郭梅盛林刁钟徐邱丘骆高夏蔡田樊胡凌霍虞万支柯管卢莫"
    "裘缪解应宗丁宣邓郁单洪包左石崔吉钮龚程嵇邢裴陆荣翁荀甄曲封储靳段焦巴谷侯宁仇甘祖武符刘景詹龙叶幸韶黎薄印"
    "白怀蒲卓蔺屠蒙池乔胥莘翟谭姬申冉桑桂濮牛寿边燕尚温庄晏柴瞿阎慕茹艾鱼容古易慎戈廖庾衡耿满匡寇沃隆巩聂晁敖"
    "冷辛简饶曾沙丰巢游权盖佟覃涂付代冼邝"
)
_ORDINARY = re.compile(
    "高[一二三中考兴校级新]|方[便法面向案]|马上|白[天班]|安[全排保]|常[常客来驻]|万一|严重|[金费]融|任[何课务]|程序|成都|单[位独]"
    "|路[过上口]|简单|容易|谢谢|许多|解[决释]|管理|申请|包[括装]|左[右边]|应[届该聘]|曾经|何[时必]|宁可|项目|毛病|相关|周[一二三四五六日末围边岁]"
    "|于[上下今昨本前去是]|明[天年早晚日白确]|平[时常台]|季[度节]|支[付持]|符合|代[办理表课]|权[利限]|付[费款]|满意|温州|史上|花[钱了]|水[电管费]"
    "|边[上远]|云南|江[苏西]|山[东西]|齐全|居[民住]|谈[谈话]|党员|夏[天令季]|石家|古代|龙[华岗]|商务|文[员件]|景区|荣[幸誉]|尚未|沙发|盖章|游[客泳]"
)
"""How ordinary words begin that start like a surname."""
_NEVER_IN = "的了吗呢吧么们我你您他她它这那哪谁什是不没被把跟"
_GIVEN = f"[一-鿿](?<![{_NEVER_IN}])"
_SURNAME = f"(?:{_DOUBLE}|[{_SINGLE}])"
_FULL = f"{_SURNAME}(?:{_GIVEN}){{1,2}}"
_TITLE = (
    "(?:先生|女士|老师|同学|小姐|师傅|主任|经理|医生|阿姨|大爷|大妈|校长|院长|处长|科长|教授|护士|会计|教练)"
)
_TITLED = f"{_SURNAME}(?:{_GIVEN}){{0,2}}?{_TITLE}"
_ROLE = (
    "(?:学生家长|学生|家长|同学|同事|朋友|老师|班主任|辅导员|班长|员工|职工|学员"
    "|爸爸|妈妈|父亲|母亲|爷爷|奶奶|客户|业主)"
)
_END = f"(?=$|[{BREAK}])"
_ON = "(?=我|是|在|想|要|电话|手机|号码|学号|工号|今天|明天|昨天|有|请|麻烦|住|来|打|叫|报|需|目前|现在|刚|谢谢)"
"""How a sentence goes on behind a name where no comma was heard."""
_I_AM = "(?:我|本人|我这边|我这里|这边|这里)是"
_CALLED = (
    rf"(?:(?:我|本人)叫做?|我的?名字(?:叫做?|是)|我的?姓名是|我姓[一-鿿]{{1,2}}[{BREAK}]?(?:名字)?叫做?)"
)
_OF = rf"(?:[^{BREAK}]{{1,20}}?的{_ROLE}?|{_ROLE})"
_TITLED_OR_FULL = ((_TITLED, _END), (_FULL, _END), (_TITLED, _ON), (f"{_FULL}?", _ON))

_ZH = (
    # 我叫刘志强; 我姓陈,叫陈晓东
    tuple(re.compile(f"{_CALLED}(?P<name>{name}){end}") for name, end in _TITLED_OR_FULL),
    # 我是七号楼四零二的张雨晴; 我是家长李梅; 我是王海波 (only where the clause ends: 我是于上周报名)
    (
        *(re.compile(f"{_I_AM}(?P<name>{name}){_END}") for name in (_TITLED, _FULL)),
        *(re.compile(f"{_I_AM}{_OF}(?P<name>{name}){end}") for name, end in _TITLED_OR_FULL),
    ),
    # 我姓孙; 免贵姓李; 我是学生家长,姓周
    (
        re.compile(
            rf"(?:{_I_AM}[^{BREAK}]{{1,12}}[{BREAK}]?|我|本人|免贵)姓(?P<name>{_SURNAME}{_TITLE}?)(?:{_END}|{_ON})"
        ),
    ),
)

_NO_NAME = (
    "I|The|A|An|My|Your|Our|Good|Not|New|Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday|January|February|March"
    "|April|May|June|July|August|September|October|November|December|English|Chinese|American|British|French|German"
    "|Student|School|University|College|Services?|Window|Office|Cent(?:er|re)|Room|Building|Class|Course|Great|Really"
    "|Mr|Mrs|Ms|Miss|Dr|Prof|Professor|Please|Thank|Thanks|Okay|OK|Hello|Hi"
)
_LOWER_NO_NAME = (
    "and|i|i'm|i'd|i've|from|calling|speaking|here|my|the|a|an|with|it|it's|is|in|at|on|about|to|for|but|so|please|could"
    "|can|we|you|phone|number|student|not|of|who|what|that|this|was|because|thanks?|hello|hi|yes|no|well|live|need|want"
)
_PART = rf"(?!(?:{_NO_NAME})\b)[A-Z][A-Za-z]*(?:['’\-][A-Za-z]+)*(?<!'s)(?<!'m)"
_LOWER_PART = rf"(?!(?:{_LOWER_NO_NAME})\b)[a-z]+(?:['’\-][a-z]+)*"
_STYLED = rf"(?:Mr|Mrs|Ms|Miss|Dr|Prof|Professor)\.?\s{_PART}(?:\s{_PART})?"
_AFTER = r"(?=\s*(?:[.,;!?]|$)|\s(?i:and|from|calling|speaking|here|in|at|with|again|i'm|i)\b)"

_EN = (
    tuple(
        re.compile(rf"\b(?i:my (?:full )?name(?: is|'s)),?\s(?P<name>{name})")
        for name in (
            _STYLED,
            rf"{_PART}(?:\s{_PART}){{0,2}}",
            rf"{_LOWER_PART}(?:\s{_LOWER_PART}){{1,2}}(?=\s|$)",
        )
    ),
    (
        re.compile(
            rf"\b(?i:this is|i am|i'm|it's|it is)\s(?P<name>{_STYLED}|{_PART}(?:\s{_PART}){{1,2}}){_AFTER}"
        ),
        re.compile(rf"\b(?i:this is)\s(?P<name>{_PART})(?=\s(?i:calling|speaking|here|from)\b|[.,])"),
        re.compile(rf"(?:^|[.,;!?]\s)(?P<name>{_PART}(?:\s{_PART}){{0,2}})\s(?i:speaking|here)\b"),
    ),
)


def find_name(text: str, language: str) -> Found | None:
    """The caller's name; None if they say none, or two that do not fit each other.

    What is plainly said (我叫…, "my name is …") goes before what is said in passing (我是…, "it's …").
    """
    for patterns in _ZH if language == "zh" else _EN:
        found: list[Found] = []
        for pattern in patterns:
            for match in pattern.finditer(text):
                one = Found(
                    value=_written(match["name"]),
                    start=match.start("name"),
                    end=match.end("name"),
                    words=match[0].strip(),
                )
                overlaps = any(one.start < each.end and each.start < one.end for each in found)
                if not _ORDINARY.match(one.value) and not overlaps:
                    found.append(one)
        longest = max(found, key=lambda each: len(each.value), default=None)
        if longest is not None:
            return longest if all(each.value in longest.value for each in found) else None
    return None


def _written(name: str) -> str:
    """As a name is written: a recogniser without capitals writes "daniel wright"."""
    return name.title() if name.islower() else name
