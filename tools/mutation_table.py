"""Writes the table in docs/mutation.md from a run of mutmut: .venv/bin/python tools/mutation_table.py FOLDER/mutants

Each file has a .meta beside its mutants, with the exit code of the tests by mutant.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

DOCUMENT = Path(__file__).parents[1] / "docs" / "mutation.md"
SURVIVED = 0
NO_TEST = frozenset({5, 33})
"""Codes of pytest and mutmut for: no test runs this line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Mutants of one file. `killed`: a test failed, ran out of time or crashed."""

    name: str
    killed: int = 0
    survived: int = 0
    untested: int = 0
    not_run: int = 0

    @property
    def mutants(self) -> int:
        """All of them."""
        return self.killed + self.survived + self.untested + self.not_run

    @property
    def share(self) -> str:
        """Killed of all, never rounded up; a dash where nothing can be changed."""
        return f"{self.killed * 1000 // self.mutants / 10:.1f} %" if self.mutants else "–"


def scores(folder: Path) -> list[Score]:
    """The score of each file of the domain that has any mutants."""
    found = []
    for meta in sorted((folder / "callcenter" / "domain").glob("*.meta")):
        codes = list(json.loads(meta.read_text("utf-8"))["exit_code_by_key"].values())
        counts = {
            "survived": sum(code == SURVIVED for code in codes),
            "untested": sum(code in NO_TEST for code in codes),
            "not_run": sum(code is None for code in codes),
        }
        found.append(Score(name=meta.stem, killed=len(codes) - sum(counts.values()), **counts))
    return [score for score in found if score.mutants]


def total(of: Iterable[Score]) -> Score:
    """All files together."""
    rows = list(of)
    return Score(
        name="all",
        killed=sum(row.killed for row in rows),
        survived=sum(row.survived for row in rows),
        untested=sum(row.untested for row in rows),
        not_run=sum(row.not_run for row in rows),
    )


def table(rows: list[Score]) -> str:
    """A row for each file, and all together first."""
    lines = [
        "| File | Mutants | Killed | Survived | Without a test | Not run | Share |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in (total(rows), *rows):
        name = f"`{row.name}`" if row.name != "all" else "**all**"
        counts = (row.mutants, row.killed, row.survived, row.untested, row.not_run)
        lines.append(f"| {name} | {' | '.join(map(str, counts))} | {row.share} |")
    return "\n".join(lines)


def with_table(text: str, rows: list[Score], now: datetime) -> str:
    """The document with the run's table in its place."""
    head, opening, rest = text.partition("<!-- run -->\n")
    _, closing, tail = rest.partition("\n<!-- /run -->")
    if not opening or not closing:
        raise ValueError("docs/mutation.md has no place for the table")
    left = total(rows).not_run
    said = f", broken off with {left} mutants to go (the share counts them as not killed)" if left else ""
    return f"{head}{opening}Run of {now:%Y-%m-%d}{said}:\n\n{table(rows)}{closing}{tail}"


if __name__ == "__main__":
    found = scores(Path(sys.argv[1]))
    if not found:
        sys.exit(f"{sys.argv[1]}: there are no results of mutmut")
    sys.stdout.write(f"{table(found)}\n")
    DOCUMENT.write_text(with_table(DOCUMENT.read_text("utf-8"), found, datetime.now(UTC)), "utf-8")
