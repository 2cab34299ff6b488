"""docs/lint.md is what the rules say of themselves."""

from __future__ import annotations

from docs.lint.table import PAGE, render
from sqs_contract.lint.rules import RULES


def test_the_page_is_up_to_date():
    """Otherwise: `python -m docs.lint`, and commit what it writes."""
    assert PAGE.read_text(encoding="utf-8") == render()


def test_every_rule_stands_there_with_its_reason():
    text = render()
    for rule in RULES:
        assert f"### {rule.code} {rule.name}\n\n{rule.owes}" in text
        assert rule.why in text
