"""The parts of a world: tables, buckets, queues, topics, or what the user's effects name.

A handler that fails may leave something behind that no clean delivery leaves:
a row in a table of errors, an alert, a stale lock, the message itself in a queue
of its own. That is how it handles failures, and neither doubled nor lost work.
It is told from work by its place: a part of the world that clean deliveries
leave as it was.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping

from sqs_contract.world.effects import Tree

Part = tuple[str, ...]
"""Where a part stands: service and name in moto's worlds, the name alone in the user's."""


def parts_of(world: Tree, *, of_services: bool) -> dict[Part, Tree]:
    """The parts of a world, by place.

    Args:
        world: what is there.
        of_services: the world is moto's: services, and in them tables, queues and so on.
    """
    if not isinstance(world, dict):
        return {(): world}
    if not of_services:
        return {(name,): state for name, state in world.items()}
    found: dict[Part, Tree] = {}
    for service, state in world.items():
        if isinstance(state, dict):
            found.update({(service, name): part for name, part in state.items()})
        else:
            found[service,] = state
    return found


def assembled(parts: Mapping[Part, Tree]) -> Tree:
    """The world these parts make."""
    if () in parts:
        return parts[()]
    world: dict[str, Tree] = {}
    for (first, *rest), state in parts.items():
        if rest:
            inner = world.setdefault(first, {})
            assert isinstance(inner, dict)
            inner[rest[0]] = state
        else:
            world[first] = state
    return world


def mentions(tree: Tree, message_id: str, body: str) -> bool:
    """Whether something in there holds the message: its id, its body, or its body as data."""
    try:
        data = json.loads(body)
    except ValueError:
        data = None
    wanted = data if isinstance(data, dict | list) and data else None
    texts = [text for text in (message_id, body.strip()) if text]
    return any(_holds(item, texts, wanted) for item in _walk(tree))


def _holds(item: Tree, texts: Collection[str], data: object) -> bool:
    if isinstance(item, str):
        if any(text in item for text in texts):
            return True
        if data is None or item[:1] not in ("{", "["):
            return False
        try:
            return bool(json.loads(item) == data)
        except ValueError:
            return False
    return data is not None and item == data


def _walk(tree: Tree) -> Iterator[Tree]:
    yield tree
    inner = tree.values() if isinstance(tree, dict) else tree if isinstance(tree, list) else ()
    for item in inner:
        yield from _walk(item)
