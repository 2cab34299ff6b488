"""Plays a scenario with the function deployed: makes queues, function and mapping, sends, watches
until all is settled, and says what came of it."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqs_contract.backends.endpoints import queue_attributes
from sqs_contract.backends.mirror import EndpointDiffers
from sqs_contract.backends.run import Run
from sqs_contract.deployed.journal import Journal, find_difference
from sqs_contract.deployed.looking import Looking
from sqs_contract.deployed.orders import Deployed, orders_for
from sqs_contract.deployed.package import WRAPPER, make_package
from sqs_contract.deployed.wrapper import VARIABLE
from sqs_contract.deployment import Deployment
from sqs_contract.endpoints.connection import Connection
from sqs_contract.endpoints.endpoint import AWS, Deploying
from sqs_contract.errors import UsageError
from sqs_contract.history import Event, Fate, Filtered, Redriven, Sent
from sqs_contract.model.limits import BATCH_SIZE_MAX_WITHOUT_WINDOW, SECOND_MS
from sqs_contract.model.settings import QueueSettings
from sqs_contract.model.sqs_errors import Refusal
from sqs_contract.player import Player
from sqs_contract.scenario import Scenario, ScenarioMessage
from sqs_contract.world.clock import EPOCH_MS, real_monotonic
from sqs_contract.world.effects import Tree

VISIBILITY_S: Final = 3
"""How long a visibility timeout lasts there, unless another is asked for."""

_CHECK_S: Final = 0.1
_SETTLED: Final = 3
"""The queue is found empty so often in a row before it is taken for settled."""
_RECEIVES: Final = 3
"""How often a message may come where there is no dead-letter queue."""
_SLACK_S: Final = 30.0
_WARM_UPS: Final = 3
"""A function that was just made may time out at first, while the machine is busy with it."""
_SHOWN: Final = 200
_NO_ROLE: Final = "arn:aws:iam::000000000000:role/sqs-contract"
"""Emulators want the name of a role, and look at none."""

_COUNTS: Final = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Queues:
    """URLs of the queues of a scenario, and the ARN of the one that feeds the function."""

    source: str
    source_arn: str
    dead_letters: str | None
    journal: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayedDeployed:
    """What playing a scenario came to.

    Attributes:
        run: what happened there, as far as it got.
        differs: what the endpoint did that AWS does not: then the handler is not judged by it.
        skipped_ms: by how much each visibility timeout was shorter than it is deployed.
        timeout_s: how long each lasted there, in seconds.
    """

    run: Run | None
    differs: str | None
    skipped_ms: int
    timeout_s: int


class DeployedFunction:
    """A handler, deployed on an endpoint.

    Args:
        connection: the endpoint.
        player: plays the same scenarios here, and has the world that is carried there.
    """

    def __init__(self, connection: Connection, player: Player) -> None:
        deploying = connection.endpoint.deployed
        assert deploying is not None, "that is what it was asked for"
        self._connection = connection
        self._deploying: Deploying = deploying
        self._player = player
        spec = player.program.spec
        if not isinstance(spec.handler, str):
            raise UsageError("--deployed needs the handler as module:function, not a function")
        self._handler = spec.handler
        requirements = None if deploying.requirements is None else Path(deploying.requirements)
        connection.load_package(make_package(spec.code or (Path.cwd(),), requirements))
        self._name: str | None = None
        self.visibility_s = connection.endpoint.real_timeout_s or VISIBILITY_S

    def play(self, item: Deployed) -> PlayedDeployed:
        """Play a scenario, with everything made for it, and removed after it.

        Raises:
            UsageError: the endpoint does not answer any more, or the handler cannot be
                imported there.
        """
        looking = Looking(self._player, item.scenario.seed)
        stores, before = looking.fresh()
        run, differs = None, None
        try:
            if self._connection.endpoint.backend != AWS:
                self._connection.make_stores(stores)
            with self._queues(item.scenario.deployment) as queues:
                run, differs = self._play(item, queues, looking, before)
        except EndpointDiffers as difference:
            differs = str(difference)
        visibility_ms = item.scenario.deployment.queue.visibility_timeout_ms
        return PlayedDeployed(
            run=run,
            differs=differs,
            skipped_ms=max(visibility_ms - self.visibility_s * SECOND_MS, 0),
            timeout_s=self.visibility_s,
        )

    def _play(
        self, item: Deployed, queues: _Queues, looking: Looking, before: Tree
    ) -> tuple[Run, str | None]:
        scenario = item.scenario
        ids = {self._send(queues.source, message): message.name for message in scenario.messages}
        journal = Journal(scenario=scenario, ids=ids)
        own = {message.name: message.message_id for message in scenario.messages}
        renamed = {there: own[name] for there, name in ids.items()}
        worlds = [before]
        with self._function(item, queues, ids):
            for ended in self._until_settled(scenario.deployment, queues, journal):
                world = looking.look(self._connection.read_stores(), renamed)
                worlds += [world] * ended
            left = self._count(queues.source)
        if journal.failed is not None:
            raise self._cannot_import(journal.failed)
        worlds[-1] = looking.look(self._connection.read_stores(), renamed)
        dead = [] if queues.dead_letters is None else self._drain(queues.dead_letters, ids)
        deployment = scenario.deployment
        run = Run(
            scenario=scenario,
            events=list(_events(scenario, journal, deployment, dead)),
            worlds=worlds,
        )
        delivered = {name for noted in journal.noted.values() for name in noted.names}
        run.fates = {name: _fate(name, delivered, dead) for name in own}
        if left:
            return run, f"was not through with the messages in {self._patience_s(deployment):g} s"
        if not journal.noted and deployment.mapping.filters is None:
            return run, (
                "invoked nothing that could be noted: it has no mapping that works, or the "
                "function cannot send to a queue there"
            )
        differs = find_difference(journal, deployment, dead, lambda _name: True)
        undelivered = [name for name in own if name not in delivered]
        if differs is None and undelivered and deployment.mapping.filters is None:
            differs = f"never hands over {undelivered[0]}"
        return run, differs

    def _until_settled(
        self, deployment: Deployment, queues: _Queues, journal: Journal
    ) -> Iterator[int]:
        """Watch; each time invocations came to an end, how many."""
        started, quiet = real_monotonic(), 0
        while quiet < _SETTLED and real_monotonic() - started < self._patience_s(deployment):
            self._connection.wait(_CHECK_S)
            ended = journal.take(self._receive(queues.journal))
            if journal.failed is not None or journal.strange is not None:
                return
            if ended:
                yield ended
            quiet = 0 if ended or self._count(queues.source) else quiet + 1
            if quiet == _SETTLED and (journal.unended or not journal.noted):
                # Its note may be under way; what timed out sends none.
                self._connection.wait(1.0)
                late = journal.take(self._receive(queues.journal))
                if late:
                    yield late

    def _patience_s(self, deployment: Deployment) -> float:
        receives = deployment.queue.max_receive_count or _RECEIVES
        return (receives + 1) * (self.visibility_s + 1) + _SLACK_S

    # What is made, and removed again

    @contextmanager
    def _queues(self, deployment: Deployment) -> Iterator[_Queues]:
        urls: list[str] = []
        try:
            dead_letters, redrive = None, {}
            settings = deployment.queue
            if settings.max_receive_count is not None:
                made = self._create(deployment.dead_letter_queue, {})
                dead_letters = made["url"]
                urls.append(dead_letters)
                policy = {
                    "deadLetterTargetArn": made["arn"],
                    "maxReceiveCount": settings.max_receive_count,
                }
                redrive = {"RedrivePolicy": json.dumps(policy)}
            scaled = dataclasses.replace(
                settings, visibility_timeout_ms=self.visibility_s * SECOND_MS, delay_ms=0
            )
            source = self._create(scaled, redrive)
            urls.append(source["url"])
            notes = self._create(QueueSettings(name="notes"), {})
            urls.append(notes["url"])
            yield _Queues(
                source=source["url"],
                source_arn=source["arn"],
                dead_letters=dead_letters,
                journal=notes["url"],
            )
        except Exception:
            self._connection.drop(*reversed(urls))
            raise
        # After Ctrl-C nobody waits for it here: the process that calls the endpoint sees to it.
        self._connection.drop(*reversed(urls))

    def _create(self, settings: QueueSettings, more: dict[str, str]) -> dict[str, str]:
        made = self._connection.create(settings.name, {**queue_attributes(settings), **more})
        return _accepted(made, "the settings of the queue")

    @contextmanager
    def _function(self, item: Deployed, queues: _Queues, ids: Mapping[str, str]) -> Iterator[None]:
        deployment = item.scenario.deployment
        timeout_s = self._function_timeout_s(deployment)
        orders = orders_for(item, {name: there for there, name in ids.items()}, timeout_s / 2)
        orders |= {"handler": self._handler, "journal": queues.journal}
        function = deployment.function
        settings = {
            "Runtime": function.runtime,
            "Role": self._deploying.role or _NO_ROLE,
            "Handler": f"{WRAPPER}.handler",
            "Timeout": timeout_s,
            "MemorySize": function.memory_mb,
            "Environment": {"Variables": {**function.environment, VARIABLE: json.dumps(orders)}},
        }
        if self._name is None:
            made = self._connection.create_function(settings)
        else:
            made = self._connection.configure_function(self._name, settings)
        name = self._name = _accepted(made, "the function")["name"]
        self._warm_up(name)
        try:
            mapping = _mapping_settings(deployment, queues.source_arn)
            _accepted(self._connection.connect_function(name, mapping), "the mapping")
            yield
        except Exception:
            self._connection.disconnect_function(name)
            raise
        self._connection.disconnect_function(name)

    def _warm_up(self, name: str) -> None:
        """Have an environment begin before messages wait for it, as it takes its time there.

        Raises:
            UsageError: the handler cannot be imported.
        """
        answer: str | Refusal = ""
        for _ in range(_WARM_UPS):
            answer = self._connection.invoke_function(name, "{}")
            told = {} if isinstance(answer, Refusal) else json.loads(answer)
            if isinstance(told, dict) and "failure" in told:
                if told["failure"] is not None:
                    raise self._cannot_import(told["failure"])
                return
        raise EndpointDiffers(
            "does not run the function, whatever the handler: its Python runtime has no botocore, "
            f"or the first invocation takes too long ({_clip(answer)})"
        )

    def _cannot_import(self, failure: str) -> UsageError:
        return UsageError(
            f"the handler cannot be imported as it is deployed on {self._connection.name}: "
            f"{failure}: --requirements FILE puts packages into its zip"
        )

    def _function_timeout_s(self, deployment: Deployment) -> int:
        """As deployed, but shorter than the visibility timeout there (S77)."""
        deployed_s = -(-deployment.function.timeout_ms // SECOND_MS)
        return max(min(deployed_s, self.visibility_s - 1), 1)

    # Messages

    def _send(self, url: str, message: ScenarioMessage) -> str:
        parameters: dict[str, Any] = {"QueueUrl": url, "MessageBody": message.body}
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
        answer = self._connection.call("SendMessage", **parameters)
        return str(_accepted(answer, f"message {message.name}")["MessageId"])

    def _receive(self, url: str) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self._take(url)]

    def _drain(self, url: str, ids: Mapping[str, str]) -> list[str]:
        return [ids[message] for message, _ in self._take(url) if message in ids]

    def _take(self, url: str) -> Iterator[tuple[str, str]]:
        """Receive and delete everything that is there: id and body of each message."""
        while True:
            answer = self._connection.call("ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=10)
            messages = _accepted(answer, "a receive").get("Messages", [])
            if not messages:
                return
            for message in messages:
                handle = message["ReceiptHandle"]
                self._connection.call("DeleteMessage", QueueUrl=url, ReceiptHandle=handle)
                yield str(message["MessageId"]), str(message["Body"])

    def _count(self, url: str) -> int:
        answer = self._connection.call(
            "GetQueueAttributes", QueueUrl=url, AttributeNames=list(_COUNTS)
        )
        found = _accepted(answer, "to be asked for the depth of a queue").get("Attributes", {})
        return sum(int(found.get(name, 0)) for name in _COUNTS)


def _clip(answer: str | Refusal) -> str:
    text = " ".join(str(answer).split())
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def _accepted(answer: dict[str, Any] | Refusal, what: str) -> dict[str, Any]:
    if isinstance(answer, Refusal):
        raise EndpointDiffers(f"refuses {what} ({answer.code}: {answer.message})")
    return answer


def _mapping_settings(deployment: Deployment, source_arn: str) -> dict[str, Any]:
    mapping = deployment.mapping
    settings: dict[str, Any] = {"EventSourceArn": source_arn, "BatchSize": mapping.batch_size}
    if mapping.report_batch_item_failures:
        settings["FunctionResponseTypes"] = ["ReportBatchItemFailures"]
    if mapping.batch_size > BATCH_SIZE_MAX_WITHOUT_WINDOW:
        settings["MaximumBatchingWindowInSeconds"] = 1  # at least (S68)
    if mapping.filters is not None:
        patterns = [{"Pattern": pattern} for pattern in mapping.filters.patterns]
        settings["FilterCriteria"] = {"Filters": patterns}
    if mapping.maximum_concurrency is not None:
        settings["ScalingConfig"] = {"MaximumConcurrency": mapping.maximum_concurrency}
    return settings


def _events(
    scenario: Scenario, journal: Journal, deployment: Deployment, dead: list[str]
) -> Iterator[Event]:
    """The history of a run: time begins with the first invocation, as it does here."""
    begun = [noted.began_ms for noted in journal.noted.values()]
    offset_ms = EPOCH_MS - min(begun, default=EPOCH_MS)
    start_ms = EPOCH_MS
    delivered = {name for noted in journal.noted.values() for name in noted.names}
    for message in scenario.messages:
        yield Sent(start_ms, message.name)
        if message.name not in delivered and message.name not in dead:
            yield Filtered(start_ms, message.name)
    end_ms = start_ms
    if not journal.unended and not any("too_long" in (n.end or {}) for n in journal.ended):
        for event in journal.events(deployment):
            shifted = dataclasses.replace(event, at_ms=event.at_ms + offset_ms)
            end_ms = max(end_ms, shifted.at_ms)
            yield shifted
    for name in dead:
        yield Redriven(end_ms, name)


def _fate(name: str, delivered: set[str], dead: list[str]) -> Fate:
    if name in dead:
        return Fate.DEAD_LETTERED
    return Fate.DELETED if name in delivered else Fate.FILTERED
