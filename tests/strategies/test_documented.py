"""What docs/strategies.md says of the strategies is what they say of themselves."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest

import sqs_contract.strategies as public
from sqs_contract.bodies.malformed import CATALOGUE

TEXT = (Path(__file__).parents[2] / "docs" / "strategies.md").read_text(encoding="utf-8")
ROWS = [
    [cell.strip() for cell in line.strip("|").split(" | ")]
    for line in TEXT.splitlines()
    if line.startswith("| `")
]
ROW_OF = {cells[0].strip("`| "): cells for cells in ROWS}


def shrink_order(strategy):
    """The last sentence of a docstring: what the strategy shrinks to."""
    found = re.search(r"Shrinks to (.*?)(?:\n\n|\Z)", inspect.getdoc(strategy) or "", re.DOTALL)
    return found and " ".join(found[1].split()).rstrip(".")


@pytest.mark.parametrize(
    "name", [name for name in public.__all__ if shrink_order(getattr(public, name))]
)
def test_the_table_says_how_each_strategy_shrinks_in_its_own_words(name):
    assert ROW_OF[name][-1].strip("| ") == shrink_order(getattr(public, name))


@pytest.mark.parametrize("name", public.__all__)
def test_everything_public_is_in_the_document(name):
    assert f"`{name}" in TEXT


def test_every_kind_of_the_catalogues_is_in_its_table():
    """And the table says which a verification sends."""
    for kind in CATALOGUE:
        assert ROW_OF[kind.name][-1].strip("| ") == ("yes" if kind.injected else "")
    assert set(public.ENVELOPE_KINDS) <= set(ROW_OF)
