"""How a line on a clause is laid out."""

from __future__ import annotations

from typing import Final

from sqs_contract.clauses.verdict import Verdict

ID: Final = 16
"""Columns for the id of a clause."""

MARKS: Final = {
    Verdict.HELD: "held",
    Verdict.VIOLATED: "VIOLATED",
    Verdict.NOT_CHECKED: "not checked",
}
