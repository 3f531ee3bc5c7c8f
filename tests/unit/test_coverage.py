"""docs/coverage.md cannot lie: every rule of the regulation is there, and what is kept is shown by a test."""

from __future__ import annotations

from tools.coverage_table import COVERAGE, MAY_BE_EXCUSED, coverage, notes, rules, shown_rules


def test_every_rule_is_kept_or_excused_for_a_reason() -> None:
    kept = notes()
    assert set(kept) == set(rules())
    excused = {rule for rule, (_, note) in kept.items() if note.how == "excused"}
    assert excused <= MAY_BE_EXCUSED


def test_what_is_kept_is_shown_by_a_test() -> None:
    shown = shown_rules()
    assert [rule for rule, (_, note) in notes().items() if note.how != "excused" and rule not in shown] == []


def test_no_test_cites_a_rule_that_there_is_not() -> None:
    assert set(shown_rules()) <= set(rules())


def test_the_document_is_of_today() -> None:
    assert COVERAGE.read_text("utf-8") == coverage(), "run .venv/bin/python tools/coverage_table.py"
