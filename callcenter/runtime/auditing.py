"""The tickets' log of a home looked over, with the anchors that lie in it."""

from __future__ import annotations

from pathlib import Path

from callcenter.bootstrap import single_unit_of_work
from callcenter.runtime.anchors import anchor_file, read_lines
from callcenter.services.audit import Findings, verify
from callcenter.settings import Settings

LONGEST_S = 4 * 3600.0
"""More than ten million events take."""


def verify_home(settings: Settings, anchors: Path | None = None) -> Findings:
    """Look over the database's log and the anchors, those of the home unless `anchors` names a file."""
    # before the transaction begins: what a later line seals would not be in its view
    lines = read_lines(anchors or anchor_file(settings))
    with single_unit_of_work(settings, LONGEST_S) as uow:
        return verify(uow, lines)
