"""The values of expressions of Terraform's language.

They are worked out on the parser's own tree, in a scope that knows variables and resources.
What cannot be told is `Unresolved`. Nothing is executed: functions are those of a table.
"""

from __future__ import annotations

import json
import operator
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqs_contract.deployment.readers.hcl_files import (
    Block,
    Body,
    Node,
    body_of,
    children,
    is_kind,
    parsed,
)
from sqs_contract.deployment.readers.hcl_functions import FUNCTIONS, text_of
from sqs_contract.deployment.values import Unresolved

_DEPTH_MAX: Final = 80


@dataclass(frozen=True, slots=True)
class Reference:
    """A name that is not worked out yet: `aws_sqs_queue.orders[0]`."""

    path: tuple[Any, ...]


Scope = Callable[[Reference], Any]
"""Gives the value of a reference, or the reference itself where it is not whole yet."""


class Evaluator:
    """Works out expressions in a scope."""

    def __init__(
        self, scope: Scope, names: Mapping[str, Any] | None = None, depth: int = 0
    ) -> None:
        self._scope = scope
        self._names = dict(names or {})
        self._depth = depth

    def value(self, node: Node) -> Any:
        """The value of an expression."""
        found = self._partly(node)
        if isinstance(found, Reference):
            return Unresolved(f"hangs on {_shown(found)}, which the files alone do not tell")
        return found

    def within(self, **names: Any) -> Evaluator:
        """The same, with some more names."""
        return Evaluator(self._scope, {**self._names, **names}, self._depth + 1)

    def attributes(self, body: Body) -> dict[str, Any]:
        """The attributes of a body, and its blocks as lists of objects; dynamic ones written out."""
        found = {name: self.value(node) for name, node in body.attributes.items()}
        for block in body.blocks:
            if block.kind == "dynamic" and block.labels:
                made = self._dynamic(block)
                if isinstance(made, Unresolved):
                    found[block.labels[0]] = made
                else:
                    found.setdefault(block.labels[0], []).extend(made)
            elif isinstance(found.setdefault(block.kind, []), list):
                found[block.kind].append(self.attributes(block.body))
        return found

    def _dynamic(self, block: Block) -> list[Any] | Unresolved:
        content = next((item for item in block.body.blocks if item.kind == "content"), None)
        if content is None or "for_each" not in block.body.attributes:
            return []
        items = self.value(block.body.attributes["for_each"])
        if isinstance(items, Unresolved):
            return items
        return [
            self.within(**{block.labels[0]: {"key": key, "value": value}}).attributes(content.body)
            for key, value in pairs_of(items)
        ]

    def _partly(self, node: Node) -> Any:
        if self._depth > _DEPTH_MAX:
            return Unresolved("is nested too deeply")
        make = _NODES.get(node.data)
        if make is None:
            return Unresolved(f"hangs on an expression ({node.data}) that is not understood")
        self._depth += 1
        try:
            return make(self, node)
        finally:
            self._depth -= 1

    def _term(self, node: Node) -> Any:
        return self._partly(children(node)[0])

    def _identifier(self, node: Node) -> Any:
        name = str(node.children[0])
        if name in self._names:
            return self._names[name]
        return self._scope(Reference((name,)))

    def _literal(self, node: Node) -> Any:
        return {"true": True, "false": False, "null": None}[str(node.children[0])]

    def _string(self, node: Node) -> Any:
        parts: list[Any] = []
        for part in children(node):
            inner = part.children[0]
            if is_kind(inner, "interpolation"):
                parts.append(self.value(children(inner)[0]))
            elif hasattr(inner, "data"):
                return Unresolved("hangs on a directive in a text, which is not understood")
            else:
                parts.append(_unescaped(str(inner)))
        open_ = next((part for part in parts if isinstance(part, Unresolved)), None)
        if open_ is not None:
            return open_
        return parts[0] if len(parts) == 1 else "".join(map(text_of, parts))

    def _heredoc(self, node: Node) -> Any:
        head, *rest = str(node.children[0]).split("\n")
        lines = "\n".join(rest[:-2]) + "\n" if len(rest) > 2 else ""
        if head.startswith("<<-"):
            lines = textwrap.dedent(lines)
        parts: list[Any] = []
        for text, expression in _interpolations(lines):
            parts.append(text)
            if expression:
                tree = parsed(f"x = {expression}\n", Path("a text"))
                parts.append(self.value(body_of(tree, "").attributes["x"]))
        open_ = next((part for part in parts if isinstance(part, Unresolved)), None)
        return open_ if open_ is not None else "".join(map(text_of, parts))

    def _tuple(self, node: Node) -> Any:
        return [self.value(child) for child in children(node)]

    def _object(self, node: Node) -> Any:
        found: dict[str, Any] = {}
        for element in children(node):
            key, value = children(element)
            found[text_of(self._key(children(key)[0]))] = self.value(value)
        return found

    def _key(self, node: Node) -> Any:
        """A bare name is a key as it stands; anything else is worked out."""
        inner = node
        while is_kind(inner, "expr_term") and len(children(inner)) == 1:
            if any(str(child) == "(" for child in inner.children):
                return self.value(inner)
            inner = children(inner)[0]
        if is_kind(inner, "identifier", "keyword", "literal_value"):
            return str(inner.children[0])
        return self.value(node)

    def _call(self, node: Node) -> Any:
        name, *rest = children(node)
        function = str(name.children[0])
        nodes = children(rest[0]) if rest else []
        if function in ("try", "can"):
            return self._try(function, nodes)
        values = [self.value(child) for child in nodes]
        if rest and any(str(child) == "..." for child in rest[0].children):
            *values, last = values
            values += last if isinstance(last, list) else [last]
        open_ = next(_unresolved_parts(values), None)
        if open_ is not None and function not in ("merge", "coalesce", "concat", "jsonencode"):
            return open_
        made = FUNCTIONS.get(function)
        if made is None:
            return Unresolved(f"hangs on the function {function}, which is not worked out here")
        if open_ is not None and (
            function == "jsonencode" or any(isinstance(value, Unresolved) for value in values)
        ):
            return open_
        try:
            return made(*values)
        except (
            TypeError,
            ValueError,
            KeyError,
            IndexError,
            StopIteration,
            re.error,
            OverflowError,
        ):
            return Unresolved(f"hangs on {function}, which does not take what it is given")

    def _try(self, function: str, nodes: list[Node]) -> Any:
        found: Any = Unresolved("hangs on a try without a value")
        for node in nodes:
            found = self.value(node)
            if not isinstance(found, Unresolved):
                return True if function == "can" else found
        return False if function == "can" else found

    def _get_attr(self, node: Node) -> Any:
        term, attribute = children(node)
        return self._step(self._partly(term), str(children(attribute)[0].children[0]))

    def _index(self, node: Node) -> Any:
        term, index = children(node)
        key = (
            int(str(index.children[1]))
            if is_kind(index, "short_index")
            else self.value(children(index)[0])
        )
        return self._step(self._partly(term), key)

    def _step(self, found: Any, key: Any) -> Any:
        """What lies under a key of what was found."""
        if isinstance(found, Unresolved):
            return found
        if isinstance(key, Unresolved):
            return key
        if isinstance(found, Reference):
            return self._scope(Reference((*found.path, key)))
        try:
            return found[int(key)] if isinstance(found, list) else found[key]
        except (KeyError, IndexError, TypeError, ValueError):
            return Unresolved(f"hangs on {key!r}, which is not there")

    def _splat(self, node: Node) -> Any:
        term, splat = children(node)
        found = self._partly(term)
        if isinstance(found, Reference):
            found = self._scope(Reference((*found.path, "*")))
        if isinstance(found, Unresolved | Reference):
            return found
        items = found if isinstance(found, list) else [] if found is None else [found]
        for step in children(splat):
            key: Any = (
                str(children(step)[0].children[0])
                if is_kind(step, "get_attr")
                else self.value(children(step)[0])
            )
            items = [self._step(item, key) for item in items]
        return items

    def _conditional(self, node: Node) -> Any:
        condition, yes, no = children(node)
        truth = self.value(condition)
        if isinstance(truth, Unresolved):
            return truth
        return self.value(yes if truth in (True, "true") else no)

    def _unary(self, node: Node) -> Any:
        value = self.value(children(node)[0])
        if isinstance(value, Unresolved):
            return value
        try:
            return -value if str(node.children[0]) == "-" else value not in (True, "true")
        except TypeError:
            return Unresolved(f"hangs on the negative of {value!r}")

    def _binary(self, node: Node) -> Any:
        left, term = children(node)
        sign, right = children(term)
        one, other = self.value(left), self.value(right)
        name = str(sign.children[0])
        for value, decides in ((one, name), (other, name)):
            if (decides, value) in (("||", True), ("&&", False)):
                return value
        for value in (one, other):
            if isinstance(value, Unresolved):
                return value
        try:
            return _OPERATORS[name](one, other)
        except (TypeError, ValueError, ZeroDivisionError):
            return Unresolved(f"hangs on {one!r} {name} {other!r}")

    def _for(self, node: Node) -> Any:
        intro, *rest = children(node)
        *names, collection = children(intro)
        items = self._partly(collection)
        if isinstance(items, Reference):  # of all instances of a resource
            items = self._scope(Reference((*items.path, "*")))
        if isinstance(items, Unresolved | Reference):
            return self.value(collection)
        condition = rest.pop() if rest and is_kind(rest[-1], "for_cond") else None
        made: list[tuple[Any, ...]] = []
        bound = [str(name.children[0]) for name in names]
        for key, value in pairs_of(items, counting=True):
            inner = self.within(**dict(zip(bound, (key, value)[-len(bound) :], strict=True)))
            if condition is not None:
                wanted = inner.value(children(condition)[0])
                if isinstance(wanted, Unresolved):
                    return wanted
                if not wanted:
                    continue
            made.append(tuple(inner.value(part) for part in rest))
        if is_kind(node, "for_tuple_expr"):
            return [value for (value,) in made]
        open_ = next(_unresolved_parts([key for key, _ in made]), None)
        return open_ if open_ is not None else {text_of(key): value for key, value in made}


_NODES: Final[Mapping[str, Callable[[Evaluator, Node], Any]]] = {
    "expr_term": Evaluator._term,
    "identifier": Evaluator._identifier,
    "keyword": Evaluator._identifier,
    "literal_value": Evaluator._literal,
    "int_lit": lambda _, node: int(str(node.children[0])),
    "float_lit": lambda _, node: float(str(node.children[0])),
    "string": Evaluator._string,
    "heredoc_template": Evaluator._heredoc,
    "heredoc_template_trim": Evaluator._heredoc,
    "tuple": Evaluator._tuple,
    "object": Evaluator._object,
    "function_call": Evaluator._call,
    "get_attr_expr_term": Evaluator._get_attr,
    "index_expr_term": Evaluator._index,
    "attr_splat_expr_term": Evaluator._splat,
    "full_splat_expr_term": Evaluator._splat,
    "conditional": Evaluator._conditional,
    "unary_op": Evaluator._unary,
    "binary_op": Evaluator._binary,
    "for_tuple_expr": Evaluator._for,
    "for_object_expr": Evaluator._for,
}


def _divided(one: Any, other: Any) -> Any:
    whole, rest = divmod(one, other)
    return whole if rest == 0 else one / other


_OPERATORS: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": _divided, "%": operator.mod,
    "==": operator.eq, "!=": operator.ne, "<": operator.lt, ">": operator.gt,
    "<=": operator.le, ">=": operator.ge,
    "&&": lambda one, other: one in (True, "true") and other in (True, "true"),
    "||": lambda one, other: one in (True, "true") or other in (True, "true"),
}  # fmt: skip


def pairs_of(items: Any, *, counting: bool = False) -> list[tuple[Any, Any]]:
    """Keys and values of a map; of a set or list each item is its own key, or its number."""
    if isinstance(items, Mapping):
        return list(items.items())
    if isinstance(items, list):
        return list(enumerate(items)) if counting else [(item, item) for item in items]
    return []


def _unresolved_parts(values: list[Any]) -> Iterator[Unresolved]:
    for value in values:
        if isinstance(value, Unresolved):
            yield value
        elif isinstance(value, Mapping):
            yield from _unresolved_parts(list(value.values()))
        elif isinstance(value, list):
            yield from _unresolved_parts(value)


def _unescaped(text: str) -> str:
    if text.startswith(("$${", "%%{")):
        return text[1:]
    if "\\" not in text:
        return text
    try:
        found: str = json.loads(f'"{text}"', strict=False)
    except json.JSONDecodeError:
        return text
    return found


def _interpolations(text: str) -> Iterator[tuple[str, str]]:
    """Text up to each `${...}`, and the expression in it."""
    start = at = 0
    while True:
        at = text.find("${", at)
        if at < 0:
            yield text[start:], ""
            return
        if at and text[at - 1] == "$":
            at += 2
            continue
        depth, end = 1, at + 2
        while end < len(text) and depth:
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        yield text[start:at].replace("$${", "${"), text[at + 2 : end - 1]
        start = at = end


def _shown(reference: Reference) -> str:
    return ".".join(map(str, reference.path))
