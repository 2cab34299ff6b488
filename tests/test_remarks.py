"""What a report says beside its verdicts."""

from __future__ import annotations

import pytest
from little_shop import write_module

from sqs_contract import Contract

ROWS = """
    rows = {}
    def effects():
        return dict(rows)
    def reset():
        rows.clear()
"""

HANDLER = """
    import json
    from {name}_rows import rows
    def handler(event, context):
        for record in event["Records"]:
            order = json.loads(record["body"])
            {work}
"""

BODIES = [
    '{"id": "a1", "customer": "ada", "version": 1}',
    '{"id": "a2", "customer": "ada", "version": 2}',
]

KINDS = {
    "coarse_key": 'rows.setdefault(order["customer"], order["id"])',
    "right_key": 'rows.setdefault(order["id"], order["customer"])',
    "last_wins": 'rows[order["customer"]] = order["id"]',
    "newer_wins": 'rows[order["customer"]] = max(rows.get(order["customer"], 0), order["version"])',
    "one_effect": 'rows["seen"] = True',
}


@pytest.mark.parametrize("kind", KINDS)
def test_bodies_that_are_taken_for_one_are_told_of(kind, in_tmp_path):
    """Right or wrong, only a person knows: it is a note, and only where the first one wins."""
    name = f"remarks_{kind}"
    write_module(in_tmp_path, f"{name}_rows", ROWS)
    write_module(in_tmp_path, name, HANDLER.format(name=name, work=KINDS[kind]))
    report = Contract(
        f"{name}:handler",
        bodies=BODIES,
        effects=f"{name}_rows:effects",
        reset=f"{name}_rows:reset",
        clauses=["response-shape"],
        max_examples=0,
    ).verify()
    told = [note for note in report.notes if "takes two of the bodies for one" in note]
    assert bool(told) == (kind == "coarse_key")
    assert all(body in note for note in told for body in BODIES)
