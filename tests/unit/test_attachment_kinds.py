"""What a file is, told by its first bytes, and what it may be called."""

from __future__ import annotations

import pytest

from callcenter.domain.attachments import ENDINGS, NAME_LIMIT, clean_name, media_type_of


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\x89PNG\r\n\x1a\n....", "image/png"),
        (b"\x89PNG\n\x1a\n....", None),  # line ends translated on the way: damaged
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"\xff\xd8\x00", None),
        (b"GIF87a", "image/gif"),
        (b"GIF89a", "image/gif"),
        (b"GIF90a", None),
        (b"%PDF-1.7", "application/pdf"),
        (b"#!AMR\n", "audio/amr"),
        (b"ID3\x04", "audio/mpeg"),
        (b"RIFF\x10\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x10\x00\x00\x00WAVEfmt ", "audio/wav"),
        (b"RIFF\x10\x00\x00\x00AVI LIST", None),
        (b"RIFX\x10\x00\x00\x00WAVEfmt ", None),
        (b"RIFF", None),
        (b"\x00\x00\x00\x20ftypisom", "video/mp4"),
        (b"\x00\x00\x00\x20ftypmp42", "video/mp4"),
        # still pictures of phones come in the same box as films; browsers show them nowhere
        (b"\x00\x00\x00\x20ftypheic", None),
        (b"\x00\x00\x00\x20ftypheic\x00\x00\x00\x00mif1", None),
        (b"\x00\x00\x00\x20ftypavif", None),
        (b"\x00\x00\x00\x20ftypmif1", None),
        (b"\x00\x00\x00\x20moovisom", None),
        (b"xftypisom", None),
        (b"", None),
        (b"MZ\x90\x00", None),
        (b"<html><script>", None),
    ],
)
def test_a_file_is_what_it_begins_with(head: bytes, kind: str | None) -> None:
    assert media_type_of(head) == kind


@pytest.mark.parametrize(
    ("head", "is_sound"),
    [
        ("ff fb 90", True),  # MPEG 1 layer III, 128 kbit/s
        ("ff fa 10", True),
        ("ff f3 e0", True),
        ("ff f2 90 64", True),
        ("ff fb 0f", False),  # free format
        ("ff fb f0", False),  # no such bit rate
        ("ff fb", False),  # cut off
        ("fe fb 90", False),
        ("ff f9 90", False),  # AAC
        ("ff fc 90", False),
        ("ff ff ff", False),
    ],
)
def test_a_frame_of_mp3_without_a_tag(head: str, is_sound: bool) -> None:
    assert media_type_of(bytes.fromhex(head)) == ("audio/mpeg" if is_sound else None)


@pytest.mark.parametrize(
    ("name", "media_type", "kept"),
    [
        ("photo.png", "image/png", "photo.png"),
        ("photo.PNG", "image/png", "photo.png"),
        ("photo.jpeg", "image/jpeg", "photo.jpg"),
        ("photo.jpe", "image/jpeg", "photo.jpg"),
        ("film.m4v", "video/mp4", "film.mp4"),
        ("sound.wave", "audio/wav", "sound.wav"),
        # the content says what it is; a wrong ending is part of the name
        ("photo.jpg", "image/png", "photo.jpg.png"),
        ("invoice.pdf.exe", "application/pdf", "invoice.pdf.exe.pdf"),
        ("a.png.png", "image/png", "a.png.png"),
        ("../../etc/passwd", "image/png", "passwd.png"),
        ("C:\\Users\\li\\证明 .pdf", "application/pdf", "证明.pdf"),
        ("a/b\\c.png", "image/png", "c.png"),
        ("two  blanks\t.png", "image/png", "two blanks.png"),
        (" 申请 表 .pdf ", "application/pdf", "申请 表.pdf"),
        ("dots...png", "image/png", "dots.png"),
        (".png", "image/png", "file.png"),
        ("", "image/png", "file.png"),
        ("folder/", "image/png", "file.png"),
        ("..", "image/gif", "file.gif"),
        # control characters, and what turns the direction of writing
        ("a\x00b\x1b.png", "image/png", "ab.png"),
        ("gnp.\u202eexe.png", "image/png", "gnp.exe.png"),
        ("name. .", "image/png", "name.png"),
        ("name.png. .", "image/png", "name.png"),
        ("X RAY X.png", "image/png", "X RAY X.png"),
        ("X RAY X", "image/png", "X RAY X.png"),
    ],
)
def test_a_name_is_made_fit(name: str, media_type: str, kept: str) -> None:
    assert clean_name(name, media_type) == kept


@pytest.mark.parametrize(("length", "kept"), [(115, 115), (116, 116), (117, 116), (4000, 116)])
def test_a_name_has_120_characters_at_most_ending_included(length: int, kept: int) -> None:
    assert clean_name("长" * length + ".png", "image/png") == "长" * kept + ".png"
    assert kept + len(".png") <= NAME_LIMIT


def test_a_name_that_is_cut_ends_with_no_dot() -> None:
    assert clean_name("x" * 115 + ". y.png", "image/png") == "x" * 115 + ".png"


@pytest.mark.parametrize("media_type", ENDINGS)
def test_every_kind_that_is_kept_has_its_ending(media_type: str) -> None:
    assert clean_name(f"a{ENDINGS[media_type]}", media_type) == f"a{ENDINGS[media_type]}"
