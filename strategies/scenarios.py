"""Whole scenarios: messages, deployment and what goes wrong. They shrink together."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from sqs_contract.deployment import Deployment
from sqs_contract.fault_plan import POLLING_FAULTS
from sqs_contract.faults.kinds import possible_kinds
from sqs_contract.model.limits import MAX_RECEIVE_COUNT_MAX
from sqs_contract.model.settings import DeduplicationScope, FifoThroughputLimit
from sqs_contract.plan import Plan
from sqs_contract.scenario import (
    CALL_FAULTS,
    INVOCATION_FAULTS,
    MESSAGE_FAULTS,
    STANDARD_ONLY,
    Fault,
    FaultKind,
    Scenario,
    ScenarioMessage,
)
from sqs_contract.strategies.arguments import (
    check_bodies,
    check_body,
    check_max_receive_count,
    check_sizes,
    shown,
)
from sqs_contract.strategies.bodies import BODY_BYTES, expand_body
from sqs_contract.strategies.expanding import expanded
from sqs_contract.strategies.sent import Sent

_MESSAGES_MAX: Final = 100
_FAULTS_MAX: Final = 20
_FAULT_BYTES: Final = 4
_NTH_MAX: Final = 2
"""A fault strikes the first or the second delivery, or call."""
_INVOCATION_MAX: Final = 3
_STEP_MS: Final = 1_000
_GROUPS_MAX: Final = 3
_SAME: Final = 224
"""Of 256: from here on a message is a duplicate, to a FIFO queue, of the one before."""
_LATER: Final = 176
"""Of 256: from here on a message is sent later than the one before."""
_STRUCK: Final = 128
"""Of 256: from here on one of the faults there may be is there."""

_KINDS: Final = (
    *(kind for kind in FaultKind if kind in MESSAGE_FAULTS),
    *(kind for kind in FaultKind if kind in INVOCATION_FAULTS),
    *(
        kind
        for kind in FaultKind
        if kind not in MESSAGE_FAULTS | INVOCATION_FAULTS | POLLING_FAULTS
    ),
)
"""The simplest first."""
_FIFO_KINDS: Final = tuple(kind for kind in _KINDS if kind not in STANDARD_ONLY)


def receive_counts(*, max_receive_count: int | None = None) -> st.SearchStrategy[int]:
    """How often a message was received, this time included: 1 at the first delivery, and never
    more than `maxReceiveCount` (S38, S57).

    Args:
        max_receive_count: that of the queue's redrive policy, 1 to 1,000 (S63). Left out:
            none, and counts of up to 1,000.

    Shrinks to 1.
    """
    check_max_receive_count(max_receive_count)
    most = max_receive_count or MAX_RECEIVE_COUNT_MAX
    likely = min(most, 10)
    return st.one_of(st.just(1), st.integers(1, likely), st.integers(1, most))


def fault_plans(
    *,
    messages: Iterable[str] = ("m1", "m2", "m3"),
    sites: Iterable[str] = (),
    max_faults: int = 3,
) -> st.SearchStrategy[tuple[Fault, ...]]:
    """What goes wrong in a run: up to so many different faults.

    Args:
        messages: names of the scenario's messages, which are delivered twice or not deleted.
        sites: labels of the handler's calls, such as `dynamodb.PutItem orders a1`, which fail,
            time out or lose their answer. Left out: no call is struck.
        max_faults: the most faults, 20 at the most.

    Raises:
        InvalidArgument: an argument is not what it should be.

    Shrinks to none; a fault that must be there to the first kind, on the first message.
    """
    check_sizes("max_faults", max_faults, "max_faults", max_faults, range(_FAULTS_MAX + 1))
    names, labels = _texts("messages", messages), _texts("sites", sites)
    if not names:
        raise InvalidArgument("messages=[] must name at least one message")
    size = max_faults * _FAULT_BYTES
    return expanded(
        "fault_plans",
        st.binary(min_size=size, max_size=size),
        lambda data: _faults(data, names, labels),
    )


def deployments(*, fifo: bool = False) -> st.SearchStrategy[Deployment]:
    """Settings of a queue, its mapping and its function, within AWS's limits: batch size and
    window, partial responses on and off, a dead-letter queue or none, several timeouts.

    The visibility timeout is never shorter than the function's, as AWS demands (S77).

    Args:
        fifo: FIFO queues, with and without deduplication by content, by queue and by message
            group, with batches of up to ten and no window (S68).

    Raises:
        InvalidArgument: `fifo` is not True or False.

    Shrinks to AWS's defaults.
    """
    if not isinstance(fifo, bool):
        raise InvalidArgument(f"fifo={shown(fifo)} must be True or False")
    size = 8 if fifo else 6
    return expanded(
        "deployments",
        st.binary(min_size=size, max_size=size),
        _fifo_deployment if fifo else _deployment,
    )


def scenarios(
    *,
    bodies: st.SearchStrategy[Any] | None = None,
    deployments: st.SearchStrategy[Deployment] | None = None,
    sites: Iterable[str] = (),
    min_messages: int = 1,
    max_messages: int = 3,
    max_faults: int = 3,
) -> st.SearchStrategy[Scenario]:
    """Whole scenarios, ready to be played, saved and replayed.

    Where the queue is FIFO, messages are of up to three message groups, some are duplicates
    of the one before (S51), and no fault is drawn that a FIFO queue does not do by itself.

    Args:
        bodies: draws bodies, or `Sent`, as `envelopes` does. Left out: realistic bodies, as
            `message_bodies` draws them.
        deployments: draws deployments; `strategies.just(...)` for one, `deployments(fifo=True)`
            for FIFO queues. Left out: any that `deployments()` draws.
        sites: labels of the handler's calls that may be struck, as for `fault_plans`.
        min_messages: fewest messages.
        max_messages: most messages, 100 at the most.
        max_faults: most faults, 20 at the most.

    Raises:
        InvalidArgument: an argument is not what it should be.

    Shrinks to one message with the simplest body, AWS's default settings and no fault.
    """
    check_sizes(
        "min_messages", min_messages, "max_messages", max_messages, range(1, _MESSAGES_MAX + 1)
    )
    check_sizes("max_faults", max_faults, "max_faults", max_faults, range(_FAULTS_MAX + 1))
    check_bodies(bodies)
    if deployments is not None and not isinstance(deployments, st.SearchStrategy):
        raise InvalidArgument(
            f"deployments={shown(deployments)} must be a strategy; write strategies.just(...) for "
            "one deployment"
        )
    labels = _texts("sites", sites)
    contents = (
        st.binary(min_size=BODY_BYTES, max_size=BODY_BYTES).map(_expanded_body)
        if bodies is None
        else bodies.map(check_body)
    )
    plans = st.tuples(
        st.lists(
            st.tuples(st.integers(0, 255), st.integers(0, 255), contents),
            min_size=min_messages,
            max_size=max_messages,
        ),
        st.binary(min_size=6, max_size=6).map(_deployment) if deployments is None else deployments,
        st.binary(min_size=max_faults * _FAULT_BYTES, max_size=max_faults * _FAULT_BYTES),
        st.integers(0, 2**32 - 1),
    )

    def expand(
        drawn: tuple[list[tuple[int, int, str | Sent]], Deployment, bytes, int],
    ) -> Scenario:
        placed, deployment, faults, seed = drawn
        fifo = deployment.queue.fifo
        messages = _messages(placed, fifo=fifo)
        names = [message.name for message in messages]
        return Scenario(
            messages=messages,
            faults=_faults(faults, names, labels, _FIFO_KINDS if fifo else _KINDS),
            deployment=deployment,
            seed=seed,
        )

    return expanded("scenarios", plans, expand)


def _expanded_body(plan: bytes) -> str:
    return expand_body(Plan(plan))


def _messages(
    placed: Sequence[tuple[int, int, str | Sent]], *, fifo: bool
) -> tuple[ScenarioMessage, ...]:
    found: list[ScenarioMessage] = []
    after_ms = 0
    group_id = deduplication_id = None
    for number, (later, group, content) in enumerate(placed, 1):
        if fifo and not (group >= _SAME and found):
            group_id = f"group-{1 + group % _GROUPS_MAX}"
            deduplication_id = f"m{number}"
        if later >= _LATER and number > 1:
            after_ms += _STEP_MS * (1 + later - _LATER)
        sent = content if isinstance(content, Sent) else Sent(body=content)
        found.append(
            ScenarioMessage(
                name=f"m{number}",
                body=sent.body,
                attributes=sent.attributes,
                after_ms=after_ms,
                group_id=group_id,
                deduplication_id=deduplication_id,
            )
        )
    return tuple(found)


def _faults(
    data: bytes,
    names: Sequence[str],
    sites: Sequence[str],
    of_kinds: Sequence[FaultKind] = _KINDS,
) -> tuple[Fault, ...]:
    kinds = _possible(tuple(of_kinds), tuple(sites))
    found: dict[Fault, None] = {}
    for start in range(0, len(data), _FAULT_BYTES):
        there, choice, target, nth = data[start : start + _FAULT_BYTES]
        if there >= _STRUCK:  # each fault goes without the others
            kind = kinds[choice % len(kinds)]
            found.setdefault(_fault(kind, target, 1 + nth % _NTH_MAX, names, sites))
    return tuple(found)


def _fault(
    kind: FaultKind, target: int, nth: int, names: Sequence[str], sites: Sequence[str]
) -> Fault:
    if kind in MESSAGE_FAULTS:
        return Fault(kind=kind, message=names[target % len(names)], nth=nth)
    if kind in INVOCATION_FAULTS:
        return Fault(kind=kind, invocation=1 + target % _INVOCATION_MAX)
    places = _where(kind, tuple(sites))
    return Fault(kind=kind, site=places[target % len(places)], nth=nth)


@functools.lru_cache(maxsize=64)
def _possible(kinds: tuple[FaultKind, ...], sites: tuple[str, ...]) -> tuple[FaultKind, ...]:
    """Those of the kinds that may strike anything."""
    anywhere = MESSAGE_FAULTS | INVOCATION_FAULTS
    return tuple(kind for kind in kinds if kind in anywhere or _where(kind, sites))


@functools.lru_cache(maxsize=1024)
def _where(kind: FaultKind, sites: tuple[str, ...]) -> tuple[str, ...]:
    """The calls at which there can be such a fault."""
    if kind not in CALL_FAULTS:
        return sites
    return tuple(site for site in sites if kind in possible_kinds(site))


def _fifo_deployment(data: bytes) -> Deployment:
    plan = Plan(data)
    function_timeout = plan.choose((3, 1, 30, 900))
    scope = plan.choose(tuple(DeduplicationScope))
    by_group = scope is DeduplicationScope.MESSAGE_GROUP  # high throughput needs it (S54)
    limits = tuple(FifoThroughputLimit) if by_group else (FifoThroughputLimit.PER_QUEUE,)
    return Deployment.of(
        fifo=True,
        content_based_deduplication=bool(plan.below(2)),
        deduplication_scope=scope.value,
        throughput_limit=plan.choose(limits).value,
        batch_size=plan.choose((10, 1, 2, 5)),
        report_batch_item_failures=bool(plan.below(2)),
        max_receive_count=plan.choose((None, 3, 5, 1, 2, 1_000)),
        function_timeout=function_timeout,
        visibility_timeout=max(30, function_timeout) * plan.choose((1, 6)),
    )


def _deployment(data: bytes) -> Deployment:
    plan = Plan(data)
    batch_size = plan.choose((10, 1, 2, 5, 100, 10_000))
    window = plan.choose((0, 1, 20, 300))
    function_timeout = plan.choose((3, 1, 30, 900))
    return Deployment.of(
        batch_size=batch_size,
        # S68: more than ten records take a window.
        batch_window=max(window, 1) if batch_size > 10 else window,
        report_batch_item_failures=bool(plan.below(2)),
        max_receive_count=plan.choose((None, 3, 5, 1, 2, 1_000)),
        function_timeout=function_timeout,
        visibility_timeout=max(30, function_timeout) * plan.choose((1, 6)),
    )


def _texts(name: str, given: Any) -> tuple[str, ...]:
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise InvalidArgument(f"{name}={shown(given)} must be a list of texts, such as ['m1']")
    texts = tuple(given)
    for text in texts:
        if not isinstance(text, str) or not text:
            raise InvalidArgument(f"{name}: {shown(text)} is no text that says something")
    return texts
