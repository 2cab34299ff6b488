"""When two looks at the world count as the same: noise masked, untouched services left out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping

from sqs_contract.oracle.parts import Part, assembled, parts_of
from sqs_contract.world.effects import (
    NO_MASK,
    Mask,
    Tree,
    canonical,
    contained,
    masked,
    noise_between,
)


class Looks:
    """Compares worlds under a mask that grows as noise is found.

    `baseline` gives, by service, what a fresh world looks like; moto's world
    knows that, and it is empty where the user's own `effects` is asked.
    """

    def __init__(self, baseline: Callable[[], Mapping[str, Tree]]) -> None:
        self._find_baseline = baseline
        self._kept: Mapping[str, Tree] = {}
        self.mask: Mask = NO_MASK
        self.ignored: dict[Part, None] = {}
        """Parts that depend on chance or on how messages are batched: nobody looks at them."""

    @property
    def _baseline(self) -> Mapping[str, Tree]:
        found = self._find_baseline()
        if len(found) > len(self._kept):
            self._kept = dict(found)  # a report is made when the world is gone
        return self._kept

    @property
    def epoch(self) -> tuple[int, int, int]:
        """Changes whenever an earlier `text` may have to be made again."""
        return len(self.mask.paths), len(self._baseline), len(self.ignored)

    def ignore_what_varies(self, before: Tree, first: Tree, second: Tree) -> None:
        """Ignore the parts in which two worlds that should be the same hold another number
        of things, if there is a part besides by which deliveries can be judged."""
        touched = self.touched(before, (first, second))
        one, other = self._parts(first), self._parts(second)
        differing = [
            part
            for part in sorted(touched)
            if self._text_of({part: one.get(part)}) != self._text_of({part: other.get(part)})
        ]
        if len(differing) < len(touched) and all(
            _size(one.get(part)) != _size(other.get(part)) for part in differing
        ):
            self.ignored.update(dict.fromkeys(differing))

    def text(self, world: Tree) -> str:
        """Equal exactly for worlds that count as the same."""
        return canonical(self._reduced(world), self.mask)

    def shown(self, world: Tree) -> Tree:
        """The world with noise masked, for showing differences to a person."""
        return masked(self._reduced(world), self.mask)

    def shown_beside(self, first: Tree, second: Tree) -> tuple[Tree, Tree]:
        """Two worlds as `shown`, for showing what differs between them: what was there from
        the beginning is left out where neither changed it, and is in both where one did."""
        one, other = self._reduced(first), self._reduced(second)
        baseline = self._without_ignored(dict(self._baseline))
        if isinstance(one, dict) and isinstance(other, dict) and isinstance(baseline, dict):
            missing, lacking = other.keys() - one.keys(), one.keys() - other.keys()
            one |= {name: baseline[name] for name in sorted(missing & baseline.keys())}
            other |= {name: baseline[name] for name in sorted(lacking & baseline.keys())}
        return masked(one, self.mask), masked(other, self.mask)

    def touched(self, before: Tree, afterwards: Iterable[Tree]) -> frozenset[Part]:
        """The parts of a world that look otherwise at some moment than they did before."""
        initial = self._parts(before)
        return frozenset(
            part
            for world in afterwards
            for part, state in self._parts(world).items()
            if part not in initial
            or self._text_of({part: state}) != self._text_of({part: initial[part]})
        )

    def essence(self, world: Tree, before: Tree, touched: Collection[Part]) -> str:
        """As `text`, of those parts only that clean deliveries touch.

        In a world of the user's, a part that was not there `before` counts too: it
        may be one more row.
        """
        initial = () if self._baseline else self._parts(before)
        return self._text_of(
            {
                part: state
                for part, state in self._parts(world).items()
                if part in touched or (not self._baseline and part not in initial)
            }
        )

    def residue(self, world: Tree, before: Tree, touched: Collection[Part]) -> Tree:
        """What is new or changed in a world in parts that clean deliveries leave alone."""
        initial = self._parts(before)
        return assembled(
            {
                part: state
                for part, state in self._parts(world).items()
                if part not in touched and initial.get(part) != state
            }
        )

    def _parts(self, world: Tree) -> dict[Part, Tree]:
        baseline = self._baseline
        filled = {**baseline, **world} if baseline and isinstance(world, dict) else world
        parts = parts_of(filled, of_services=bool(baseline))
        return {part: state for part, state in parts.items() if part not in self.ignored}

    def _text_of(self, parts: Mapping[Part, Tree]) -> str:
        return canonical(assembled(parts), self.mask)

    def holds(self, world: Tree, part: Tree) -> bool:
        """Whether everything of one world is in another too."""
        return contained(self.shown(part), self.shown(world))

    def lacks_only(self, world: Tree, full: Tree) -> bool:
        """Whether a world differs from a full one in that something is missing, and nothing
        is too much or changed."""
        first, second = self.shown(world), self.shown(full)
        return canonical(first) != canonical(second) and contained(first, second)

    def learn(self, first: Tree, second: Tree) -> None:
        """Take what differs between two worlds that should be the same for noise."""
        self.mask |= noise_between(self._filled(first, second), self._filled(second, first))

    def _without_ignored(self, world: Tree) -> Tree:
        if not self.ignored:
            return world
        parts = parts_of(world, of_services=bool(self._baseline))
        return assembled({part: state for part, state in parts.items() if part not in self.ignored})

    def _reduced(self, world: Tree) -> Tree:
        world, baseline = map(self._without_ignored, (world, dict(self._baseline)))
        if not self._baseline or not isinstance(world, dict):
            return world
        assert isinstance(baseline, dict)
        return {
            service: state
            for service, state in world.items()
            if service not in baseline or canonical(state) != canonical(baseline[service])
        }

    def _filled(self, world: Tree, like: Tree) -> Tree:
        if not self._baseline or not isinstance(world, dict):
            return world
        return {**{name: self._baseline.get(name, []) for name in like}, **world}


def _size(state: Tree) -> int:
    """How many things a part holds."""
    return len(state) if isinstance(state, list | dict) else int(state is not None)
