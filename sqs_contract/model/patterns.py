"""Event patterns: the language in which filters are written (S111-S113).

Owns the shape of a pattern (fields, alternatives, arrays) and how an event is
held against it; what is said of one value is `pattern_operators`'s.

An event is read as its leaves: the path of names that leads to each, joined by
dots, and the array elements it lies in. A pattern is a tree: `All` of its fields
must match, `Any` branch of an `$or`, and a `Leaf` is matched by any value at its
path. Leaves that lie in one array must match in the same element of it: what
is handed from node to node is the set of element choices still possible.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqs_contract.model.pattern_operators import (
    PatternRefused,
    Test,
    compile_value,
    says_absent,
)

OR: Final = "$or"

RESERVED_INSIDE_OR: Final = frozenset(
    {"exactly", "prefix", "suffix", "numeric", "anything-but", "exists", "cidr"}
    | {"equals-ignore-case", "wildcard"}
)

_Choices = frozenset[tuple[int, int]]
"""Which element of which array was chosen: pairs of array number and index."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A field: the path to it, what a value must pass, whether absence passes too."""

    path: str
    tests: tuple[Test, ...]
    absent: bool


@dataclass(frozen=True, slots=True)
class All:
    """Every part matches."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Any_:  # noqa: N801  `Any` is typing's
    """Some part matches."""

    parts: tuple[Node, ...]


Node = Leaf | All | Any_


@dataclass(frozen=True, slots=True)
class Pattern:
    """A compiled pattern. `operators` are the names of the match types it uses."""

    root: All
    operators: frozenset[str]

    def matches(self, event: Mapping[str, Any]) -> bool:
        """Whether an event, as parsed JSON, matches."""
        leaves: dict[str, list[tuple[Any, _Choices]]] = {}
        for path, value, choices in _leaves(event):
            leaves.setdefault(path, []).append((value, choices))
        return bool(_narrow(self.root, leaves, frozenset([frozenset()])))


def compile_pattern(pattern: object) -> Pattern:
    """Compile a pattern given as parsed JSON.

    Raises:
        PatternRefused: AWS does not accept it; the reason is in AWS's words.
    """
    if not isinstance(pattern, dict):
        raise PatternRefused("Filter is not an object")
    operators: set[str] = set()
    return Pattern(_compile_object(pattern, (), operators, in_or=False), frozenset(operators))


def _compile_object(
    pattern: Mapping[str, Any], path: tuple[str, ...], operators: set[str], *, in_or: bool
) -> All:
    if not pattern:
        raise PatternRefused("Empty objects are not allowed")
    parts: list[Node] = []
    for name, value in pattern.items():
        if name == OR:
            parts.append(_compile_or(value, path, operators))
        elif in_or and name in RESERVED_INSIDE_OR:
            raise PatternRefused(
                f"{name} is Ruler reserved fieldName which cannot be used inside {OR}."
            )
        elif isinstance(value, dict):
            parts.append(_compile_object(value, (*path, name), operators, in_or=in_or))
        elif isinstance(value, list):
            parts.append(_compile_leaf(value, ".".join((*path, name)), operators))
        else:
            raise PatternRefused(f'"{name}" must be an object or an array')
    return All(tuple(parts))


def _compile_or(branches: object, path: tuple[str, ...], operators: set[str]) -> Any_:
    if not isinstance(branches, list):
        raise PatternRefused(f"It must be an Array followed with {OR}.")
    parts: list[Node] = []
    for branch in branches:
        if not isinstance(branch, dict):
            raise PatternRefused(f"Only JSON object is allowed in array of {OR} relationship.")
        parts.append(_compile_object(branch, path, operators, in_or=True))
    if len(parts) < 2:
        raise PatternRefused(f"There must have at least 2 Objects in {OR} relationship.")
    return Any_(tuple(parts))


def _compile_leaf(values: list[Any], path: str, operators: set[str]) -> Leaf:
    # S113: the values of a field stand in an array, which is not empty.
    tests: list[Test] = []
    absent = False
    for value in values:
        if isinstance(value, dict):
            operators.update(value)
        if says_absent(value):
            absent = True
        else:
            tests.append(compile_value(value))
    if not tests and not absent:
        raise PatternRefused("Empty arrays are not allowed")
    return Leaf(path, tuple(tests), absent)


def _narrow(
    node: Node, leaves: Mapping[str, list[tuple[Any, _Choices]]], possible: frozenset[_Choices]
) -> frozenset[_Choices]:
    """The choices of array elements with which the node matches as well; none: it does not."""
    if isinstance(node, All):
        for part in node.parts:
            possible = _narrow(part, leaves, possible)
            if not possible:
                break
        return possible
    if isinstance(node, Any_):
        return frozenset().union(*(_narrow(part, leaves, possible) for part in node.parts))
    found = leaves.get(node.path)
    if found is None:
        return possible if node.absent else frozenset()
    matching = {choices for value, choices in found if any(test(value) for test in node.tests)}
    return frozenset(
        before | after for before in possible for after in matching if _agree(before, after)
    )


def _agree(before: _Choices, after: _Choices) -> bool:
    if not before or not after:
        return True
    chosen = dict(before)
    return all(chosen.get(array, index) == index for array, index in after)


def _leaves(event: Mapping[str, Any]) -> Iterator[tuple[str, Any, _Choices]]:
    """Every leaf of an event. Empty objects and arrays have none (S113)."""
    arrays = 0
    stack: list[tuple[str, Any, _Choices]] = [("", event, frozenset())]
    while stack:
        path, value, choices = stack.pop()
        if isinstance(value, Mapping):
            stack += [
                (f"{path}.{name}" if path else name, inner, choices)
                for name, inner in value.items()
            ]
        elif isinstance(value, list):
            stack += [
                (path, inner, choices | {(arrays, index)}) for index, inner in enumerate(value)
            ]
            arrays += 1
        else:
            yield path, value, choices
