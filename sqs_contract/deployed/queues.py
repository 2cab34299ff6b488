"""The queues of one scenario with the function deployed: made with its settings, but for the time they
count, and removed again; what is sent to them and taken out of them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from sqs_contract.backends.endpoints import queue_attributes
from sqs_contract.backends.mirror import EndpointDiffers
from sqs_contract.deployment import Deployment
from sqs_contract.endpoints.connection import Connection
from sqs_contract.model.limits import SECOND_MS
from sqs_contract.model.settings import QueueSettings
from sqs_contract.model.sqs_errors import Refusal
from sqs_contract.scenario import ScenarioMessage

_COUNTS: Final = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Queues:
    """Queues of a scenario on an endpoint.

    Attributes:
        source: the URL of the one that feeds the function, and `source_arn` its ARN.
        dead_letters: the URL of its dead-letter queue, if it has one.
        journal: the URL of the one that the wrapper notes go to.
    """

    connection: Connection
    source: str
    source_arn: str
    dead_letters: str | None
    journal: str

    @property
    def account(self) -> str:
        """The account they belong to there; empty where the endpoint does not say."""
        return account_of(self.source_arn)

    def send(self, message: ScenarioMessage) -> str:
        """Send a message to the source; its id there.

        Raises:
            EndpointDiffers: the endpoint does not take it.
        """
        parameters: dict[str, Any] = {"QueueUrl": self.source, "MessageBody": message.body}
        if message.attributes:
            parameters["MessageAttributes"] = {
                name: {
                    "DataType": value.data_type,
                    **(
                        {"StringValue": value.string_value}
                        if value.binary_value is None
                        else {"BinaryValue": value.binary_value}
                    ),
                }
                for name, value in message.attributes.items()
            }
        if message.group_id is not None:
            parameters["MessageGroupId"] = message.group_id
            parameters["MessageDeduplicationId"] = message.deduplication_id or message.message_id
        answer = self.connection.call("SendMessage", **parameters)
        return str(accepted(answer, f"message {message.name}")["MessageId"])

    def notes(self) -> list[dict[str, Any]]:
        """What the wrapper has noted since the last time."""
        return [json.loads(body) for _, body in self._take(self.journal)]

    def drain_dead_letters(self, ids: Mapping[str, str]) -> list[str]:
        """The names of the messages that were dead-lettered, by their ids there."""
        if self.dead_letters is None:
            return []
        return [ids[message] for message, _ in self._take(self.dead_letters) if message in ids]

    def depth(self) -> int:
        """How many messages the source holds, whether they can be received or not."""
        answer = self.connection.call(
            "GetQueueAttributes", QueueUrl=self.source, AttributeNames=list(_COUNTS)
        )
        found = accepted(answer, "to be asked for the depth of a queue").get("Attributes", {})
        return sum(int(found.get(name, 0)) for name in _COUNTS)

    def _take(self, url: str) -> Iterator[tuple[str, str]]:
        """Receive and delete everything that is there: id and body of each message."""
        while True:
            answer = self.connection.call("ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=10)
            messages = accepted(answer, "a receive").get("Messages", [])
            if not messages:
                return
            for message in messages:
                handle = message["ReceiptHandle"]
                self.connection.call("DeleteMessage", QueueUrl=url, ReceiptHandle=handle)
                yield str(message["MessageId"]), str(message["Body"])


@contextmanager
def made_queues(
    connection: Connection, deployment: Deployment, visibility_s: int
) -> Iterator[Queues]:
    """Make the queues of a scenario, and remove them.

    Raises:
        EndpointDiffers: the endpoint does not take their settings.
    """
    urls: list[str] = []

    def create(settings: QueueSettings, more: dict[str, str]) -> dict[str, Any]:
        made = connection.create(settings.name, {**queue_attributes(settings), **more})
        queue = accepted(made, "the settings of the queue")
        urls.append(queue["url"])
        return queue

    try:
        dead_letters, redrive = None, {}
        settings = deployment.queue
        if settings.max_receive_count is not None:
            made = create(deployment.dead_letter_queue, {})
            dead_letters = made["url"]
            policy = {
                "deadLetterTargetArn": made["arn"],
                "maxReceiveCount": settings.max_receive_count,
            }
            redrive = {"RedrivePolicy": json.dumps(policy)}
        scaled = dataclasses.replace(
            settings, visibility_timeout_ms=visibility_s * SECOND_MS, delay_ms=0
        )
        source = create(scaled, redrive)
        notes = create(QueueSettings(name="notes"), {})
        yield Queues(
            connection=connection,
            source=source["url"],
            source_arn=source["arn"],
            dead_letters=dead_letters,
            journal=notes["url"],
        )
    except Exception:
        connection.drop(*reversed(urls))
        raise
    # After Ctrl-C nobody waits for it here: the process that calls the endpoint sees to it.
    connection.drop(*reversed(urls))


def account_of(arn: str) -> str:
    """The account of something, by its ARN; empty where an endpoint gives none."""
    return (arn.split(":") + [""] * 5)[4]


def accepted(answer: dict[str, Any] | Refusal, what: str) -> dict[str, Any]:
    """The answer to a call that is to succeed.

    Raises:
        EndpointDiffers: the endpoint refuses it.
    """
    if isinstance(answer, Refusal):
        raise EndpointDiffers(f"refuses {what} ({answer.code}: {answer.message})")
    return answer
