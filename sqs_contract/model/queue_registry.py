"""The queues of an account: their names, URLs, ARNs and attributes.

Owns making, changing and finding queues; nothing that happens to messages.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqs_contract.model import sqs_errors as errors
from sqs_contract.model.arns import queue_arn
from sqs_contract.model.assumptions import DEFAULT_ASSUMPTIONS, Assumptions
from sqs_contract.model.fifo import FifoQueue, Queue, make_queue
from sqs_contract.model.limits import SECOND_MS
from sqs_contract.model.queue import StandardQueue
from sqs_contract.model.queue_attributes import (
    FIFO_SUFFIX,
    KEPT,
    RedrivePolicy,
    read_settings,
    render_settings,
    truth,
)
from sqs_contract.model.settings import QueueSettings
from sqs_contract.model.sqs_errors import Refused


class QueueRegistry:
    """Queues by name."""

    def __init__(
        self, region: str, account: str, assumptions: Assumptions = DEFAULT_ASSUMPTIONS
    ) -> None:
        self.assumptions = assumptions
        self.region = region
        self.account = account
        self.queues: dict[str, Queue] = {}
        self._kept: dict[str, dict[str, str]] = {}
        self._times_s: dict[str, tuple[int, int]] = {}

    def arn(self, name: str) -> str:
        """The ARN of a queue of this account (S16)."""
        return queue_arn(name, self.region, self.account)

    def url(self, name: str) -> str:
        """The URL of a queue there is."""
        if name not in self.queues:
            raise Refused(errors.NO_SUCH_QUEUE)
        return f"https://sqs.{self.region}.amazonaws.com/{self.account}/{name}"

    def by_url(self, url: str) -> Queue:
        """The queue a URL names."""
        queue = self.queues.get(url.rpartition("/")[2])
        if queue is None:
            raise Refused(errors.NO_SUCH_QUEUE)
        return queue

    def name_of(self, arn: object, parameter: str) -> str:
        """The name of the queue an ARN names."""
        name = str(arn).rpartition(":")[2]
        if name not in self.queues or arn != self.arn(name):
            raise Refused(errors.no_such_resource(parameter))
        return name

    def create(self, parameters: Mapping[str, Any], now_ms: int) -> str:
        """Make a queue and return its URL.

        Raises:
            Refused: an attribute AWS does not take, or a name that does not fit the type.
        """
        name = str(parameters.get("QueueName"))
        attributes: Mapping[str, str] = parameters.get("Attributes") or {}
        fifo = truth("FifoQueue", attributes)
        if fifo != name.endswith(FIFO_SUFFIX):
            reason = "The name of a FIFO queue can only include alphanumeric characters, hyphens, or underscores, must end with .fifo suffix and be 1 to 80 in length."
            raise Refused(errors.Refusal("InvalidParameterValue", reason))
        settings, policy = read_settings(attributes, QueueSettings(name=name, fifo=fifo))
        target = self._target(policy, fifo=fifo)
        if policy is not None:
            settings = replace(settings, max_receive_count=policy.max_receive_count)
        self.queues[name] = make_queue(
            settings, dead_letter_queue=target, assumptions=self.assumptions
        )
        self._kept[name] = {"SqsManagedSseEnabled": "true"} | _kept(attributes)
        self._times_s[name] = (now_ms // SECOND_MS, now_ms // SECOND_MS)
        return self.url(name)

    def adopt(self, queue: Queue, now_ms: int) -> None:
        """Take in a queue that somebody else has made."""
        name = queue.settings.name
        self.queues[name] = queue
        self._kept[name] = {"SqsManagedSseEnabled": "true"}
        self._times_s[name] = (now_ms // SECOND_MS, now_ms // SECOND_MS)

    def delete(self, parameters: Mapping[str, Any]) -> None:
        """Remove a queue with all that is in it."""
        queue = self.by_url(str(parameters.get("QueueUrl")))
        del self.queues[queue.settings.name]

    def set_attributes(self, parameters: Mapping[str, Any], now_ms: int) -> None:
        """Change attributes of a queue.

        Raises:
            Refused: an attribute or value AWS does not take.
        """
        queue = self.by_url(str(parameters.get("QueueUrl")))
        attributes: Mapping[str, str] = parameters.get("Attributes") or {}
        name = queue.settings.name
        if "FifoQueue" in attributes and truth("FifoQueue", attributes) != queue.settings.fifo:
            raise Refused(errors.bad_queue_attribute("FifoQueue"))
        settings, policy = read_settings(attributes, queue.settings)
        target = queue.dead_letter_queue
        if "RedrivePolicy" in attributes:
            target = self._target(policy, fifo=settings.fifo)
            count = None if policy is None else policy.max_receive_count
            settings = replace(settings, max_receive_count=count)
        if isinstance(queue, FifoQueue):
            assert not isinstance(target, StandardQueue)
            queue.configure(settings, target, now_ms)
        else:
            assert not isinstance(target, FifoQueue)
            queue.configure(settings, target, now_ms)
        self._kept[name] |= _kept(attributes)
        self._times_s[name] = (self._times_s[name][0], now_ms // SECOND_MS)

    def attributes(self, parameters: Mapping[str, Any], now_ms: int) -> dict[str, str]:
        """All attributes of a queue."""
        queue = self.by_url(str(parameters.get("QueueUrl")))
        settings = queue.settings
        counts = queue.counts(now_ms)
        created_s, modified_s = self._times_s[settings.name]
        policy = None
        if queue.dead_letter_queue is not None and settings.max_receive_count is not None:
            arn = self.arn(queue.dead_letter_queue.settings.name)
            policy = RedrivePolicy(arn, settings.max_receive_count)
        return {
            "ApproximateNumberOfMessages": str(counts.visible),
            "ApproximateNumberOfMessagesDelayed": str(counts.delayed),
            "ApproximateNumberOfMessagesNotVisible": str(counts.not_visible),
            "CreatedTimestamp": str(created_s),
            "LastModifiedTimestamp": str(modified_s),
            "QueueArn": self.arn(settings.name),
            **render_settings(settings, policy),
            **{name: value for name, value in self._kept[settings.name].items() if value},
        }

    def redrive_overdue(self, now_ms: int) -> None:
        """Move what was received often enough as soon as it is visible, if that is
        assumed to take no attempt to receive it (S58, N11)."""
        if self.assumptions.moved_at_receive:
            return
        for queue in self.queues.values():
            limit = queue.settings.max_receive_count
            overdue = (
                entry
                for entry in queue.visible(now_ms)
                if limit is not None and entry.receive_count >= limit
            )
            for entry in overdue:
                queue.redrive(entry, now_ms)

    def _target(self, policy: RedrivePolicy | None, *, fifo: bool) -> Queue | None:
        if policy is None:
            return None
        queue = self.queues.get(policy.dead_letter_target_arn.rpartition(":")[2])
        if queue is None or queue.settings.fifo != fifo:  # S61
            raise Refused(errors.bad_queue_attribute("RedrivePolicy"))
        return queue


def _kept(attributes: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in attributes.items() if name in KEPT}
    if kept.get("KmsMasterKeyId"):  # a key of one's own takes the place of SQS's, as recorded
        kept.setdefault("SqsManagedSseEnabled", "false")
    return kept
