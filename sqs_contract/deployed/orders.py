"""What the wrapper is told for a scenario: which of its faults a wrapper can make, and how."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqs_contract.explore.cases import Cases
from sqs_contract.scenario import CALL_FAULTS, Fault, FaultKind, Scenario

EXIT, SLEEP, RAISE, SLOW = "exit", "sleep", "raise", "slow"
"""How an invocation goes wrong: the process ends, the function times out, it raises; or it goes
right, and takes its time."""

_CRASHES: Final = {FaultKind.CRASH_BEFORE: "before", FaultKind.CRASH_AFTER: "after"}
_AGAIN: Final = (FaultKind.LOST_DELETE, FaultKind.DUPLICATE_LATER)
"""On an endpoint a message that was done comes again because the wrapper fails it."""

_WORDS: Final = {
    EXIT: "the process ends",
    SLEEP: "the function times out",
    RAISE: "the function fails",
}


EVERY_CALL: Final = (
    "every single fault at a call of the handler: a wrapper around it cannot make them; the "
    "simulator has played them"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """A scenario as it is played with the function deployed.

    Attributes:
        how: how an invocation that crashes in the scenario does so, or `slow`; what AWS makes
            of it is the same.
    """

    scenario: Scenario
    how: str = EXIT

    @property
    def told(self) -> str:
        """What happens in it, in a few words."""
        names = " ".join(message.name for message in self.scenario.messages)
        words = [self._told(fault) for fault in self.scenario.faults]
        if self.how == SLOW:
            words.append("the function is slow")
        if not words and any(message.note for message in self.scenario.messages):
            words.append("a malformed body")
        return f"{names}: {' and '.join(words) or 'plain delivery'}"

    def _told(self, fault: Fault) -> str:
        when = _CRASHES.get(fault.kind)
        if when is None:
            return f"{fault.message} comes again"
        return f"{_WORDS[self.how]} {when} the work"


def why_not(scenario: Scenario) -> str | None:
    """Why a scenario cannot be played with the function deployed; `None` if it can."""
    for fault in scenario.faults:
        if fault.kind not in _CRASHES and fault.kind not in _AGAIN:
            where = "" if fault.kind not in CALL_FAULTS else " at a call of the handler"
            return f"a wrapper around it cannot make the fault {fault.kind.value!r}{where}"
    if any(message.after_ms for message in scenario.messages):
        return "its messages are sent one after the other"
    queue = scenario.deployment.queue
    poison = any(message.note for message in scenario.messages)
    if poison and queue.max_receive_count is None:
        return "without a dead-letter queue a malformed body may come for ever"
    if len(scenario.messages) > scenario.deployment.mapping.batch_size:
        return "its messages do not go into one batch"
    return None


def left_out(counterexamples: Sequence[Scenario], others: Sequence[Scenario]) -> tuple[str, ...]:
    """What is not played with the function deployed, and why: a line for each reason.

    Args:
        counterexamples: of the bugs that are known.
        others: what an endpoint is given where the function runs here.
    """
    lines = []
    for what, scenarios in (("counterexample", counterexamples), ("other scenario", others)):
        reasons = Counter(filter(None, map(why_not, scenarios)))
        lines += [
            f"{count} {what}{'' if count == 1 else 's'}: {reason}"
            for reason, count in reasons.items()
        ]
    return (*lines, EVERY_CALL)


def choose(cases: Cases, found: Sequence[Scenario], base: Scenario) -> list[Deployed]:
    """What is played: plain delivery first, which tells whether what the function does there can
    be seen; then counterexamples, each way to fail after the work, before it, and a malformed
    body."""
    chosen = [Deployed(scenario=scenario) for scenario in found if why_not(scenario) is None]
    batch_size = base.deployment.mapping.batch_size
    for whole in cases.groups[:1]:
        group = whole[:batch_size]
        plain = dataclasses.replace(base, messages=group)
        if why_not(plain) is not None:
            continue
        after = _with(plain, FaultKind.CRASH_AFTER)
        before = _with(plain, FaultKind.CRASH_BEFORE)
        again = Fault(kind=FaultKind.LOST_DELETE, message=group[0].name)
        beside = [
            dataclasses.replace(base, messages=(*group[: batch_size - 1], poison))
            for poison in cases.poison[:1]
        ]
        chosen = [
            Deployed(scenario=plain),
            *chosen,
            Deployed(scenario=after, how=SLEEP),
            *(Deployed(scenario=item) for item in beside if why_not(item) is None),
            Deployed(scenario=after, how=EXIT),
            Deployed(scenario=before, how=EXIT),
            Deployed(scenario=after, how=RAISE),
            Deployed(scenario=plain, how=SLOW),
            Deployed(scenario=dataclasses.replace(plain, messages=group[:1], faults=(again,))),
        ]
    return _distinct(chosen)


def _distinct(chosen: Sequence[Deployed]) -> list[Deployed]:
    return list({(item.scenario.digest(), item.how): item for item in chosen}.values())


def _with(scenario: Scenario, kind: FaultKind) -> Scenario:
    return dataclasses.replace(scenario, faults=(Fault(kind=kind, invocation=1),))


def orders_for(played: Deployed, ids: dict[str, str], slow_s: float) -> dict[str, Any]:
    """What the wrapper is told.

    Args:
        played: the scenario.
        ids: the message ids on the endpoint, by the messages' names.
        slow_s: how long a slow invocation takes, in seconds.
    """
    return {
        "strikes": list(_strikes(played)),
        "again": [
            [ids[str(fault.message)], fault.nth]
            for fault in played.scenario.faults
            if fault.kind in _AGAIN
        ],
        "slow_s": slow_s if played.how == SLOW else 0,
        "reporting": played.scenario.deployment.mapping.report_batch_item_failures,
    }


def _strikes(played: Deployed) -> Iterator[dict[str, Any]]:
    """An invocation is known by the receive count of its messages, which are sent together."""
    for fault in played.scenario.faults:
        if fault.kind in _CRASHES:
            yield {
                "when": _CRASHES[fault.kind],
                "how": played.how,
                "receive": fault.invocation,
                "kind": fault.kind.value,
            }
