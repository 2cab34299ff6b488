"""What is seen while a verification runs: a live line on a terminal, plain lines otherwise."""

from __future__ import annotations

import io
import sys

import pytest

from sqs_contract.report import live
from sqs_contract.verify import Progress

STEPS = [
    Progress(phase="trying the bodies", done=0, total=None),
    Progress(phase="single faults", done=1, total=30),
    Progress(phase="single faults", done=2, total=30, found=("idempotent",)),
    Progress(phase="single faults", done=3, total=30, found=("idempotent", "no-loss")),
    Progress(phase="several faults", done=7, total=None, found=("idempotent", "no-loss")),
]


class Terminal(io.StringIO):
    """Stdout and stderr are a terminal within `with`; pytest has its own in their place before."""

    def isatty(self):
        return True

    def __enter__(self):
        self._before = sys.stdout, sys.stderr
        sys.stdout = sys.stderr = self
        return self

    def __exit__(self, *_):
        sys.stdout, sys.stderr = self._before


@pytest.fixture
def terminal(monkeypatch):
    """A terminal on which every step is 0.2 s after the one before."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    for name in ("NO_COLOR", "FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    moments = iter(range(1_000_000))
    monkeypatch.setattr(live, "real_monotonic", lambda: next(moments) * 0.2 + 100)
    return Terminal()


def test_without_a_terminal_each_broken_clause_is_told_once_as_soon_as_it_is_found(capsys):
    told = []
    with live.progress("shop:handler") as listener:
        for step in STEPS:
            listener(step)
            told.append(capsys.readouterr().err)
    assert told == [
        "",
        "",
        "found: idempotent is violated\n",
        "found: no-loss is violated\n",
        "",
    ]


def test_without_a_terminal_nothing_but_the_findings_is_told(capsys):
    with live.progress("shop:handler") as listener:
        for done in range(1_000):
            listener(Progress(phase="single faults", done=done, total=1_000))
    assert capsys.readouterr() == ("", "")


def test_at_a_terminal_one_line_says_what_is_done_and_what_was_found(terminal):
    with terminal, live.progress("shop:handler") as listener:
        for step in STEPS:
            listener(step)
    seen = terminal.getvalue()
    for line in (
        "shop:handler   trying the bodies",
        "shop:handler   single faults 1 of 30",
        "shop:handler   single faults 2 of 30   found: idempotent",
        "shop:handler   several faults 7   found: idempotent, no-loss",
    ):
        assert line in seen
    assert seen.endswith("\r\x1b[1A\x1b[2K")  # the line is gone in the end


def test_at_a_terminal_the_line_is_drawn_ten_times_a_second_at_most(terminal, monkeypatch):
    moments = iter(range(10_000))
    monkeypatch.setattr(live, "real_monotonic", lambda: next(moments) * 0.01 + 100)
    with terminal, live.progress("shop:handler") as listener:
        for done in range(100):
            listener(Progress(phase="single faults", done=done, total=100))
    drawn = terminal.getvalue().count("single faults")
    assert 1 < drawn <= 12  # a second's worth, and the last one once more


def test_a_hostile_target_cannot_write_to_the_terminal(terminal):
    with terminal, live.progress("shop\x1b]0;owned\x07:handler") as listener:
        listener(STEPS[0])
    assert r"shop\x1b]0;owned\x07:handler" in terminal.getvalue()


def interrupted():
    with live.progress("shop:handler") as listener:
        listener(STEPS[1])
        raise KeyboardInterrupt


def test_an_exception_leaves_the_terminal_as_it_was(terminal):
    with terminal, pytest.raises(KeyboardInterrupt):
        interrupted()
    assert terminal.getvalue().rindex("\x1b[?25h") > terminal.getvalue().rindex("\x1b[?25l")


LINES = ["VIOLATED  idempotent", "  Ways out", "  idempotent  VIOLATED", "plain [red]text[/red]"]


def test_without_a_terminal_lines_are_printed_as_they_are(capsys):
    live.print_lines(LINES, sys.stdout)
    assert capsys.readouterr() == ("\n".join(LINES) + "\n", "")
    live.print_lines(LINES, sys.stderr)
    assert capsys.readouterr() == ("", "\n".join(LINES) + "\n")


def test_at_a_terminal_colour_is_added_and_no_word_changed(terminal):
    """Meaning is never in colour alone, and brackets are text."""
    with terminal:
        live.print_lines(LINES, sys.stdout)
    seen = terminal.getvalue()
    assert "\x1b[1;31mVIOLATED  idempotent\x1b[0m" in seen
    assert "\x1b[1m  Ways out\x1b[0m" in seen
    assert "plain [red]text[/red]" in seen


def test_at_a_narrow_terminal_no_line_is_broken_by_us(terminal, monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    with terminal:
        live.print_lines(["word " * 15], sys.stdout)
    assert terminal.getvalue() == "word " * 15 + "\n"


def test_no_color_is_honoured(terminal, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    with terminal:
        live.print_lines(LINES, sys.stdout)
    assert "\x1b[31m" not in terminal.getvalue()
    assert "\x1b[1;31m" not in terminal.getvalue()


def test_an_encoding_that_lacks_a_character_gets_it_written_out(monkeypatch):
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii", newline="\n"))
    live.print_lines(["ä €"], sys.stdout)
    sys.stdout.flush()
    assert raw.getvalue() == b"\\xe4 \\u20ac\n"
