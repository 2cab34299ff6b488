"""Malformed bodies that few handlers are written for: for tests that ask for them.

No verification sends these by itself: of some a correct handler may well do nothing at all.
"""

from __future__ import annotations

import base64
import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from typing import Any, Final

from sqs_contract.bodies.kinds import FIELDS_MAX, Kind, Malformed, fixed
from sqs_contract.model.limits import MESSAGE_MAX_BYTES

_DEPTH: Final = 20_000
"""Levels of nesting: more than any reader of JSON goes down without being told to."""

_MARK: Final = "sqs-contract puts a value here"


def _with_raw(value: dict[str, Any], field: str, raw: str) -> str:
    """The object as JSON, with text of ours in place of the value of one field."""
    return json.dumps({**value, field: _MARK}).replace(json.dumps(_MARK), raw)


def _numeric_field(value: dict[str, Any]) -> str:
    """The field that looks most like one for a number: the first number, or the first field."""
    for field, item in value.items():
        if isinstance(item, int | float) and not isinstance(item, bool):
            return field
    return next(iter(value), "amount")


def _text_field(value: dict[str, Any]) -> str:
    for field, item in value.items():
        if isinstance(item, str):
            return field
    return next(iter(value), "text")


def _raw_values(
    where: Callable[[dict[str, Any]], str], *raws: tuple[str, str]
) -> Callable[[str, Any], Iterator[Malformed]]:
    def make(_body: str, value: dict[str, Any]) -> Iterator[Malformed]:
        field = where(value)
        for raw, note in raws:
            yield Malformed(_with_raw(value, field, raw), f"field {field!r} is {note}")

    return make


def _nearly_json(body: str, value: Any) -> Iterator[Malformed]:
    text = body.rstrip()
    if isinstance(value, dict | list) and value:
        yield Malformed(f"{text[:-1].rstrip()},{text[-1]}", "JSON with a trailing comma")
    yield Malformed(repr(value), "written as Python writes it")
    yield Malformed(f"{text}\n{text}", "two JSON values, a line each")
    yield Malformed(f"/* order */ {text}", "JSON with a comment")


def _other_types(_body: str, value: dict[str, Any]) -> Iterator[Malformed]:
    for field in list(value)[:FIELDS_MAX]:
        given = value[field]
        for wrong in (0, -1, "", "0", True, False, [], {}, [given], {"value": given}):
            if type(wrong) is not type(given):
                yield Malformed(
                    json.dumps({**value, field: wrong}),
                    f"field {field!r} is {json.dumps(wrong)[:40]}",
                )
        if isinstance(given, int | float):
            yield Malformed(
                json.dumps({**value, field: str(given)}), f"field {field!r} is a number as text"
            )


def _extra_fields(_body: str, value: dict[str, Any]) -> Iterator[Malformed]:
    first = next(iter(value), "id")
    other_case = first.upper() if first.upper() != first else first.lower()
    for field, item in (("unexpected", True), ("__proto__", {}), ("", ""), (other_case, None)):
        if field not in value:
            yield Malformed(json.dumps({**value, field: item}), f"field {field!r} is too many")


def _duplicate_keys(_body: str, value: dict[str, Any]) -> Iterator[Malformed]:
    for field in list(value)[:FIELDS_MAX]:
        for again in ("null", '"again"'):
            text = json.dumps(value)[:-1]
            yield Malformed(f"{text}, {json.dumps(field)}: {again}}}", f"field {field!r} is twice")


def _mebibyte(_body: str, value: Any) -> Iterator[Malformed]:
    """As large as SQS takes a message (S23): one field is very long."""
    for filler, note in (("a", "1 MiB"), ("é", "1 MiB, not ASCII")):
        around = {**value, "padding": ""} if isinstance(value, dict) else ""
        text = json.dumps(around, ensure_ascii=True)
        end = 2 if isinstance(value, dict) else 1  # a quote, and a brace
        room, size = MESSAGE_MAX_BYTES - len(text), len(filler.encode())
        if room > 0:
            padding = filler * (room // size) + "a" * (room % size)
            yield Malformed(f"{text[:-end]}{padding}{text[-end:]}", note)


def _base64(body: str, _value: Any) -> Iterator[Malformed]:
    data = _bytes(body)
    yield Malformed(base64.b64encode(data).decode(), "in base64")
    yield Malformed(base64.urlsafe_b64encode(data).decode().rstrip("="), "in base64 for URLs")


def _gzip(body: str, _value: Any) -> Iterator[Malformed]:
    """Bytes as they are are no text SQS takes (S27), so compressed data comes in base64."""
    data = _bytes(body)
    compressed = gzip.compress(data, mtime=0)
    yield Malformed(base64.b64encode(compressed).decode(), "compressed by gzip, in base64")
    yield Malformed(base64.b64encode(zlib.compress(data)).decode(), "compressed, in base64")


def _bytes(body: str) -> bytes:
    return body.encode("utf-8", "replace")


def _byte_order_mark(body: str, _value: Any) -> Iterator[Malformed]:
    yield Malformed(f"\ufeff{body}", "behind a byte order mark")


def _listed(_body: str, value: Any) -> Iterator[Malformed]:
    yield Malformed(json.dumps([value]), "in a list")
    yield Malformed(json.dumps([value, value]), "twice in a list")


STRANGE: Final = (
    Kind(
        name="empty-looking",
        make=fixed(
            ("\t", "a tab"),
            ("\r\n", "an empty line"),
            ("\u00a0", "a no-break space"),
            ("\u200b", "a space of no width"),
            ('""', "an empty JSON string"),
        ),
        needs_json=False,
    ),
    Kind(name="nearly-json", make=_nearly_json),
    Kind(name="other-type", make=_other_types, needs_object=True),
    Kind(name="extra-field", make=_extra_fields, needs_object=True),
    Kind(name="duplicate-key", make=_duplicate_keys, needs_object=True),
    Kind(name="in-a-list", make=_listed),
    Kind(
        name="not-finite",
        make=_raw_values(
            _numeric_field,
            ("NaN", "NaN"),
            ("Infinity", "Infinity"),
            ("-Infinity", "-Infinity"),
            ("1e400", "1e400, more than a double holds"),
            ("-1e400", "-1e400, less than a double holds"),
        ),
        needs_object=True,
    ),
    Kind(
        name="huge-integer",
        make=_raw_values(
            _numeric_field,
            (str(2**53 + 1), "2^53 + 1, which a double cannot hold"),
            (str(2**63), "2^63, more than 64 bits hold"),
            (str(10**38), "of 39 digits, more than DynamoDB holds"),
            ("9" * 5_000, "of 5,000 digits"),
        ),
        needs_object=True,
    ),
    Kind(
        name="lone-surrogate",
        make=_raw_values(
            _text_field,
            (r'"\ud800"', "half a surrogate pair, escaped"),
            (r'"\udc00\ud800"', "a surrogate pair in the wrong order, escaped"),
        ),
        needs_object=True,
    ),
    Kind(
        name="control-character",
        make=_raw_values(
            _text_field,
            ('"a\tb"', "a text with a tab in it, not escaped"),
            ('"a\nb"', "a text with a line feed in it, not escaped"),
            ('"a\rb"', "a text with a carriage return in it, not escaped"),
            (r'"a\u0000b"', "a text with an escaped NUL in it"),
            (r'"a\u001bb"', "a text with an escaped ESC in it"),
            ('"a\u007f\u0080\u0085b"', "a text with DEL and C1 controls"),
            ('"a\u2028\u202eb"', "a text with a line separator and an override"),
            ('"\ud7ff\ue000\ufffd"', "the outermost characters SQS takes"),
            ('"\U00010000\U0010ffff"', "the outermost characters of four bytes"),
        ),
        needs_object=True,
    ),
    Kind(name="byte-order-mark", make=_byte_order_mark),
    Kind(name="base64", make=_base64),
    Kind(name="gzip", make=_gzip),
    Kind(
        name="too-deep",
        make=fixed(
            ("[" * _DEPTH + "]" * _DEPTH, f"{_DEPTH:,} arrays in each other"),
            ('{"a":' * _DEPTH + "0" + "}" * _DEPTH, f"{_DEPTH:,} objects in each other"),
        ),
    ),
    Kind(name="mebibyte", make=_mebibyte),
)
"""The plainest first."""
