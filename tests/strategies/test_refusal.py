"""Which bodies SQS refuses: every character, every size, told briefly and soon."""

from __future__ import annotations

import pytest
from hypothesis import find

from sqs_contract.bodies.refusal import why_sqs_refuses
from sqs_contract.bodies.source import load_bodies
from sqs_contract.strategies import message_bodies

MOST = 1_048_576


def allowed(code):
    """S27, as it is written."""
    return (
        code in (0x9, 0xA, 0xD)
        or 0x20 <= code <= 0xD7FF
        or 0xE000 <= code <= 0xFFFD
        or 0x10000 <= code <= 0x10FFFF
    )


def test_a_character_is_refused_exactly_where_aws_refuses_it():
    """S27, all of the first plane and the ends of the others."""
    codes = [*range(0x10000), 0x10000, 0x1FFFE, 0x1FFFF, 0x20000, 0x10FFFE, 0x10FFFF]
    wrong = [code for code in codes if (why_sqs_refuses(chr(code)) is None) != allowed(code)]
    assert wrong == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("", "SQS refuses an empty body (S28)"),
        ("ab\x00c\ud800", "SQS refuses the character U+0000 in a body (S27)"),
        ("a\ud800", "SQS refuses the character U+D800 in a body (S27)"),
        ("a" * (MOST + 1), "it has 1048577 bytes, and SQS takes 1048576 (S23)"),
        ("€" * 349_526, "it has 1048578 bytes, and SQS takes 1048576 (S23)"),
        ("\ud800" * (MOST + 1), "it has 3145731 bytes, and SQS takes 1048576 (S23)"),
    ],
    ids=["empty", "NUL", "surrogate", "too long", "too many bytes", "both"],
)
def test_the_reason_names_what_is_wrong(body, reason):
    """In one line, without the body."""
    assert why_sqs_refuses(body) == reason


@pytest.mark.parametrize("body", ["a" * MOST, "€" * 349_525, " "], ids=["long", "wide", "blank"])
def test_a_body_up_to_the_limit_is_taken(body):
    assert why_sqs_refuses(body) is None


def test_without_bodies_our_own_are_drawn():
    """The strategy is found by its name: no module of bodies imports one of strategies."""
    found = load_bodies(None)
    assert found.origin == "bodies of our own"
    assert found.examples == ()
    assert find(found.strategy, lambda body: True) == find(message_bodies(), lambda body: True)
