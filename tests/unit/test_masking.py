"""What leaves the house without the numbers and names of people."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from callcenter.domain.masking import masked


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("电话13800138000谢谢", "电话***谢谢"),
        ("电话138 0013 8000", "电话***"),
        ("我的电话是179，2306，4588。谢谢", "我的电话是***。谢谢"),
        ("我的电话是幺七九，二三零六，四五八八。", "我的电话是***。"),
        ("身份证11010519491231002X", "身份证***"),
        ("身份证 110105 19491231 0021", "身份证 ***"),
        ("座机0752-2345678", "座机***"),
        ("７号楼402，３点半", "７号楼402，３点半"),
        ("2026年11月23号下午3点", "2026年11月23号下午3点"),
        ("我叫张三，住在7号楼", "我叫***，住在7号楼"),
        ("老师您好我叫刘志强是会计班的学员", "老师您好我叫***是会计班的学员"),
        ("我姓周，明天上午", "我姓***，明天上午"),
        ("My name is Daniel Wright. I'm in the course", "My name is ***. I'm in the course"),
        ("This is Emily Carter. Call Emily Carter.", "This is ***. Call ***."),
        ("number is 020-7946-0158.", "number is ***."),
        ("two zero six, five five five, zero one four seven", "***"),
        ("my name is zhang wei and i lost my card", "my name is *** and i lost my card"),
        ("my name is anna from the library, ask for anna", "my name is *** from the library, ask for ***"),
        ("打138/0013/8000", "打***"),
        ("幺三八两零零幺三八零零", "***"),
        ("邮箱zhang.wei@example.com，谢谢", "邮箱***，谢谢"),
        ("I waited 40 minutes at window 4", "I waited 40 minutes at window 4"),
    ],
)
def test_masked(said: str, shown: str) -> None:
    assert masked(said) == shown


@pytest.mark.parametrize(
    ("name", "said", "shown"),
    [
        ("孙女士", "我是孙女士的家属", "我是***的家属"),
        ("张雨晴", "七号楼的张雨晴", "七号楼的***"),
        ("Sofia Martinez", "It is sofia, Sofia Martinez", "It is ***, ***"),
        (None, "你好", "你好"),
    ],
)
def test_the_contacts_name(name: str | None, said: str, shown: str) -> None:
    assert masked(said, [name]) == shown


@given(st.text("0123456789", min_size=7, max_size=18), st.sampled_from(["", " ", "-", "，"]))
def test_no_number_is_left(digits: str, between: str) -> None:
    said = between.join(digits)
    assert digits[-4:] not in masked(f"电话{said}吧")
    spoken = "".join("零幺二三四五六七八九"[int(digit)] for digit in digits)
    assert masked(f"电话{spoken}吧") == "电话***吧"


@given(st.text(max_size=60))
def test_twice_is_once(text: str) -> None:
    once = masked(text)
    assert masked(once) == once
