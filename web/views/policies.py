"""Policies as a list shows them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from callcenter.domain.policy import RuleBook
from web.i18n import Speech


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicySummary:
    """One policy. `is_chosen`: new tickets get it. `is_own`: the centre's own file. `version`: of its text."""

    name: str
    title: str
    is_chosen: bool
    is_own: bool
    version: str


def summaries(book: RuleBook, own: Path, say: Speech) -> list[PolicySummary]:
    """Every policy, the one for new tickets first."""
    found = [
        PolicySummary(
            name=name,
            title=rules.policy.title.get(say.language) or name,
            is_chosen=name == book.default,
            is_own=(own / f"{name}.toml").is_file(),
            version=rules.policy.digest[:8],
        )
        for name, rules in book.by_name.items()
    ]
    return sorted(found, key=lambda each: (not each.is_chosen, each.name))
