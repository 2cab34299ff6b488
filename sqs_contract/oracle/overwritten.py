"""Lost updates that leave part of the work: whole in one place, written over in another.

Two messages are handled at the same time; each is in the ledger, and the balance holds
one of them. No set of messages explains such a world, but each thing in it is explained:
the ledger by both messages, the balance only by sets that lack one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from sqs_contract.oracle.explain import DoneSet
from sqs_contract.world.effects import Tree, canonical

Thing = tuple[str, ...]
"""Something that is written as one, and where it stands; elements of a list in no order."""


def overwritten(
    world: Tree, states: Iterable[tuple[DoneSet, Tree]], acknowledged: DoneSet
) -> DoneSet:
    """Acknowledged messages that something in the world lacks.

    Args:
        world: what is there; no state is the same.
        states: worlds that clean deliveries leave, and which messages are done in each.
        acknowledged: the messages that are to be done.

    Returns:
        None, if anything in the world is in no state: what comes of two invocations
        that see half of each other's work need not be wrong.
    """
    known = [(done, Counter(things_in(state))) for done, state in states]
    lacking: set[str] = set()
    for thing, times in Counter(things_in(world)).items():
        holders = [done for done, things in known if things[thing] >= times]
        if not holders:
            return frozenset()
        if not any(acknowledged <= done for done in holders):
            best = max(holders, key=lambda done: (len(done & acknowledged), sorted(done)))
            lacking |= acknowledged - best
    return frozenset(lacking)


def things_in(tree: Tree, place: Thing = ()) -> Iterator[Thing]:
    """The things of a world, as they are written: elements of lists, and dicts that hold
    values, as rows do. What stands in a row belongs together, as a sum and its version do."""
    if isinstance(tree, dict) and not (place and any(map(_is_value, tree.values()))):
        for name, inner in tree.items():
            yield from things_in(inner, (*place, name))
    elif isinstance(tree, list):
        for element in tree:
            yield (*place, "*", canonical(element))
    else:
        yield (*place, canonical(tree))


def _is_value(tree: Tree) -> bool:
    return not isinstance(tree, dict | list)
