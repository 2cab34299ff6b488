"""Plays a scenario on an endpoint: queues are made there, kept in step with the model's while the
scenario is played, and removed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, cast

from sqs_contract.backends.endpoint_queue import FifoQueueOnEndpoint, StandardQueueOnEndpoint
from sqs_contract.backends.mirror import EndpointDiffers, Mirror
from sqs_contract.backends.run import Run
from sqs_contract.backends.their_queue import TheirQueue
from sqs_contract.deployment import Deployment
from sqs_contract.endpoints.connection import Connection
from sqs_contract.endpoints.endpoint import AWS
from sqs_contract.model.fifo import Queue, make_queue
from sqs_contract.model.limits import SECOND_MS
from sqs_contract.model.settings import DeduplicationScope, FifoThroughputLimit, QueueSettings
from sqs_contract.model.sqs_errors import Refusal
from sqs_contract.scenario import Scenario

_DEFAULTS: Final = QueueSettings()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedOnEndpoint:
    """What playing a scenario on an endpoint came to.

    Attributes:
        run: `None` where the endpoint did something that AWS does not.
        differs: what that was.
        remarks: what it did otherwise than AWS, or in a way AWS leaves open, that no handler feels.
        skipped_ms: virtual time of visibility timeouts and delays that did not pass there.
        timeout_s: how long, in real seconds, each visibility timeout lasted there.
    """

    run: Run | None
    differs: str | None
    remarks: tuple[str, ...]
    skipped_ms: int
    timeout_s: int


def play_on(
    connection: Connection, scenario: Scenario, play: Callable[[Scenario, EndpointQueues], Run]
) -> PlayedOnEndpoint:
    """Play a scenario on an endpoint; `play` plays it, with the queues it is given.

    Raises:
        UsageError: the endpoint does not answer any more, or something of the user's fails.
    """
    run, differs, queues = None, None, None
    try:
        with queues_on(connection, scenario.deployment) as queues:
            run = play(scenario, queues)
            queues.mirror.finish(counting=queues.counting)
    except EndpointDiffers as difference:
        run, differs = None, str(difference)
    there = None if queues is None else queues.mirror.there
    return PlayedOnEndpoint(
        run=run,
        differs=differs,
        remarks=() if there is None else tuple(there.remarks),
        skipped_ms=0 if there is None else there.skipped_ms,
        timeout_s=connection.endpoint.real_timeout_s,
    )


class EndpointQueues:
    """The queue of a scenario and its dead-letter queue, in the model and on an endpoint."""

    def __init__(self, connection: Connection, deployment: Deployment, urls: list[str]) -> None:
        self._deployment = deployment
        self._names: dict[str, str] = {}
        settings = deployment.queue
        dead_letter_url = urls[0] if settings.max_receive_count is not None else None
        self.counting = connection.endpoint.backend != AWS
        there = TheirQueue(connection, settings, urls[-1], dead_letter_url, self._name_of)
        self.mirror = Mirror(there, settings)

    def make(self, salt: int) -> tuple[Queue, Queue]:
        """The queue and its dead-letter queue, as the model has them."""
        deployment = self._deployment
        assumptions = deployment.assumptions
        dead_letters = make_queue(deployment.dead_letter_queue, assumptions=assumptions)
        target = None if deployment.queue.max_receive_count is None else dead_letters
        kind = FifoQueueOnEndpoint if deployment.queue.fifo else StandardQueueOnEndpoint
        queue = kind(
            deployment.queue,
            dead_letter_queue=cast("Any", target),  # of the same type as the queue (S61)
            salt=salt,
            assumptions=assumptions,
        )
        queue.mirror = self.mirror
        return queue, dead_letters

    def call_messages(self, names: dict[str, str]) -> None:
        """What reports call messages, by their ids; filled while the run goes on."""
        self._names = names

    def _name_of(self, message_id: str) -> str:
        return self._names.get(message_id, "a message")


@contextmanager
def queues_on(connection: Connection, deployment: Deployment) -> Iterator[EndpointQueues]:
    """Make the queues of a scenario on an endpoint, and remove them in the end.

    Raises:
        EndpointDiffers: it does not take their settings.
    """
    urls: list[str] = []
    try:
        policy = None
        settings = deployment.queue
        if settings.max_receive_count is not None:
            made = _create(connection, deployment.dead_letter_queue, {})
            urls.append(made["url"])
            policy = {
                "deadLetterTargetArn": made["arn"],
                "maxReceiveCount": settings.max_receive_count,
            }
        redrive = {} if policy is None else {"RedrivePolicy": json.dumps(policy)}
        urls.append(_create(connection, settings, redrive)["url"])
        yield EndpointQueues(connection, deployment, urls)
    except Exception:
        connection.drop(*reversed(urls))
        raise
    # After Ctrl-C nobody waits for it here: the process that calls the endpoint sees to it.
    connection.drop(*reversed(urls))


def _create(
    connection: Connection, settings: QueueSettings, more: dict[str, str]
) -> dict[str, str]:
    made = connection.create(settings.name, {**queue_attributes(settings), **more})
    if isinstance(made, Refusal):
        raise EndpointDiffers(f"refuses the settings of the queue ({made.code}: {made.message})")
    return made


def queue_attributes(settings: QueueSettings) -> dict[str, str]:
    """Settings as CreateQueue takes them, where they are not AWS's defaults.

    No delay: who sends sees to it, since that of an endpoint cannot be cut short.
    """
    attributes = {
        name: str(-(-value // unit))
        for name, value, default, unit in (
            (
                "VisibilityTimeout",
                settings.visibility_timeout_ms,
                _DEFAULTS.visibility_timeout_ms,
                SECOND_MS,
            ),
            ("MessageRetentionPeriod", settings.retention_ms, _DEFAULTS.retention_ms, SECOND_MS),
            ("MaximumMessageSize", settings.max_message_bytes, _DEFAULTS.max_message_bytes, 1),
        )
        if value != default
    }
    if settings.fifo:
        attributes["FifoQueue"] = "true"
        if settings.content_based_deduplication:
            attributes["ContentBasedDeduplication"] = "true"
        if settings.deduplication_scope is not DeduplicationScope.QUEUE:
            attributes["DeduplicationScope"] = settings.deduplication_scope.value
        if settings.throughput_limit is not FifoThroughputLimit.PER_QUEUE:
            attributes["FifoThroughputLimit"] = settings.throughput_limit.value
    return attributes
