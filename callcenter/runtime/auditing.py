"""The tickets' log of a home looked over, with the anchors that lie in it."""

from __future__ import annotations

from pathlib import Path

from callcenter.runtime.anchors import anchor_file, read_lines
from callcenter.runtime.backup_database import served
from callcenter.runtime.log_units import log_units
from callcenter.services.audit import Findings, verify
from callcenter.settings import Settings


def verify_home(settings: Settings, anchors: Path | None = None) -> Findings:
    """Look over the database's log and the anchors, those of the home unless `anchors` names a file.

    An embedded database that nobody runs is started for it.
    """
    # before the transaction begins: what a later line seals would not be in its view
    lines = read_lines(anchors or anchor_file(settings))
    with served(settings) as url, log_units(url) as units, units() as uow:
        return verify(uow, lines)
