"""Text that is safe to show and fits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from sqs_contract.report.text import clip, columns, escape, plural, seconds, shorten, shown, wrap


@given(st.text())
def test_escaped_text_is_one_line_of_what_prints(text):
    assert escape(text).isprintable()


@given(st.text())
def test_what_prints_is_left_alone(text):
    printable = "".join(filter(str.isprintable, text))
    assert escape(printable) == printable


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("plain ä € 😀 \\x1b", "plain ä € 😀 \\x1b"),
        ("a\nb\r\tc", r"a\nb\r\tc"),
        ("\x1b[31mred", r"\x1b[31mred"),
        ("\x00\x7f", r"\x00\x7f"),
        ("\x9b31m", r"\u009b31m"),
        ("\u202egnp.exe", r"\u202egnp.exe"),
        ("\u2028\u200b\ufeff", r"\u2028\u200b\ufeff"),
        ("\ud800", r"\ud800"),
        ("\U000e0041", r"\U000e0041"),
    ],
)
def test_what_does_not_print_is_written_out(text, escaped):
    """Controls, 8-bit controls, direction marks, line separators, lone surrogates, tags."""
    assert escape(text) == escaped


@given(st.text(st.characters(exclude_categories=["C", "Z"])))
def test_a_text_is_never_wider_at_a_terminal_than_it_is_taken_for(text):
    assert max(cell_len(text), len(text)) <= columns(text)


def test_wide_characters_take_two_columns():
    assert [columns(text) for text in ("a1", "注文", "😀", "e\u0301")] == [2, 4, 2, 2]


@given(st.text(), st.integers(min_value=30, max_value=80))
def test_shortened_text_fits_and_says_how_long_it_was(text, width):
    short = shorten(text, width)
    assert columns(short) <= width
    if short != escape(text):
        assert short.endswith(f"... ({len(escape(text))} characters)")


@given(st.text(), st.integers(min_value=3, max_value=80))
def test_clipped_text_fits(text, width):
    assert columns(clip(text, width)) <= width
    assert clip(text, columns(text)) == text


@given(st.text(), st.integers(min_value=0, max_value=20))
def test_a_wrapped_paragraph_fits_and_loses_no_word(text, indent):
    lines = wrap(text, indent)
    assert all(columns(line) <= 80 for line in lines)
    assert all(line.startswith(" " * indent) for line in lines)
    assert "".join("".join(lines).split()) == "".join(escape(text).split())


def test_lines_after_the_first_can_hang():
    assert wrap("invoke 1  m1 (x)  m2 (x)", 2, 18, hanging=3, gap="  ") == [
        "  invoke 1  m1 (x)",
        "     m2 (x)",
    ]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"order_id": "a1", "amount": 5}, "{order_id: a1, amount: 5}"),
        (["a", 1, None, True, 1.5], "[a, 1, null, true, 1.5]"),
        ("", '""'),
        (" padded ", '" padded "'),
        ("two\nlines", r'"two\nlines"'),
        ({"at": "\x00noise"}, "{at: (varies)}"),
        ({"\x1b[31m": "\u202e"}, r'{\x1b[31m: "\u202e"}'),
        ("x" * 100, "x" * 77 + "..."),
    ],
)
def test_values_are_shown_in_one_line_of_at_most_80_columns(value, text):
    assert shown(value) == text


def test_numbers_are_written_as_people_do():
    assert [plural(count, "message") for count in (0, 1, 2, 12_345)] == [
        "no message",
        "1 message",
        "2 messages",
        "12,345 messages",
    ]
    assert [seconds(given) for given in (0, 500, 30_000)] == ["0 s", "0.5 s", "30 s"]
