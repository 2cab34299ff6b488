"""Files in Terraform's language as blocks with lines, by python-hcl2."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqs_contract.deployment.readers.decoding import read_text
from sqs_contract.deployment.values import Place
from sqs_contract.errors import UsageError

Node = Any
"""A tree or a token of the parser."""

_HEREDOC: Final = re.compile(r"<<-?(\w+)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block: `resource "aws_sqs_queue" "orders" { ... }`."""

    kind: str
    labels: tuple[str, ...]
    body: Body
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """What is in a block: expressions by name, the line of each, and blocks."""

    attributes: Mapping[str, Node]
    lines: Mapping[str, int]
    blocks: tuple[Block, ...]


def parse_file(path: Path) -> Body:
    """The blocks of a file.

    Raises:
        UsageError: it cannot be read, or python-hcl2 is not installed.
    """
    return body_of(parsed(read_text(path), path), str(path))


def parsed(text: str, path: Path) -> Node:
    """The tree of a text.

    Raises:
        UsageError: it is not Terraform, or python-hcl2 is not installed.
    """
    try:
        from hcl2.api import parses_to_tree  # noqa: PLC0415  an extra of ours
        from lark.exceptions import LarkError  # noqa: PLC0415
    except ImportError:
        raise UsageError(
            "template: reading Terraform needs python-hcl2: pip install 'sqs-contract[terraform]'"
        ) from None
    try:
        return parses_to_tree(_with_plain_markers(text))
    except LarkError as error:
        line, column = getattr(error, "line", None), getattr(error, "column", None)
        where = f":{line}:{column}" if isinstance(line, int) and line > 0 else ""
        token = getattr(error, "token", None)
        what = f": {str(token)!r} is not expected here" if token else ""
        raise UsageError(f"template: {path}{where} is not Terraform{what}") from None
    except RecursionError:
        raise UsageError(f"template: {path} is nested too deeply") from None


def _with_plain_markers(text: str) -> str:
    """Terraform takes blanks behind the marker that ends a heredoc; the parser does not."""
    for marker in dict.fromkeys(_HEREDOC.findall(text)):
        text = re.sub(rf"^([ \t]*{marker})[ \t]+$", r"\1", text, flags=re.MULTILINE)
    return text


def is_kind(node: Node, *kinds: str) -> bool:
    """Whether a node is of one of some kinds."""
    return getattr(node, "data", None) in kinds


def children(node: Node) -> list[Node]:
    """What is below a node, without line ends and punctuation."""
    return [
        child
        for child in node.children
        if hasattr(child, "data") and child.data != "new_line_or_comment"
    ]


def body_of(tree: Node, file: str) -> Body:
    """The body in a tree."""
    (body,) = (
        [tree]
        if is_kind(tree, "body")
        else [child for child in tree.children if is_kind(child, "body")]
    )
    attributes: dict[str, Node] = {}
    lines: dict[str, int] = {}
    found: list[Block] = []
    for child in children(body):
        parts = children(child)
        if is_kind(child, "attribute"):
            name = str(parts[0].children[0])
            attributes[name] = parts[1]
            lines[name] = child.meta.line
        elif is_kind(child, "block"):
            labels = [_label(part) for part in parts[:-1]]
            found.append(
                Block(
                    kind=labels[0],
                    labels=tuple(labels[1:]),
                    body=body_of(parts[-1], file),
                    place=Place(file, child.meta.line),
                )
            )
    return Body(attributes=attributes, lines=lines, blocks=tuple(found))


def _label(node: Node) -> str:
    if is_kind(node, "string"):
        return "".join(str(part.children[0]) for part in children(node))
    return str(node.children[0])
