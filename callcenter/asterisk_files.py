"""Where the product's own Asterisk files lie: asterisk-config/, beside the packages or installed with them."""

from __future__ import annotations

import sysconfig
from pathlib import Path

from callcenter.errors import ShouwenError


class AsteriskFilesMissing(ShouwenError):
    """asterisk-config/ is neither in the checkout nor installed: run `make setup`, or install the wheel anew."""


def folders() -> tuple[Path, ...]:
    """Where it may be: in the checkout; where a wheel puts its data files."""
    installed = Path(sysconfig.get_path("data")) / "share" / "shouwen" / "asterisk-config"
    return (Path(__file__).parents[1] / "asterisk-config", installed)


def asterisk_files() -> Path:
    """The folder with extensions.conf, sounds/ and moh/; raises AsteriskFilesMissing."""
    for folder in folders():
        if (folder / "extensions.conf").is_file():
            return folder
    raise AsteriskFilesMissing
