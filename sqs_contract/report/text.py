"""Text that is safe to show and fits: message bodies are hostile data."""

from __future__ import annotations

import json
from typing import Any, Final

from sqs_contract.world.effects import MASKED

WIDTH: Final = 80
_ASCII_MAX: Final = 0x7F
_BMP_MAX: Final = 0xFFFF


def escape(text: str) -> str:
    r"""The text with everything that does not print written out: `\x1b`, `\u202e`, `\n`.

    Control characters, terminal escapes and direction marks are shown, not
    obeyed; the result is one line.
    """
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else _written_out(character) for character in text
    )


def _written_out(character: str) -> str:
    named = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}.get(character)
    if named is not None:
        return named
    code = ord(character)
    if code <= _ASCII_MAX:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code <= _BMP_MAX else f"\\U{code:08x}"


def columns(text: str) -> int:
    """How many columns of a terminal an escaped text takes, at most.

    Wide characters take two. What is drawn upon the character before it counts
    as one all the same, so that no text of many such marks is without bounds.
    """
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(character: str) -> int:
    from rich.cells import get_character_cell_size  # noqa: PLC0415  ASCII needs no table

    return max(get_character_cell_size(character), 1)


def fits(text: str, width: int) -> bool:
    """Whether an escaped text takes no more than `width` columns."""
    return len(text) <= width and columns(text) <= width


def cut(text: str, width: int) -> str:
    """As much of the start of an escaped text as fits."""
    start = text[: max(width, 0)]
    while not fits(start, width) and start:
        start = start[:-1]
    return start


def shorten(text: str, width: int) -> str:
    """At most `width` columns of an escaped text, with how much was left out."""
    text = escape(text)
    if fits(text, width):
        return text
    note = f"... ({len(text)} characters)"
    return cut(text, width - len(note)) + note


def clip(text: str, width: int = WIDTH) -> str:
    """At most `width` columns of a line of ours."""
    if fits(text, width):
        return text
    return cut(text, width - 3) + "..."


def shown(value: Any, width: int = WIDTH) -> str:
    """A value of the effects in one line: rows as `{key: value}`, texts bare."""
    return clip(escape(_shown(value)), width)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_shown(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_shown, value)) + "]"
    if isinstance(value, str):
        if value == MASKED:
            return "(varies)"
        return (
            value if value and value.isprintable() and value.strip() == value else json.dumps(value)
        )
    return json.dumps(value)


def wrap(
    text: str, indent: int, width: int = WIDTH, *, hanging: int = 0, gap: str = " "
) -> list[str]:
    """A paragraph in lines of at most `width` columns, broken at gaps.

    Every line is indented, those after the first by `hanging` more.
    """
    lines: list[str] = []
    line = ""
    room = width - indent
    for word in escape(text).split(gap):
        longer = f"{line}{gap}{word}" if line else word
        if fits(longer, room):
            line = longer
            continue
        rest = word
        if line:
            lines.append(line.rstrip())
            room = width - indent - hanging
        while not fits(rest, room):  # longer than any line
            part = cut(rest, room) or rest[0]
            lines.append(part.rstrip())
            rest = rest[len(part) :].lstrip()
            room = width - indent - hanging
        line = rest
    if line.strip():
        lines.append(line.rstrip())
    return [
        f"{' ' * (indent + (hanging if number else 0))}{line}" for number, line in enumerate(lines)
    ]


def labelled(label: str, text: str, indent: int) -> list[str]:
    """A paragraph that begins beside its label; every line of it is indented."""
    first, *rest = wrap(text, indent)
    return [f"{label:<{indent}}{first.strip()}", *rest]


def seconds(milliseconds: int) -> str:
    """`30 s`, `0.5 s`."""
    return f"{milliseconds / 1000:g} s"


def plural(count: int, noun: str) -> str:
    """`1 message`, `2 messages`, `no message`."""
    if count == 0:
        return f"no {noun}"
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
