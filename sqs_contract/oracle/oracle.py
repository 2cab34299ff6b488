"""What all runs of one program are held against: golden runs, and the explanations they give."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from sqs_contract.history import Fate
from sqs_contract.oracle.explain import Explainer
from sqs_contract.oracle.golden import Golden
from sqs_contract.oracle.parts import Part
from sqs_contract.scenario import Fault, ScenarioMessage
from sqs_contract.world.effects import Tree


class Oracle:
    """Golden runs and explanations, shared by all runs of one program."""

    def __init__(self, golden: Golden) -> None:
        self.golden = golden
        self._explainers: dict[object, Explainer] = {}

    def explainer(
        self,
        messages: Sequence[ScenarioMessage],
        faults: Sequence[Fault] = (),
        touched: frozenset[Part] | None = None,
    ) -> Explainer:
        """The explainer for these messages, whatever their order. Where it is told which
        parts of the world clean deliveries touch, it looks at no others."""
        ordered = sorted(messages, key=_name)
        sent = tuple(message.after_ms for message in ordered)
        key = (tuple(message.key for message in ordered), sent, tuple(faults), touched)
        known = self._explainers.get(key)
        if known is None:
            text = None if touched is None else partial(self.essence, messages, touched)
            known = self._explainers[key] = Explainer(self.golden, messages, faults, text)
        return known

    def essence(
        self, messages: Sequence[ScenarioMessage], touched: frozenset[Part], world: Tree
    ) -> str:
        """A world as text, without what handling failures left behind."""
        before = self.golden.run(tuple(messages)).before
        return self.golden.looks.essence(world, before, touched)

    def learn_batching(self, messages: Sequence[ScenarioMessage]) -> None:
        """Play these messages as they are deployed, without faults. What no set of them
        explains, as a record of the batch itself, says nothing about the messages."""
        together = self.golden.play_as_deployed(messages)
        if set(together.fates.values()) != {Fate.DELETED}:
            return
        looks, alone = self.golden.looks, self.golden.run(tuple(messages))
        final = together.worlds[-1]
        if not self.explainer(messages).explain(looks.text(final)):
            looks.ignore_what_varies(alone.before, alone.steps[-1].world, final)

    def is_visible(self, message: ScenarioMessage) -> bool:
        """Whether the message, delivered alone, changes anything that can be seen."""
        return self.golden.is_visible(message)


def _name(message: ScenarioMessage) -> str:
    return message.name
