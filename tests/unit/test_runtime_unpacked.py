"""Folders of packages in the cache: whole or not at all. Apt and dpkg are played by shell scripts."""

from __future__ import annotations

import io
import threading
from pathlib import Path

import pytest
from rich.console import Console

from callcenter.errors import ShouwenError
from callcenter.runtime import apt, asterisk, unpacked
from callcenter.settings import Settings

APT_GET = """#!/bin/sh
case "$1" in
indextargets) echo "Packages|main|http://mirror.invalid/debian/|Debian|Debian" ;;
update) echo update >> "$CALLS" ;;
install)
    echo "dlstatus:1:50.0:half"
    archives=$(sed -n 's/^Dir::Cache "\\(.*\\)";/\\1/p' "$APT_CONFIG")/archives
    touch "$archives/one.deb" "$archives/two.deb" ;;
esac
"""

# Unpacks a root whose loader is a script that prints a version.
DPKG_DEB = """#!/bin/sh
mkdir -p "$3/usr/lib/fake" "$3/usr/sbin"
printf '#!/bin/sh\\necho Asterisk 22.1.0\\n' > "$3/usr/lib/fake/ld-linux-fake.so.2"
echo x > "$3/usr/sbin/asterisk"
chmod 4755 "$3/usr/lib/fake/ld-linux-fake.so.2" "$3/usr/sbin/asterisk"
"""


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    scripts = {
        "apt-get": APT_GET,
        "apt-config": "#!/bin/sh\necho 'Acquire::http::Proxy \"http://proxy.invalid:3128\";'\n",
        "dpkg": "#!/bin/sh\necho fake\n",
        "dpkg-deb": DPKG_DEB,
    }
    for name, text in scripts.items():
        replace(folder, name, text)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setattr(apt, "KEYRINGS", (tmp_path / "bin" / "dpkg",))
    return folder


def replace(folder: Path, name: str, text: str) -> None:
    (folder / name).write_text(text)
    (folder / name).chmod(0o755)


def install() -> asterisk.AsteriskRoot:
    return asterisk.install(Settings(asterisk_root=None), Console(file=io.StringIO()))


def left(programs: Path) -> list[str]:
    cache = programs.parent / "cache" / "shouwen"
    return sorted(path.name for path in cache.iterdir() if path.suffix != ".lock")


def test_a_first_install_is_found_again_and_not_repeated(programs: Path) -> None:
    root = install()
    assert root.version == "22.1.0"
    assert install() == root
    assert (programs.parent / "calls").read_text() == "update\n"
    assert left(programs) == ["asterisk-forky-fake"]


def test_nothing_unpacked_may_gain_rights(programs: Path) -> None:
    assert install().binary.stat().st_mode & 0o7777 == 0o755


def test_the_machines_proxy_is_kept(programs: Path) -> None:
    private = apt.PrivateApt(
        folder=programs.parent / "apt", mirror="m", suite="s", keyring=Path("k"), architecture="fake"
    )
    private.write()
    assert 'Acquire::http::Proxy "http://proxy.invalid:3128";' in (private.folder / "apt.conf").read_text()


def test_two_at_once_fetch_once(programs: Path) -> None:
    both = [threading.Thread(target=install) for _ in range(2)]
    for each in both:
        each.start()
    for each in both:
        each.join()
    assert (programs.parent / "calls").read_text() == "update\n"


def test_a_missing_or_cut_file_makes_it_new(programs: Path) -> None:
    root = install()
    root.binary.write_text("")
    assert not unpacked.is_whole(root.path)
    assert unpacked.is_whole(install().path)
    root.binary.unlink()
    assert unpacked.is_whole(install().path)


def test_what_a_broken_attempt_left_is_removed(programs: Path) -> None:
    partial = programs.parent / "cache" / "shouwen" / "asterisk-forky-fake.partial"
    (partial / "root").mkdir(parents=True)
    (partial.with_suffix("") / "half").mkdir(parents=True)
    install()
    assert left(programs) == ["asterisk-forky-fake"]


@pytest.mark.parametrize(
    ("program", "text", "says"),
    [
        ("apt-get", "#!/bin/sh\nexit 0\n", "names no Debian mirror: add one to /etc/apt/sources.list"),
        (
            "apt-get",
            APT_GET.replace(
                'echo update >> "$CALLS"', 'echo "E: Could not resolve the mirror" >&2; exit 100'
            ),
            "Could not resolve the mirror; check the network",
        ),
        (
            "dpkg-deb",
            '#!/bin/sh\necho "tar: x: No space left on device" >&2\nexit 2\n',
            "unpacking (one|two).deb failed: tar: x: No space left on device",
        ),
        ("dpkg-deb", DPKG_DEB.replace("22.1.0", "16.28"), "holds Asterisk 16.28; Shouwen needs Asterisk 22"),
        ("dpkg-deb", DPKG_DEB.replace("echo Asterisk", "false"), "does not start"),
    ],
)
def test_a_failure_is_one_line_and_leaves_nothing(programs: Path, program: str, text: str, says: str) -> None:
    replace(programs, program, text)
    with pytest.raises(ShouwenError, match=says) as caught:
        install()
    assert "\n" not in str(caught.value)
    assert left(programs) == []


def test_a_machine_without_dpkg_is_told_what_it_needs(
    programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(programs.parent))
    with pytest.raises(apt.AptError, match="dpkg is missing: this needs Debian 12"):
        install()


def test_too_little_room_is_said_before_anything_is_fetched(tmp_path: Path) -> None:
    with pytest.raises(unpacked.NoSpace, match="MB are needed: make room"):
        unpacked.require_space(tmp_path / "not" / "yet", 10**9)


def test_another_root_may_be_named_but_not_of_another_version(programs: Path) -> None:
    root = install()
    named = Settings(asterisk_root=root.path)
    assert asterisk.find_root(named) == root
    (root.lib / "ld-linux-fake.so.2").write_text("#!/bin/sh\necho Asterisk 18.9\n")
    with pytest.raises(asterisk.AsteriskUnusable, match=r"holds Asterisk 18\.9"):
        asterisk.find_root(named)


def test_a_root_without_a_loader_is_refused(tmp_path: Path) -> None:
    with pytest.raises(asterisk.AsteriskUnusable, match="is no unpacked Debian root"):
        asterisk.find_root(Settings(asterisk_root=tmp_path))


def test_an_empty_cache_says_what_to_run(programs: Path) -> None:
    with pytest.raises(asterisk.AsteriskMissing, match="run `shouwen asterisk install`"):
        asterisk.find_root(Settings(asterisk_root=None))
