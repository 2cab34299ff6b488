"""Explanations: which messages, delivered once each, leave the world that is there.

No attribution of calls to records is needed: a world is compared with the
worlds golden runs leave behind, over subsets and orders of the messages, since
a standard queue owes no order. Likely orders are tried first; whoever is about
to accuse asks for all of them.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from functools import cached_property
from typing import Final

from sqs_contract.oracle.golden import Golden, GoldenRun, Step
from sqs_contract.scenario import Fault, ScenarioMessage
from sqs_contract.world.effects import Tree

DoneSet = frozenset[str]
"""Names of messages that took effect."""

Order = tuple[ScenarioMessage, ...]

ORDERS_MAX: Final = 130
"""Orders tried before an explanation is given up: all of 5 messages."""

MANY: Final = 6
"""From this number of messages on, not all orders are tried."""

_DIFFERENT: Final = 2


class Explainer:
    """Explains worlds left by deliveries of some messages, under some call faults or none."""

    def __init__(
        self,
        golden: Golden,
        messages: Sequence[ScenarioMessage],
        faults: Sequence[Fault] = (),
        text: Callable[[Tree], str] | None = None,
    ) -> None:
        self._golden = golden
        self._text = text or golden.looks.text
        self._messages = tuple(messages)
        self._faults = tuple(faults)
        self._remaining = self._all_orders()
        self._played: dict[tuple[object, ...], GoldenRun] = {}
        self._index: dict[str, set[DoneSet]] = {}
        self._epoch: object = None
        self.complete = True
        """False once orders were left out because there are too many."""
        self.alike = False
        """Whether orders that were left out come to what those tried come to, as it seems."""

    def explain(
        self,
        world: str,
        enough: Callable[[DoneSet], bool] | None = None,
        *,
        likely: Order | None = None,
        thorough: bool = True,
    ) -> frozenset[DoneSet]:
        """The sets of messages whose golden runs leave this world.

        Args:
            world: what is there, as text: as `Looks.text` has it, unless the
                explainer was given another way to look.
            enough: the search ends at the first explanation for which this holds.
            likely: an order to try first.
            thorough: try all orders if need be. Without it only the likely ones
                are tried, and an explanation may be missing.
        """
        self._play(self._messages)
        if likely is not None:
            self._play(likely)
        while True:
            self._refresh()
            found: AbstractSet[DoneSet] = self._index.get(world, set())
            if (enough is not None and any(map(enough, found))) or not thorough:
                return frozenset(found)
            order = next(self._remaining, None)
            if order is None:
                return frozenset(found)
            self._play(order)

    def states(self) -> Iterator[tuple[DoneSet, Tree]]:
        """Every world that clean deliveries leave, in any order, and who is done in it."""
        for order in (self._messages, *self._remaining):
            self._play(order)
        for run in self._played.values():
            done: set[str] = set()
            yield frozenset(), run.before
            for step in run.steps:
                if step.accepted:
                    done.add(step.message.name)
                yield frozenset(done), step.world

    @cached_property
    def times_matter(self) -> bool:
        """Whether it shows in the world that the messages say when each was sent, as it does
        where what was sent last is to win; if so, golden runs say it too."""
        if len({message.after_ms for message in self._messages}) < _DIFFERENT:
            return False
        first_to_last = tuple(sorted(self._messages, key=_when_sent))
        return any(
            self._ends(order, as_sent=False) != self._ends(order, as_sent=True)
            for order in (first_to_last, first_to_last[::-1])
        )

    def _ends(self, order: Order, *, as_sent: bool) -> list[str]:
        run = self._golden.run(order, as_sent=as_sent)
        return [self._golden.looks.text(step.world) for step in run.steps]

    def _play(self, order: Order) -> None:
        key = tuple(message.name for message in order)
        if key not in self._played:
            run = self._golden.run(order, self._faults, as_sent=self.times_matter)
            self._played[key] = run
            self._take_in(run)

    def _refresh(self) -> None:
        if self._epoch != self._golden.looks.epoch:
            self._epoch = self._golden.looks.epoch
            self._index = {}
            for run in self._played.values():
                self._take_in(run)

    def _take_in(self, run: GoldenRun) -> None:
        text = self._text
        done: set[str] = set()
        self._index.setdefault(text(run.before), set()).add(frozenset())
        for step in run.steps:
            if step.accepted and not (step.struck and self._left_out_something(step)):
                done.add(step.message.name)
            self._index.setdefault(text(step.world), set()).add(frozenset(done))

    def _left_out_something(self, step: Step) -> bool:
        """Whether a call the message needs was not made, or failed, in this delivery."""
        return not set(self._golden.solo(step.message).succeeded) <= set(step.succeeded)

    def _some_orders(self) -> Iterator[Order]:
        """Orders in which any two messages stand either way. Few of them, and they show few
        of the subsets; but if all come to the same, so will the others."""
        one, half = self._messages, len(self._messages) // 2
        yield one[::-1]
        yield (*one[half:], *one[:half])
        yield (*one[::2], *one[1::2])
        self.complete = False
        self.alike = len({self._text(run.steps[-1].world) for run in self._played.values()}) == 1

    def _all_orders(self) -> Iterator[Order]:
        """Every order of the messages; their prefixes are every order of every subset.

        Messages that are rejected and leave something behind may have done so
        several times, and so may malformed ones that are accepted: what is done about
        them, put aside or told, may be done again.
        """
        if len(self._messages) >= MANY:
            yield from self._some_orders()
            return
        for number, order in enumerate(itertools.permutations(self._messages)):
            if number >= ORDERS_MAX:
                self.complete = False
                break
            yield order
        leaving = tuple(
            message
            for message in self._messages
            if self._golden.leaves_rest(message)
            or (message.note is not None and self._golden.is_visible(message))
        )
        for repeats in range(1, 6) if leaving else ():
            for order in itertools.islice(itertools.permutations(self._messages), ORDERS_MAX // 4):
                yield (*order, *leaving * repeats)


def _when_sent(message: ScenarioMessage) -> int:
    return message.after_ms
