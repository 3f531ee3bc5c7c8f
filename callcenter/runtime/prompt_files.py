"""Where Asterisk finds its prompts: a folder of links, each to the product's file or to the centre's own recording.

Asterisk opens a prompt's file whenever it plays one and keeps what it has opened: a file that is written whole and then
linked by rename is heard from the next playing on, and nobody ever hears half of one. The links are also the memory:
without the database a start finds there what was live last.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from callcenter.asterisk_files import asterisk_files
from callcenter.domain.own_prompts import LiveSound, PromptId
from callcenter.runtime import asterisk_process
from callcenter.settings import Settings

log = logging.getLogger(__name__)

SOUNDS = "sounds"
TELEPHONE, WIDEBAND = ".wav", ".wav16"
"""How Asterisk tells the rates apart: 8 and 16 kHz."""

Fetch = Callable[[int], tuple[bytes, bytes] | None]
"""The sound of a version, by its id: at 8 and at 16 kHz."""


def sounds_folder(settings: Settings) -> Path:
    """The folder of links, with one for each language in it."""
    return asterisk_process.folder(settings) / SOUNDS


def own_folder(settings: Settings) -> Path:
    """Own recordings that this node has fetched; the database has them all."""
    return settings.home.absolute() / "prompts"


def place_again(settings: Settings) -> None:
    """Make every link anew, as at a start: own recordings that were live stay so, as far as their files are there."""
    _link_all(settings, _kept(settings), asterisk_files() / SOUNDS)


class PromptFiles:
    """Keeps the links in step with what the database says is live."""

    def __init__(self, settings: Settings, product: Path | None = None) -> None:
        """`product`: the folder of the product's own sounds, unless it is the usual one."""
        self._settings = settings
        self._product = product or asterisk_files() / SOUNDS
        self._placed: Mapping[PromptId, LiveSound] | None = None
        self._failing = False

    def follow(self, live: Mapping[PromptId, LiveSound], fetch: Fetch) -> None:
        """Have callers hear these own recordings, and the product's voice for all other prompts.

        What cannot be placed (a full disk) stays as it is and is tried again the next time. Where no Asterisk is
        configured nothing is done.
        """
        if not sounds_folder(self._settings).is_dir():
            return
        if live == self._placed and all(
            path.is_file() for each in live.items() for path in self._files(*each).values()
        ):
            return
        try:
            for prompt, sound in live.items():
                self._have(prompt, sound, fetch)
            own = {
                Path(prompt.language) / f"{prompt.key}{suffix}": path
                for prompt, sound in live.items()
                for suffix, path in self._files(prompt, sound).items()
            }
            _link_all(self._settings, own, self._product)
        except OSError as error:
            self._placed = None
            if not self._failing:
                log.warning("own recordings of prompts cannot be placed: %s; trying again", error.strerror)
            self._failing = True
            return
        if self._placed is not None or live:
            log.info("prompts are placed own_recordings=%s", len(live))
        self._placed, self._failing = dict(live), False

    def _files(self, prompt: PromptId, sound: LiveSound) -> dict[str, Path]:
        name = f"{prompt.key}.{sound.version}.{sound.sha256[:12]}"
        folder = own_folder(self._settings) / prompt.language
        return {suffix: folder / f"{name}{suffix}" for suffix in (TELEPHONE, WIDEBAND)}

    def _have(self, prompt: PromptId, sound: LiveSound, fetch: Fetch) -> None:
        files = self._files(prompt, sound)
        if all(path.is_file() for path in files.values()):
            return
        content = fetch(sound.id)
        if content is None:
            raise FileNotFoundError(0, f"the database has no sound for version {sound.version}")
        for path, data in zip(files.values(), content, strict=True):
            _write(path, data)


def _kept(settings: Settings) -> dict[Path, Path]:
    """The links to own recordings that lead somewhere."""
    sounds, own = sounds_folder(settings), own_folder(settings)
    if sounds.is_symlink():
        return {}
    targets = {path.relative_to(sounds): path.readlink() for path in sounds.rglob("*") if path.is_symlink()}
    return {
        name: target for name, target in targets.items() if target.is_relative_to(own) and target.is_file()
    }


def _link_all(settings: Settings, own: Mapping[Path, Path], product: Path) -> None:
    sounds = sounds_folder(settings)
    wanted = {file.relative_to(product): file for file in product.glob("*/**/*") if file.is_file()}
    for name, target in own.items():
        # what names a prompt that the product no longer has, or never had, leads nowhere
        if name.with_suffix(TELEPHONE) in wanted:
            wanted[name] = target
    if sounds.is_symlink():  # so it was until a centre could have recordings of its own
        sounds.unlink()
    for name, target in wanted.items():
        _link(sounds / name, target)
    for path in [path for path in sounds.rglob("[!.]*") if path.is_symlink()]:
        if path.relative_to(sounds) not in wanted:
            path.unlink(missing_ok=True)


def _link(path: Path, target: Path) -> None:
    if path.is_symlink() and path.readlink() == target:
        return
    _private(path.parent)
    temporary = _temporary(path)
    temporary.unlink(missing_ok=True)
    temporary.symlink_to(target)
    temporary.rename(path)


def _write(path: Path, data: bytes) -> None:
    """Whoever opens `path` gets all of it; it is on the disk when this returns."""
    _private(path.parent)
    temporary = _temporary(path)
    temporary.unlink(missing_ok=True)
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.rename(path)


def _temporary(path: Path) -> Path:
    """A name of this thread's own: two processes may place the same prompt."""
    return path.with_name(f".{path.name}.{os.getpid()}-{threading.get_ident()}")


def _private(folder: Path) -> None:
    """Have the folder and those above it, for their owner alone."""
    if not folder.is_dir():
        _private(folder.parent)
        folder.mkdir(mode=0o700, exist_ok=True)
