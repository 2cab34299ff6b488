"""What a pattern says of one value: equality and the match types (S111, S112).

Owns the match types, one function each, and the words in which AWS refuses
them. How fields are put together is `patterns`'s.
"""

from __future__ import annotations

import ipaddress
import operator
from collections.abc import Callable, Mapping
from typing import Any, Final, NoReturn

Test = Callable[[Any], bool]

WILDCARDS_MAX: Final = 5
"""Assumption: AWS weighs a pattern by the states it may be in at once and does not
tell the limit. Recorded: two wildcards pass, six are too complex."""

_ANYTHING_BUT: Final = "Value of anything-but must be an array or single string/number value."
_COMPARISONS: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


class PatternRefused(ValueError):
    """AWS does not accept a pattern. `reason` is what it says of it."""

    code: Final = "InvalidEventPatternException"

    def __init__(self, reason: str) -> None:
        super().__init__(f"Event pattern is not valid. Reason: {reason}")
        self.reason = reason


def says_absent(value: object) -> bool:
    """Whether a value of a pattern is `{"exists": false}`: matched by what is not there."""
    return isinstance(value, dict) and value.get("exists") is False and len(value) == 1


def compile_value(value: object) -> Test:
    """One of the alternatives a field lists: a value, or a match expression."""
    if isinstance(value, dict):
        return _compile_expression(value)
    if isinstance(value, list):
        raise PatternRefused("Match value must be String, number, true, false, or null")
    return _equals(value)


def is_number(value: object) -> bool:
    """Whether a JSON value is a number. `true` is none."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _equals(wanted: object) -> Test:
    if is_number(wanted):
        return lambda value: is_number(value) and value == wanted  # S112: 300 and 300.0 are one
    if wanted is None or isinstance(wanted, bool):
        return lambda value: value is wanted
    return lambda value: isinstance(value, str) and value == wanted


def _compile_expression(expression: Mapping[str, Any]) -> Test:
    if not expression:
        raise PatternRefused("Match expression name not found")
    name, argument = next(iter(expression.items()))
    compile_match = _MATCH_TYPES.get(name)
    if compile_match is None:
        raise PatternRefused(f"Unrecognized match type {name}")
    test = compile_match(argument)
    if len(expression) > 1:
        raise PatternRefused(
            "Too many elements in numeric expression"
            if name in ("numeric", "anything-but")
            else "Only one key allowed in match expression"
        )
    return test


def _exists(argument: object) -> Test:
    if not isinstance(argument, bool):
        raise PatternRefused("exists match pattern must be either true or false.")
    return lambda _: argument


def _exactly(argument: object) -> Test:
    return _equals(_string(argument, "exact match pattern must be a string"))


def _prefix(argument: object) -> Test:
    return _starts(argument, "prefix", str.startswith)


def _suffix(argument: object) -> Test:
    return _starts(argument, "suffix", str.endswith)


def _starts(argument: object, name: str, holds: Callable[[str, str], bool]) -> Test:
    if isinstance(argument, dict) and list(argument) == ["equals-ignore-case"]:
        folded = _ignoring_case_text(argument["equals-ignore-case"]).lower()
        return lambda value: isinstance(value, str) and holds(value.lower(), folded)
    text = _string(argument, f"{name} match pattern must be a string")
    return lambda value: isinstance(value, str) and holds(value, text)


def _equals_ignore_case(argument: object) -> Test:
    folded = _ignoring_case_text(argument).lower()
    return lambda value: isinstance(value, str) and value.lower() == folded


def _ignoring_case_text(argument: object) -> str:
    return _string(argument, "equals-ignore-case match pattern must be a string")


def _wildcard(argument: object) -> Test:
    pieces = _wildcard_pieces(_string(argument, "wildcard match pattern must be a string"))
    if len(pieces) - 1 > WILDCARDS_MAX:
        raise PatternRefused(
            "Rule is too complex - try using fewer wildcard characters or fewer repeating "
            "character sequences after a wildcard character"
        )
    return lambda value: isinstance(value, str) and _pieces_fit(pieces, value)


def _wildcard_pieces(text: str) -> list[str]:
    """The text between the wildcards; `*` and the backslash are escaped by a backslash."""
    pieces = [""]
    position = 0
    while position < len(text):
        character = text[position]
        if character == "*":
            if text[position + 1 : position + 2] == "*":
                _refuse_at("Consecutive wildcard characters", text, position)
            pieces.append("")
        elif character == "\\":
            position += 1
            if text[position : position + 1] not in ("*", "\\"):
                _refuse_at("Invalid escape character", text, position - 1)
            pieces[-1] += text[position]
        else:
            pieces[-1] += character
        position += 1
    return pieces


def _pieces_fit(pieces: list[str], value: str) -> bool:
    """Whether the pieces follow each other in a value, with anything between them."""
    first, last = pieces[0], pieces[-1]
    if len(pieces) == 1:
        return value == first
    end = len(value) - len(last)
    if not value.startswith(first) or not value.endswith(last) or end < len(first):
        return False
    position = len(first)
    for piece in pieces[1:-1]:
        found = value.find(piece, position, end)
        if found < 0:
            return False
        position = found + len(piece)
    return True


def _refuse_at(reason: str, text: str, position: int) -> NoReturn:
    # AWS counts bytes, with the quote the string opens with.
    raise PatternRefused(f"{reason} at pos {len(text[:position].encode()) + 1}")


def _cidr(argument: object) -> Test:
    text = _string(argument, "prefix match pattern must be a string")  # AWS's words, recorded
    address, slash, bits_text = text.partition("/")
    if not slash or "/" in bits_text or not bits_text:
        raise PatternRefused("Malformed CIDR, one '/' required")
    try:
        bits = int(bits_text)
    except ValueError:
        raise PatternRefused("Malformed CIDR, mask bits must be an integer") from None
    if bits < 0:
        raise PatternRefused("Malformed CIDR, mask bits must not be negative")
    low = _address(address)
    if low is None:
        raise PatternRefused(f"Nonstandard IP address: {address}")
    if bits >= low.max_prefixlen:
        raise PatternRefused(f"IPv{low.version} mask bits must be < {low.max_prefixlen}")
    high = int(low) | ((1 << (low.max_prefixlen - bits)) - 1)

    def within(value: object) -> bool:
        given = _address(value) if isinstance(value, str) else None
        return given is not None and given.version == low.version and int(low) <= int(given) <= high

    return within


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(text)
    except ValueError:
        return None


def _numeric(argument: object) -> Test:
    if not isinstance(argument, list):
        raise PatternRefused("Value of numeric must be an array.")
    if not argument or not isinstance(argument[0], str):
        raise PatternRefused(f"Invalid member in numeric match: {argument[0] if argument else ']'}")
    if argument[0] not in _COMPARISONS:
        raise PatternRefused(f"Unrecognized numeric range operator: {argument[0]}")
    bounds = [_bound(argument, 0)]
    if len(argument) > 2:
        if argument[0] not in (">", ">="):
            raise PatternRefused("Too many elements in numeric expression")
        if not isinstance(argument[2], str):
            raise PatternRefused(f"Bad value in numeric range: {argument[2]}")
        if argument[2] not in ("<", "<="):
            raise PatternRefused(f"Bad numeric range operator: {argument[2]}")
        bounds.append(_bound(argument, 2))
        if len(argument) > 4:
            raise PatternRefused("Too many terms in numeric range expression")
        if bounds[0][1] >= bounds[1][1]:
            raise PatternRefused("Bottom must be less than top")
    return lambda value: (
        is_number(value) and all(compare(value, limit) for compare, limit in bounds)
    )


def _bound(terms: list[Any], at: int) -> tuple[Callable[[Any, Any], bool], Any]:
    name = terms[at]
    limit = terms[at + 1] if at + 1 < len(terms) else None
    if not is_number(limit):
        raise PatternRefused(f"Value of {'equals' if name == '=' else name} must be numeric")
    return _COMPARISONS[name], limit


def _anything_but(argument: object) -> Test:
    if isinstance(argument, dict):
        excluded = _excluded_by_operator(argument)
    elif isinstance(argument, list):
        excluded = _excluded_list(argument)
    elif isinstance(argument, str) or is_number(argument):
        excluded = [_equals(argument)]
    else:
        raise PatternRefused(_ANYTHING_BUT)
    return lambda value: not any(test(value) for test in excluded)


def _excluded_list(values: list[Any]) -> list[Test]:
    for value in values:
        if not isinstance(value, str) and not is_number(value):
            raise PatternRefused("Inside anything but list, start|null|boolean is not supported.")
    if len({isinstance(value, str) for value in values}) != 1:
        raise PatternRefused(
            "Inside anything but list, either all values are number or string, mixed type is not "
            "supported"
        )
    return [_equals(value) for value in values]


def _excluded_by_operator(expression: Mapping[str, Any]) -> list[Test]:
    if not expression:
        raise PatternRefused("Anything-But expression name not found")
    name, argument = next(iter(expression.items()))
    if name not in _EXCLUDABLE:
        raise PatternRefused(f"Unsupported anything-but pattern: {name}")
    if isinstance(argument, dict):
        raise PatternRefused(_ANYTHING_BUT)
    tests: list[Test] = []
    for text in argument if isinstance(argument, list) else [argument]:
        if not isinstance(text, str):
            raise PatternRefused(_EXCLUDABLE[name])
        if not text and name in ("prefix", "suffix"):
            raise PatternRefused("Null prefix/suffix not allowed")
        tests.append(_MATCH_TYPES[name](text))
    if len(expression) > 1:
        raise PatternRefused("Only one key allowed in match expression")
    return tests


def _string(argument: object, otherwise: str) -> str:
    if not isinstance(argument, str):
        raise PatternRefused(otherwise)
    return argument


_EXCLUDABLE: Final[Mapping[str, str]] = {
    "prefix": "prefix/suffix match pattern must be a string",
    "suffix": "prefix/suffix match pattern must be a string",
    "wildcard": "wildcard match pattern must be a string",
    "equals-ignore-case": (
        "Inside anything-but/equals-ignore-case list, number|start|null|boolean is not supported."
    ),
}
"""What may stand inside anything-but, and what AWS says where it is not given text."""

_MATCH_TYPES: Final[Mapping[str, Callable[[object], Test]]] = {
    "exactly": _exactly,
    "prefix": _prefix,
    "suffix": _suffix,
    "equals-ignore-case": _equals_ignore_case,
    "anything-but": _anything_but,
    "numeric": _numeric,
    "exists": _exists,
    "wildcard": _wildcard,
    "cidr": _cidr,
}
