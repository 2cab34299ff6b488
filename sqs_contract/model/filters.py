"""Filter criteria of an event source mapping on a queue (S107-S114).

Owns which patterns a mapping accepts and how a message is held against them.
What becomes of a message that matches none, the mapping does: it deletes it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqs_contract.model.assumptions import DEFAULT_ASSUMPTIONS, Assumptions, FilterReach
from sqs_contract.model.mapping_refusals import VALIDATION, MappingRefused
from sqs_contract.model.pattern_operators import PatternRefused
from sqs_contract.model.patterns import OR, Pattern, compile_pattern
from sqs_contract.model.response import parse_json

FILTERS_MAX: Final = 5
"""Filters of a mapping, before an increase is asked for (S107)."""

PATTERN_MAX_CHARS: Final = 4_096
"""Characters of a filter's pattern (S107)."""

BODY: Final = "body"

OPERATORS: Final = frozenset(
    {"prefix", "suffix", "equals-ignore-case", "anything-but", "numeric", "exists"}
)
"""Match types documented for event source mappings (S111). Assumption: others are refused."""

_INVALID: Final = "Invalid filter pattern definition."


@dataclass(frozen=True, slots=True)
class Part:
    """What one object of a filter asks for, `$or` aside.

    Attributes:
        body: what the body must match: a pattern on the JSON it holds, or, where
            `plain` is set, on its text. `None`: the body is not looked at (S109).
        metadata: what the rest of the record must match, or `None`.
        plain: the pattern of the body is a list: it is about text (S109).
        never: it is taken to match nothing (N8).
    """

    body: Pattern | None
    metadata: Pattern | None
    plain: bool
    never: bool = False

    def matches(self, body: _Body, metadata: Mapping[str, Any]) -> bool:
        """Whether a message matches, body and rest."""
        if self.never or (self.metadata is not None and not self.metadata.matches(metadata)):
            return False
        if self.body is None:
            return True
        # S109: a pattern about JSON drops plain text, and one about text drops JSON.
        if self.plain == body.is_json:
            return False
        return self.body.matches({BODY: body.value})


@dataclass(frozen=True, slots=True)
class _Body:
    """A body as filters see it: parsed where it is JSON, else its text (S110)."""

    is_json: bool
    value: object

    @classmethod
    def of(cls, text: str) -> _Body:
        try:
            return cls(is_json=True, value=parse_json(text))
        except (ValueError, RecursionError):
            return cls(is_json=False, value=text)


@dataclass(frozen=True, slots=True)
class FilterCriteria:
    """The filters of a mapping: a message passes that matches any of them (S107).

    `alternatives` are the filters, each `$or` at its top spread out: a message
    matches one if it matches all its parts. `patterns` are their texts, as given.
    """

    alternatives: tuple[tuple[Part, ...], ...] = field(compare=False)
    patterns: tuple[str, ...] = ()

    @property
    def looks_at_metadata(self) -> bool:
        """Whether some filter is about more than the body."""
        return any(part.metadata is not None for parts in self.alternatives for part in parts)

    @property
    def unsettled(self) -> bool:
        """Whether some filter is about metadata or about text: what AWS does is open (N8)."""
        return any(
            part.metadata is not None or part.plain for parts in self.alternatives for part in parts
        )

    def passes(self, body: str, metadata: Mapping[str, Any] | None = None) -> bool:
        """Whether a message matches.

        Assumption: a body is JSON when it parses as JSON, a bare number or
        string included; and keys beside `body` are matched against the record (N8).

        Args:
            body: the text of the message.
            metadata: the record without its body, where a filter looks at it.
        """
        seen = _Body.of(body)
        return any(
            all(part.matches(seen, metadata or {}) for part in parts) for parts in self.alternatives
        )


def read_filter_criteria(
    criteria: Mapping[str, Any], assumptions: Assumptions = DEFAULT_ASSUMPTIONS
) -> FilterCriteria | None:
    """Read `FilterCriteria` as the API takes it; `None` where it holds no filter.

    Raises:
        MappingRefused: AWS does not accept them.
    """
    filters = criteria.get("Filters") or []
    return compile_filters([item.get("Pattern", "") for item in filters], assumptions)


def compile_filters(
    patterns: Sequence[str], assumptions: Assumptions = DEFAULT_ASSUMPTIONS
) -> FilterCriteria | None:
    """Compile the patterns of a mapping, each JSON text.

    Raises:
        MappingRefused: AWS does not accept one of them (S113), or there are too many.
    """
    if len(patterns) > FILTERS_MAX:
        # Assumption: the limit is documented, the words are not recorded.
        raise MappingRefused(f"Maximum number of filters is {FILTERS_MAX}.")
    alternatives = [parts for text in patterns for parts in _compile(text, assumptions)]
    return FilterCriteria(tuple(alternatives), tuple(patterns)) if alternatives else None


def _compile(text: str, assumptions: Assumptions) -> list[tuple[Part, ...]]:
    if len(text) > PATTERN_MAX_CHARS:
        raise MappingRefused(
            f"1 validation error detected: Value '{text}' at 'filterCriteria.filters.1.member."
            "pattern' failed to satisfy constraint: Member must have length less than or equal to "
            f"{PATTERN_MAX_CHARS}",
            code=VALIDATION,
        )
    try:
        pattern = parse_json(text)
        if compile_pattern(pattern).operators - OPERATORS:
            raise MappingRefused(_INVALID)
        return [tuple(_part(part, assumptions) for part in objects) for objects in _spread(pattern)]
    except (PatternRefused, ValueError, RecursionError):
        raise MappingRefused(_INVALID) from None


def _spread(pattern: Mapping[str, Any]) -> list[list[dict[str, Any]]]:
    """The alternatives of a pattern: lists of objects without `$or` at their top, all to match."""
    own = {name: value for name, value in pattern.items() if name != OR}
    shared = [own] if own else []
    if OR not in pattern:
        return [shared]
    return [shared + objects for branch in pattern[OR] for objects in _spread(branch)]


def _part(pattern: Mapping[str, Any], assumptions: Assumptions) -> Part:
    rest = {name: value for name, value in pattern.items() if name != BODY}
    plain = isinstance(pattern.get(BODY), list)
    reach = (
        assumptions.metadata_filters if rest else FilterReach.MATCHED,
        assumptions.text_filters if plain else FilterReach.MATCHED,
    )
    if FilterReach.REFUSED in reach:
        raise MappingRefused(_INVALID)
    return Part(
        body=compile_pattern({BODY: pattern[BODY]}) if BODY in pattern else None,
        metadata=compile_pattern(rest) if rest else None,
        plain=plain,
        never=FilterReach.NEVER_MATCHED in reach,
    )
