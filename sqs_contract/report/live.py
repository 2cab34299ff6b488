"""The terminal: a live line while a verification runs, and the report with some colour.

Colour is an addition: everything is said in words too. Where the terminal is
none, plain lines are written.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

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
    ("  Against one delivery", "bold"),
    ("  Ways out", "bold"),
    ("  Reproduce", "bold"),
)


@contextmanager
def progress(target: str) -> Iterator[Callable[[Progress], None]]:
    """Tell on stderr how a verification goes: live on a terminal, else a line a finding."""
    if not sys.stderr.isatty():
        yield _PlainProgress()
        return
    from rich.console import Console  # noqa: PLC0415  heavy
    from rich.live import Live  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    console = Console(stderr=True)
    with Live(console=console, auto_refresh=False, transient=True) as live:
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
                print(f"found: {clause} is violated", file=sys.stderr, flush=True)


def print_lines(lines: list[str], *, to_stderr: bool = False) -> None:
    """Print a report."""
    stream = sys.stderr if to_stderr else sys.stdout
    if not stream.isatty():
        encoding = getattr(stream, "encoding", None) or "utf-8"
        for line in lines:
            print(line.encode(encoding, "backslashreplace").decode(encoding), file=stream)
        return
    from rich.console import Console  # noqa: PLC0415  heavy
    from rich.text import Text  # noqa: PLC0415

    console = Console(file=stream, highlight=False, soft_wrap=True)
    for line in lines:
        console.print(Text(line, style=_style(line)))


def _style(line: str) -> str:
    for start, style in _STYLES:
        if line.startswith(start):
            return style
    return "red" if "  VIOLATED" in line else ""
