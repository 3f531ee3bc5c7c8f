"""Writes docs/coverage.md from the regulation, the policies and the tests: .venv/bin/python tools/coverage_table.py"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from callcenter.domain.policy import Policy, RuleNote
from callcenter.policy_files import policy_paths, read_policy

ROOT = Path(__file__).parents[1]
REGULATION = ROOT / "docs" / "regulation.md"
COVERAGE = ROOT / "docs" / "coverage.md"

MAY_BE_EXCUSED = frozenset({"T41", "H62", "S23"})
"""What no program can do; everything else is enforced, or supported by a screen or form."""


def rules() -> list[str]:
    """The ids of the regulation, in its order."""
    return re.findall(r"^\| ([HTS]\d+) \|", REGULATION.read_text("utf-8"), re.MULTILINE)


def notes() -> dict[str, tuple[Policy, RuleNote]]:
    """How each rule is kept, by id, with the policy that says so."""
    policies = [read_policy(path) for path in policy_paths().values()]
    return {note.rule: (policy, note) for policy in policies for note in policy.rules}


def shown_rules() -> dict[str, list[str]]:
    """The tests that show each rule, as `file::name`, from their markers."""
    found: dict[str, list[str]] = defaultdict(list)
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        tree = ast.parse(path.read_text("utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                for rule in _marked(node):
                    found[rule].append(f"{path.relative_to(ROOT)}::{node.name}")
    return dict(found)


def _marked(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "pytest.mark.rule":
            yield from (each.value for each in decorator.args if isinstance(each, ast.Constant))  # type: ignore[misc]


def coverage() -> str:
    """The document."""
    kept, shown = notes(), shown_rules()
    lines = [
        "# Which rule is kept how",
        "",
        "Made by `tools/coverage_table.py` from [the regulation](regulation.md), the policies and the tests' markers;",
        "a test fails when it is out of date, when a rule is missing, or when one that is kept has no test.",
        "",
        "| Rule | Policy | Kept | By | Clocks | Shown by |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for rule in rules():
        policy, note = kept[rule]
        clocks = ", ".join(clock.name for clock in policy.clocks.values() if clock.rule == rule)
        files = sorted({test.partition("::")[0] for test in shown.get(rule, [])})
        tests = "<br>".join(f"`{name}` ({sum(t.startswith(name) for t in shown[rule])})" for name in files)
        lines.append(f"| {rule} | {policy.name} | {note.how} | {note.by['en']} | {clocks} | {tests} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    COVERAGE.write_text(coverage(), "utf-8")
