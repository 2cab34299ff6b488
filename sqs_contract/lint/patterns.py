"""What can be said of an event pattern without any message: which fields it must find, and
whether it can match anything that comes from a queue."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sqs_contract.model.filters import BODY, OPERATORS, PATTERN_MAX_CHARS
from sqs_contract.model.pattern_operators import PatternRefused, says_absent
from sqs_contract.model.patterns import OR, compile_pattern
from sqs_contract.model.response import parse_json

RECORD_KEYS: Final = frozenset(
    {
        "messageId", "receiptHandle", "body", "attributes", "messageAttributes", "md5OfBody",
        "md5OfMessageAttributes", "eventSource", "eventSourceARN", "awsRegion",
    }
)  # fmt: skip
"""The keys of a record, and there are no others (S2)."""


def refusal_of(text: str) -> str | None:
    """Why AWS refuses a pattern (S107, S113); `None` if it does not."""
    if len(text) > PATTERN_MAX_CHARS:
        return f"it has {len(text)} characters, and AWS takes {PATTERN_MAX_CHARS}"
    try:
        compile_pattern(parse_json(text))
    except PatternRefused as error:
        return error.reason
    except (ValueError, RecursionError):
        return "it is not JSON"
    return None


def undocumented_in(text: str) -> frozenset[str]:
    """Match types of a pattern that are not documented for mappings (S111)."""
    return compile_pattern(parse_json(text)).operators - OPERATORS


def why_never(text: str) -> str | None:
    """Why a pattern that AWS takes can match no message of a queue; `None` if it may."""
    reasons = [_why_never(branch) for branch in _branches(parse_json(text))]
    return next(iter(reasons)) if all(reasons) else None


def _why_never(pattern: Mapping[str, Any]) -> str | None:
    for name in pattern:
        if name not in RECORD_KEYS and _must_be_there(pattern[name]):
            if isinstance(name, str) and name.lower() == BODY:
                return f"it asks for {name!r}, and the key is 'body'"
            return f"it asks for {name!r} beside the body, and no record has such a key"
    body = pattern.get(BODY)
    if isinstance(body, list) and body and all(map(_is_object, body)):
        return (
            "its body is the text of JSON, which is matched by text that is no JSON only: "
            "write the JSON itself as the pattern"
        )
    source = pattern.get("eventSource")
    plain = isinstance(source, list) and all(isinstance(item, str) for item in source)
    if plain and source and "aws:sqs" not in source:
        return f"its eventSource is {source[0]!r}, and that of a queue is 'aws:sqs'"
    return None


def asked_of_body(text: str) -> list[frozenset[str]]:
    """The keys a body must have at its top for a pattern to match: one set for each branch of
    `$or`; an empty set where it may have any."""
    found: list[frozenset[str]] = []
    for branch in _branches(parse_json(text)):
        body = branch.get(BODY)
        if not isinstance(body, Mapping):
            found.append(frozenset())
            continue
        found += [
            frozenset(name for name, value in part.items() if _must_be_there(value))
            for part in _branches(body)
        ]
    return found


def _branches(pattern: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """A pattern without `$or` at its top: one for each branch."""
    own = {name: value for name, value in pattern.items() if name != OR}
    if OR not in pattern:
        yield own
        return
    for branch in pattern[OR]:
        for inner in _branches(branch):
            yield {**own, **inner}


def _must_be_there(value: Any) -> bool:
    """Whether a field of a pattern is matched only where there is one."""
    if isinstance(value, Mapping):
        if OR in value:
            return all(_must_be_there(branch) for branch in _branches(value))
        return any(map(_must_be_there, value.values()))
    return isinstance(value, list) and not any(map(says_absent, value))


def _is_object(text: object) -> bool:
    """Whether something is the text of a JSON object or array."""
    try:
        return isinstance(text, str) and isinstance(json.loads(text), dict | list)
    except (ValueError, RecursionError):
        return False
