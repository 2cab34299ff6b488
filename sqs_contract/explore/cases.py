"""The messages a contract is tested with: healthy ones the handler accepts, and poison it may not.

What is healthy is found by trying: each body is delivered alone, in a fresh
world, without faults.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from sqs_contract.bodies.drawing import draw_bodies
from sqs_contract.bodies.kinds import Malformed
from sqs_contract.bodies.malformed import malformed_from
from sqs_contract.bodies.source import Bodies
from sqs_contract.bodies.variants import variants_of
from sqs_contract.model.invocation import FunctionError
from sqs_contract.oracle.golden import Step
from sqs_contract.oracle.oracle import Oracle
from sqs_contract.scenario import ScenarioMessage, message_for

GROUP_SIZE: Final = 3
"""Healthy messages in one scenario: enough for a first, a middle and a last."""

EXAMPLES_MAX: Final = 24
"""Examples that are tried; what is left over is drawn from at random only."""

DRAWN: Final = 6
"""Bodies drawn from a strategy for the systematic part."""

POISON_MAX: Final = 40
"""Malformed bodies tried."""

GROUPS_MAX: Final = 4
"""Groups of different healthy messages explored systematically."""

_SHOWN: Final = 200
_ALIKE_MAX: Final = 2


@dataclass(slots=True, kw_only=True)
class Cases:
    """What exploration starts from.

    Attributes:
        groups: healthy messages, by threes; those in a group do not get in each other's way.
        poison: messages the handler refuses even alone, and malformed ones, two at
            the most for each way the handler takes them.
        model: the good body that malformed ones are made from.
        refusal: how the handler refused the first body it refused alone, if it did.
        visible: whether any healthy message changes anything that can be seen.
        filtered: how many of the bodies match no filter of the mapping.
        tried: how many of the other bodies were tried.
        refused: how many of those the handler refuses even alone and without faults.
    """

    groups: tuple[tuple[ScenarioMessage, ...], ...]
    poison: tuple[ScenarioMessage, ...]
    model: str
    refusal: str | None
    visible: bool
    filtered: int = 0
    tried: int = 0
    refused: int = 0

    @property
    def healthy(self) -> tuple[ScenarioMessage, ...]:
        """All healthy messages."""
        return tuple(message for group in self.groups for message in group)


def prepare_cases(
    oracle: Oracle, bodies: Bodies, seed: int, out_of_time: Callable[[], bool] = lambda: False
) -> Cases:
    """Try the bodies and choose the messages to explore with; one is tried in any case.

    Raises:
        UsageError: the strategy for bodies fails, or the user's reset or effects do.
    """
    examples = list(bodies.examples)
    if bodies.strategy is not None:
        examples += draw_bodies(bodies.strategy, DRAWN, seed, bodies.origin)
    there = len(examples)
    examples = [body for body in examples if _reaches_the_handler(oracle, body)]
    accepted, refusals = _try(oracle, examples[:EXAMPLES_MAX], out_of_time)
    tried = len(accepted) + len(refusals)
    if 0 < len(accepted) < GROUP_SIZE:
        accepted = _with_variants(oracle, accepted)
    groups = _grouped(oracle, accepted)
    for group in groups:
        oracle.golden.learn_noise(group)
        oracle.learn_batching(group)
    queue = oracle.golden.deployment.queue
    refused = [message_for(queue, f"r{n}", body) for n, (body, _) in enumerate(refusals, 1)]
    return Cases(
        groups=groups,
        poison=tuple(refused[:2]),
        model=accepted[0].body if accepted else (examples[0] if examples else ""),
        refusal=_refusal(refusals[0][1]) if refusals else None,
        visible=any(oracle.is_visible(message) for group in groups for message in group),
        filtered=there - len(examples),
        tried=tried,
        refused=len(refusals),
    )


def _reaches_the_handler(oracle: Oracle, body: str) -> bool:
    golden = oracle.golden
    return golden.reaches_the_handler(message_for(golden.deployment.queue, "m1", body))


def find_poison(oracle: Oracle, cases: Cases) -> tuple[ScenarioMessage, ...]:
    """Malformed messages made from a good body, and how the handler takes each is tried."""
    return tuple(_malformed(oracle, cases.model))


def _try(
    oracle: Oracle, bodies: Iterable[str], out_of_time: Callable[[], bool]
) -> tuple[list[ScenarioMessage], list[tuple[str, Step]]]:
    accepted: list[ScenarioMessage] = []
    refused: list[tuple[str, Step]] = []
    queue = oracle.golden.deployment.queue
    for body in dict.fromkeys(bodies):
        if (accepted or refused) and out_of_time():
            break
        message = message_for(queue, f"m{len(accepted) + 1}", body)
        step = oracle.golden.solo(message)
        if step.accepted:
            accepted.append(message)
        else:
            refused.append((body, step))
    return accepted, refused


def _with_variants(oracle: Oracle, accepted: list[ScenarioMessage]) -> list[ScenarioMessage]:
    """Healthy messages like those given, about other things, up to a group's size.

    A variant that changes nothing in the world is no help where its model does.
    """
    result = list(accepted)
    for model in accepted:
        for body in variants_of(model.body, GROUP_SIZE - 1):
            if len(result) >= GROUP_SIZE:
                return result
            if any(body == message.body for message in result):
                continue
            message = message_for(oracle.golden.deployment.queue, f"m{len(result) + 1}", body)
            if not oracle.golden.reaches_the_handler(message):
                continue
            if oracle.golden.solo(message).accepted and (
                oracle.is_visible(message) or not oracle.is_visible(model)
            ):
                result.append(message)
    return result


def _grouped(
    oracle: Oracle, accepted: list[ScenarioMessage]
) -> tuple[tuple[ScenarioMessage, ...], ...]:
    """Groups of three that together cover every way the handler goes.

    Bodies on which the handler makes the same calls and changes the world in
    the same place are alike; the first group holds the first bodies, later
    groups hold one each of the kinds the first leaves out.
    """
    if not accepted:
        return ()
    visible = [message for message in accepted if oracle.is_visible(message)]
    ordered = visible + [message for message in accepted if message not in visible]
    first = tuple(sorted(ordered[:GROUP_SIZE], key=accepted.index))
    seen = {_way(oracle, message) for message in first}
    left: list[ScenarioMessage] = []
    for message in ordered[GROUP_SIZE:]:
        way = _way(oracle, message)
        if way not in seen:
            seen.add(way)
            left.append(message)
    rest = [tuple(left[start : start + GROUP_SIZE]) for start in range(0, len(left), GROUP_SIZE)]
    return (first, *rest)[:GROUPS_MAX]


def _way(oracle: Oracle, message: ScenarioMessage) -> object:
    step = oracle.golden.solo(message)
    operations = tuple(label.split(" ")[0] for label in step.calls)
    return operations, oracle.is_visible(message)


def _malformed(oracle: Oracle, body: str) -> Iterator[ScenarioMessage]:
    """Malformed messages, two at the most for each way the handler takes them.

    They are about another thing than the healthy messages, where the body names
    one, so that they get in their way as neighbours only.
    """
    body = next(reversed(variants_of(body, GROUP_SIZE + 1)), body)
    seen: Counter[object] = Counter()
    number = 0
    for made in _some(malformed_from(body)):
        queue = oracle.golden.deployment.queue
        message = message_for(queue, f"p{number + 1}", made.body, made.note)
        if not oracle.golden.reaches_the_handler(message):
            continue
        step = oracle.golden.solo(message)
        way = _reaction(step)
        seen[way] += 1
        if seen[way] <= _ALIKE_MAX:
            number += 1
            yield message


def _some(made: Iterator[Malformed]) -> Iterator[Malformed]:
    for number, item in enumerate(made):
        if number >= POISON_MAX:
            return
        yield item


def _reaction(step: Step) -> object:
    outcome = step.outcome
    operations = tuple(label.split(" ")[0] for label in step.calls)
    if isinstance(outcome, FunctionError):
        return outcome.error_type, outcome.where, operations
    return step.accepted, operations


def _refusal(step: Step) -> str:
    outcome = step.outcome
    if isinstance(outcome, FunctionError):
        where = f" at {outcome.where}" if outcome.where else ""
        return f"{outcome.error_type}: {outcome.message}{where}"
    printed = step.printed
    if len(printed) > _SHOWN:
        printed = printed[:_SHOWN] + "..."
    said = f", and printed {printed!r}" if printed else ""
    failed = f" after {step.failed}" if step.failed else ""
    return f"it reported the record as failed{failed}{said}"
