"""Text that is safe to show and fits: message bodies are hostile data."""

from __future__ import annotations

import json
import textwrap
from typing import Any, Final

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


def shorten(text: str, width: int) -> str:
    """At most `width` characters of an escaped text, with how much was left out."""
    text = escape(text)
    if len(text) <= width:
        return text
    note = f"... ({len(text)} characters)"
    return text[: max(width - len(note), 1)] + note


def clip(text: str, width: int = WIDTH) -> str:
    """At most `width` characters of a line of ours."""
    return text if len(text) <= width else text[: width - 3] + "..."


def shown(value: Any, width: int = WIDTH) -> str:
    """A value of the effects in one line: rows as `{key: value}`, texts bare."""
    return clip(escape(_shown(value)), width)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_shown(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_shown, value)) + "]"
    if isinstance(value, str):
        if value == "\x00noise":
            return "(varies)"
        return (
            value if value and value.isprintable() and value.strip() == value else json.dumps(value)
        )
    return json.dumps(value)


def wrap(text: str, indent: int, width: int = WIDTH) -> list[str]:
    """A paragraph in lines of at most `width` characters."""
    pad = " " * indent
    return textwrap.wrap(
        escape(text),
        width=width,
        initial_indent=pad,
        subsequent_indent=pad,
        break_on_hyphens=False,
    )


def seconds(milliseconds: int) -> str:
    """`30 s`, `0.5 s`."""
    return f"{milliseconds / 1000:g} s"


def plural(count: int, noun: str) -> str:
    """`1 message`, `2 messages`, `no message`."""
    if count == 0:
        return f"no {noun}"
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
