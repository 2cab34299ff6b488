"""The terminal: a live line while a verification runs, and the report with some colour.

Colour is an addition: everything is said in words too. Where the terminal is
none, plain lines are written.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from sqs_contract.report.streams import tell_error, write_out
from sqs_contract.report.text import escape
from sqs_contract.world.clock import real_monotonic

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqs_contract.verify import Progress

_REFRESH_S = 0.1

_STYLES = (
    ("VIOLATED  ", "bold red"),
    ("  Smallest scenario", "bold"),
    ("  What happened", "bold"),
    ("  What did not happen", "bold"),
    ("  Against one delivery", "bold"),
    ("  Ways out", "bold"),
    ("  Reproduce", "bold"),
)


@contextmanager
def progress(target: str) -> Iterator[Callable[[Progress], None]]:
    """Tell on stderr how a verification goes: live on a terminal, else a line a finding."""
    if not _is_terminal(sys.stderr):
        yield _PlainProgress()
        return
    from rich.console import Console  # noqa: PLC0415  heavy
    from rich.live import Live  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console = Console(stderr=True)
    # What the user's code prints is not shown, so there is nothing to print above the line.
    with Live(console=console, auto_refresh=False, transient=True, redirect_stdout=False) as live:
        last = 0.0

        def show(now: Progress) -> None:
            nonlocal last
            moment = real_monotonic()
            if moment - last >= _REFRESH_S:
                last = moment
                live.update(Text(_line(target, now)), refresh=True)

        yield show


def _line(target: str, now: Progress) -> str:
    total = f" of {now.total}" if now.total else ""
    count = f" {now.done}{total}" if now.done or now.total else ""
    found = f"   found: {', '.join(now.found)}" if now.found else ""
    return f"{escape(target)}   {now.phase}{count}{found}"


class _PlainProgress:
    """A line for each clause found broken, as soon as it is."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def __call__(self, now: Progress) -> None:
        for clause in now.found:
            if clause not in self._told:
                self._told.add(clause)
                tell_error(f"found: {clause} is violated\n")


def print_lines(lines: list[str], stream: TextIO | None) -> None:
    """Print a report on a stream; nowhere, if there is none.

    Raises:
        UsageError: it cannot be written.
    """
    encoding = getattr(stream, "encoding", None) or "utf-8"
    lines = [line.encode(encoding, "backslashreplace").decode(encoding) for line in lines]
    text = "".join(f"{line}\n" for line in lines)
    write_out(stream, _coloured(lines, stream) if _is_terminal(stream) else text)


def _coloured(lines: list[str], stream: TextIO | None) -> str:
    from rich.console import Console  # noqa: PLC0415  heavy
    from rich.text import Text  # noqa: PLC0415

    console = Console(file=stream, highlight=False, soft_wrap=True)
    with console.capture() as written:
        for line in lines:
            console.print(Text(line, style=_style(line)))
    return written.get()


def _is_terminal(stream: TextIO | None) -> bool:
    try:
        return stream is not None and stream.isatty()
    except ValueError:  # somebody closed it
        return False


def _style(line: str) -> str:
    for start, style in _STYLES:
        if line.startswith(start):
            return style
    return "red" if "  VIOLATED" in line else ""
