"""The real Asterisk from the cache, with the least of a configuration."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console

from callcenter.runtime import asterisk, asterisk_process, home
from callcenter.settings import Settings

CONFIGURATION = """[directories]
astetcdir => {folder}/etc
astmoddir => {root.modules}
astvarlibdir => {folder}
astdbdir => {folder}
astkeydir => {folder}
astdatadir => {root.data}
astagidir => {folder}
astspooldir => {folder}
astrundir => {run}
astlogdir => {folder}
astsbindir => {folder}
"""


@pytest.fixture(scope="module")
def root() -> asterisk.AsteriskRoot:
    return asterisk.install(Settings(), Console())


@pytest.fixture
def settings(tmp_path: Path, root: asterisk.AsteriskRoot) -> Settings:
    settings = Settings(home=tmp_path / "home")
    home.prepare(settings)
    folder = asterisk_process.folder(settings)
    (folder / "etc").mkdir(parents=True)
    run = asterisk_process.sockets(settings)
    home.make_private(run)
    text = CONFIGURATION.format(folder=folder, root=root, run=run)
    asterisk_process.configuration(settings).write_text(text)
    (folder / "etc" / "modules.conf").write_text("[modules]\nautoload = no\n")
    (folder / "etc" / "logger.conf").write_text("[general]\n[logfiles]\nconsole => error\n")
    return settings


def test_start_ask_stop(settings: Settings, root: asterisk.AsteriskRoot) -> None:
    child = asterisk_process.start(settings, root)
    assert child is not None
    try:
        assert Path(f"/proc/{child.pid}/comm").read_text() == "asterisk\n"
        assert Path(f"/proc/{child.pid}/cmdline").read_text().startswith("asterisk\0")
        assert root.version in asterisk_process.rx(settings, root, "core show version")
        assert asterisk_process.start(settings, root) is None
    finally:
        assert asterisk_process.stop(settings)
        child.wait()
    assert not asterisk_process.stop(settings)
    with pytest.raises(asterisk_process.AsteriskNotRunning):
        asterisk_process.rx(settings, root, "core show version")


def test_what_was_left_running_is_ended_by_the_next_start(
    settings: Settings, root: asterisk.AsteriskRoot
) -> None:
    left = asterisk_process.start(settings, root)
    child = asterisk_process.launch(settings, root)
    try:
        assert left is not None
        assert left.wait(5) == 0
    finally:
        child.kill()
        child.wait()


def test_a_home_without_configuration_says_so(tmp_path: Path, root: asterisk.AsteriskRoot) -> None:
    empty = Settings(home=tmp_path)
    with pytest.raises(asterisk_process.AsteriskNotConfigured, match="`shouwen run` writes it"):
        asterisk_process.start(empty, root)
