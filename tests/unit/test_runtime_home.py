"""SHOUWEN_HOME: modes, one user at a time, short socket paths, bounded logs."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from callcenter.runtime import home
from callcenter.settings import Settings
from callcenter.sockets import socket_folder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_home_has_the_mode_of_the_contract_and_its_parent_keeps_its_own(tmp_path: Path) -> None:
    tmp_path.chmod(0o750)
    settings = Settings(home=tmp_path / "home")
    home.prepare(settings)
    assert mode(settings.home) == (0o711 if os.geteuid() == 0 else 0o700)
    assert mode(settings.log) == 0o700
    assert mode(tmp_path) == 0o750


def test_preparing_twice_is_no_harm(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    home.prepare(settings)
    (settings.home / "kept").write_text("x")
    home.prepare(settings)
    assert (settings.home / "kept").read_text() == "x"


def test_a_home_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(home.HomeUnusable, match="cannot be used") as caught:
        home.prepare(Settings(home=tmp_path / "file" / "home"))
    assert "\n" not in str(caught.value)


def test_only_one_may_run_on_a_home(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    with home.locked(settings):
        assert home.is_locked(settings)
        with pytest.raises(home.HomeInUse, match=str(os.getpid())), home.locked(settings):
            pass
    assert not home.is_locked(settings)
    with home.locked(settings):
        pass


def test_a_home_never_used_is_not_locked(tmp_path: Path) -> None:
    assert not home.is_locked(Settings(home=tmp_path))


@pytest.mark.parametrize(("length", "stays"), [(107, True), (108, False)])
def test_a_socket_path_of_107_bytes_is_the_longest(length: int, stays: bool) -> None:
    # "/" + folder + "/" + "s" is `length` bytes.
    wanted = Path("/" + "d" * (length - 3))
    found = socket_folder(wanted, "s")
    assert (found == wanted) == stays
    assert len(str(found / "s")) <= 107


def test_long_homes_do_not_share_a_short_folder() -> None:
    first, second = (socket_folder(Path("/" + letter * 200), "s") for letter in "ab")
    assert first != second
    assert first == socket_folder(Path("/" + "a" * 200), "s")


def test_a_private_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(home.HomeUnusable):
        home.make_private(tmp_path / "link")


def test_a_log_is_cut_once_it_is_over_the_limit_and_its_writers_go_on(tmp_path: Path) -> None:
    log = tmp_path / "agi.log"
    with log.open("a") as writer:
        for text in ("first", "second", "third"):
            writer.write(text)
            writer.flush()
            home.bound_log(log, limit_bytes=4, kept=2)
    assert log.read_text() == ""
    assert (tmp_path / "agi.log.1").read_text() == "third"
    assert (tmp_path / "agi.log.2").read_text() == "second"
    assert not (tmp_path / "agi.log.3").exists()


def test_a_log_at_the_limit_or_missing_is_left_alone(tmp_path: Path) -> None:
    log = tmp_path / "agi.log"
    home.bound_log(log, limit_bytes=4)
    log.write_text("four")
    home.bound_log(log, limit_bytes=4)
    assert [path.name for path in tmp_path.iterdir()] == ["agi.log"]
