"""Plays a scenario with the function deployed: makes queues, function and mapping, sends, watches
until all is settled, and says what came of it.

A scenario is played in steps, with nothing to do between them but to wait: so that others
can be played meanwhile.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Collection, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

from sqs_contract.backends.mirror import EndpointDiffers
from sqs_contract.backends.run import Run
from sqs_contract.deployed.journal import Journal, find_difference
from sqs_contract.deployed.looking import Looking
from sqs_contract.deployed.orders import Deployed, orders_for
from sqs_contract.deployed.package import WRAPPER, make_package
from sqs_contract.deployed.queues import Queues, accepted, made_queues
from sqs_contract.deployed.wrapper import VARIABLE
from sqs_contract.deployment import Deployment
from sqs_contract.endpoints.connection import Connection
from sqs_contract.endpoints.endpoint import AWS, Deploying
from sqs_contract.errors import UsageError
from sqs_contract.history import Event, Fate, Filtered, Redriven, Sent
from sqs_contract.model.limits import BATCH_SIZE_MAX_WITHOUT_WINDOW, SECOND_MS
from sqs_contract.model.sqs_errors import Refusal
from sqs_contract.player import Player
from sqs_contract.scenario import Scenario
from sqs_contract.world.clock import EPOCH_MS, real_monotonic
from sqs_contract.world.effects import Tree

VISIBILITY_S: Final = 3
"""How long a visibility timeout lasts there, unless another is asked for."""

CHECK_S: Final = 0.1
"""How long to wait between two steps."""

_NOTE_S: Final = 1.0
"""How long the note of an invocation that has ended may be under way."""
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

T = TypeVar("T")
Steps = Generator[None, None, T]


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
        package: the zip of `package_of`.
        seen_as: the number of another account, for which that of this one is taken.

    Attributes:
        account: the account there, once a queue was made.
    """

    def __init__(
        self, connection: Connection, player: Player, package: bytes, seen_as: str | None = None
    ) -> None:
        deploying = connection.endpoint.deployed
        assert deploying is not None, "that is what it was asked for"
        self._connection = connection
        self._deploying: Deploying = deploying
        self._player = player
        self._handler = _handler_of(player)
        connection.load_package(package)
        self._seen_as = seen_as
        self.account = ""
        self._name: str | None = None
        self._visibility_s = VISIBILITY_S

    def steps(self, item: Deployed, visibility_s: int) -> Steps[PlayedDeployed]:
        """Play a scenario, with everything made for it, and removed after it; between two steps
        there is nothing to do.

        Args:
            item: the scenario.
            visibility_s: how long its visibility timeouts last there, in seconds.

        Raises:
            UsageError: the endpoint does not answer any more, or the handler cannot be
                imported there.
        """
        self._visibility_s = visibility_s
        looking = Looking(self._player, item.scenario.seed)
        stores, before = looking.fresh()
        run, differs = None, None
        try:
            if self._connection.endpoint.backend != AWS:
                yield from self._done("make_stores", stores)
            with made_queues(
                self._connection, item.scenario.deployment, self._visibility_s
            ) as queues:
                run, differs = yield from self._play(item, queues, looking, before)
        except EndpointDiffers as difference:
            differs = str(difference)
        visibility_ms = item.scenario.deployment.queue.visibility_timeout_ms
        return PlayedDeployed(
            run=run,
            differs=differs,
            skipped_ms=max(visibility_ms - self._visibility_s * SECOND_MS, 0),
            timeout_s=self._visibility_s,
        )

    def _done(self, method: str, *arguments: Any) -> Steps[Any]:
        """What comes of something that takes long there."""
        self._connection.begin(method, *arguments)
        while not self._connection.has_answered:
            yield
        return self._connection.answer()

    def _play(
        self, item: Deployed, queues: Queues, looking: Looking, before: Tree
    ) -> Steps[tuple[Run, str | None]]:
        scenario = item.scenario
        self.account = queues.account
        ids = {queues.send(message): message.name for message in scenario.messages}
        journal = Journal(scenario=scenario, ids=ids)
        own = {message.name: message.message_id for message in scenario.messages}
        renamed = {there: own[name] for there, name in ids.items()}
        if self._seen_as and self.account:
            renamed[self.account] = self._seen_as
        worlds = [before]
        name = yield from self._function(item, queues, ids)
        with self._connected(name, scenario.deployment, queues):
            for ended in self._until_settled(scenario.deployment, queues, journal):
                if ended:
                    world = looking.look(self._connection.read_stores(), renamed)
                    worlds += [world] * ended
                yield
            left = queues.depth()
        if journal.failed is not None:
            raise self._cannot_import(journal.failed)
        worlds[-1] = looking.look(self._connection.read_stores(), renamed)
        dead = queues.drain_dead_letters(ids)
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
        return run, differs or self._misfiltered(scenario, delivered | set(dead))

    def _misfiltered(self, scenario: Scenario, delivered: Collection[str]) -> str | None:
        """What is wrong with which messages were handed over; `None` if nothing is."""
        filtered: set[str] = set()
        if scenario.deployment.mapping.filters is not None:
            model = self._player.play(scenario, observing=False)
            filtered = {name for name, fate in model.fates.items() if fate is Fate.FILTERED}
        for message in scenario.messages:
            if message.name in filtered and message.name in delivered:
                return f"hands over {message.name}, which the filters of the mapping delete"
            if message.name not in filtered and message.name not in delivered:
                return f"never hands over {message.name}"
        return None

    def _until_settled(
        self, deployment: Deployment, queues: Queues, journal: Journal
    ) -> Iterator[int]:
        """Watch; how many invocations came to an end since the last look."""
        started, quiet = real_monotonic(), 0
        while quiet < _SETTLED and real_monotonic() - started < self._patience_s(deployment):
            ended = journal.take(queues.notes())
            if journal.failed is not None or journal.strange is not None:
                return
            yield ended
            quiet = 0 if ended or queues.depth() else quiet + 1
        if journal.unended or not journal.noted:
            # Its note may be under way; what timed out sends none.
            since = real_monotonic()
            while real_monotonic() - since < _NOTE_S:
                yield 0
            yield journal.take(queues.notes())

    def _patience_s(self, deployment: Deployment) -> float:
        receives = deployment.queue.max_receive_count or _RECEIVES
        return (receives + 1) * (self._visibility_s + 1) + _SLACK_S

    # What is made, and removed again

    def _function(self, item: Deployed, queues: Queues, ids: Mapping[str, str]) -> Steps[str]:
        """Make the function, or have the one there is do what the scenario asks for; its name."""
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
            made = yield from self._done("create_function", settings)
        else:
            made = yield from self._done("configure_function", self._name, settings)
        name = self._name = str(accepted(made, "the function")["name"])
        yield from self._warm_up(name)
        return name

    @contextmanager
    def _connected(self, name: str, deployment: Deployment, queues: Queues) -> Iterator[None]:
        try:
            mapping = _mapping_settings(deployment, queues.source_arn)
            accepted(self._connection.connect_function(name, mapping), "the mapping")
            yield
        except Exception:
            self._connection.disconnect_function(name)
            raise
        self._connection.disconnect_function(name)

    def _warm_up(self, name: str) -> Steps[None]:
        """Have an environment begin before messages wait for it, as it takes its time there.

        Raises:
            UsageError: the handler cannot be imported.
        """
        answer: str | Refusal = ""
        for _ in range(_WARM_UPS):
            answer = yield from self._done("invoke_function", name, "{}")
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
        return max(min(deployed_s, self._visibility_s - 1), 1)


def package_of(player: Player, connection: Connection) -> bytes:
    """The zip of a program's handler, as it is deployed.

    Raises:
        UsageError: it cannot be made.
    """
    deploying = connection.endpoint.deployed
    assert deploying is not None, "that is what it was asked for"
    _handler_of(player)
    requirements = None if deploying.requirements is None else Path(deploying.requirements)
    return make_package(player.program.spec.code or (Path.cwd(),), requirements)


def _handler_of(player: Player) -> str:
    handler = player.program.spec.handler
    if not isinstance(handler, str):
        raise UsageError("--deployed needs the handler as module:function, not a function")
    return handler


def _clip(answer: str | Refusal) -> str:
    text = " ".join(str(answer).split())
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


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
