"""What is being said in a call, while it is said: drafts that are shown and not kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

LONGEST = 600
"""Characters of one caption: an utterance is cut after some seconds anyway."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caption:
    """One utterance as it is understood so far. `extension` is empty for the caller.

    `settled` does not change any more while it is spoken, `draft` is what may; `is_over`: this is all of it.
    `said_s`: when it began, in seconds since the leg was first heard.
    """

    linkedid: str
    extension: str
    language: str
    number: int
    said_s: float
    settled: str
    draft: str = ""
    is_over: bool = False

    @property
    def text(self) -> str:
        """All that is understood so far."""
        return self.settled + self.draft

    def to_json(self) -> str:
        """For a notification, which holds 8000 bytes at most."""
        values = asdict(self) | {"settled": self.settled[:LONGEST], "draft": self.draft[:LONGEST]}
        return json.dumps(values, ensure_ascii=False)


def from_json(text: str) -> Caption | None:
    """A caption out of a notification; None if it is none."""
    try:
        values = json.loads(text)
    except (ValueError, RecursionError):
        return None
    kinds: Mapping[str, type | tuple[type, ...]] = {
        "linkedid": str,
        "extension": str,
        "language": str,
        "number": int,
        "said_s": (int, float),
        "settled": str,
        "draft": str,
        "is_over": bool,
    }
    if not isinstance(values, dict) or values.keys() != kinds.keys():
        return None
    if not all(isinstance(values[name], kind) for name, kind in kinds.items()):
        return None
    return Caption(**values)
