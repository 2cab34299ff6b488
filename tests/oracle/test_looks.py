"""Looks at the world: what counts as the same, and what is shown of it."""

from __future__ import annotations

from sqs_contract.oracle.looks import Looks
from sqs_contract.report.differences import differences

SEEDED = {"in": {"a": "seed"}}


def test_what_a_fresh_world_holds_is_no_effect_of_the_first_call():
    """A service is looked at from the first write on; until then it is as `reset` left it."""
    looks = Looks(lambda: {"s3": SEEDED})
    after = {"s3": {**SEEDED, "out": {"b": "new"}}}
    assert differences(*looks.shown_beside({}, after)) == ["s3 out + b: new"]
    assert differences(*looks.shown_beside(after, {})) == ["s3 out - b: new"]


def test_what_was_changed_of_it_is():
    looks = Looks(lambda: {"s3": SEEDED})
    assert differences(*looks.shown_beside({}, {"s3": {"in": {}}})) == ["s3 in - a: seed"]


def test_worlds_are_shown_when_they_are_gone():
    """A report is made at the end, when nothing runs any more."""
    fresh = {"s3": SEEDED}
    looks = Looks(lambda: fresh)
    looks.text({})
    fresh.clear()
    after = {"s3": {**SEEDED, "out": {"b": "new"}}}
    assert differences(*looks.shown_beside({}, after)) == ["s3 out + b: new"]
