"""For tests that play scenarios: a handler, messages, faults, and what came of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import boto3

from sqs_contract import Deployment
from sqs_contract.backends.run import Run
from sqs_contract.clauses import CLAUSES
from sqs_contract.clauses.verdict import Judgement, PoisonPolicy
from sqs_contract.history import Called, Ended
from sqs_contract.model.invocation import FunctionError, Outcome
from sqs_contract.oracle.analysis import Analysis
from sqs_contract.oracle.golden import Golden
from sqs_contract.oracle.oracle import Oracle
from sqs_contract.player import Player
from sqs_contract.scenario import Fault, FaultKind, Scenario, ScenarioMessage
from sqs_contract.stage.world import PLAIN, Variant
from sqs_contract.targets.program import Program, ProgramSpec

ACCOUNT = "123456789012"
QUEUE = f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/forward"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:topic"


def create_table(name: str = "items") -> None:
    """A table with the key `id`. As it is, a `reset`."""
    boto3.client("dynamodb").create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )


def create_everything() -> None:
    """Two tables, a bucket, a queue, a topic."""
    create_table("items")
    create_table("totals")
    boto3.client("s3").create_bucket(Bucket="bucket")
    boto3.client("sqs").create_queue(QueueName="forward")
    boto3.client("sns").create_topic(Name="topic")


def put_item(key: str, table: str = "items", **attributes: Any) -> None:
    """Write an item; doing it again changes nothing."""
    boto3.client("dynamodb").put_item(TableName=table, Item={"id": {"S": key}, **attributes})


def add_one(key: str, **more: Any) -> None:
    """Count; doing it again counts again."""
    boto3.client("dynamodb").update_item(
        TableName="totals",
        Key={"id": {"S": key}},
        UpdateExpression="ADD n :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
        **more,
    )


def order(key: str, **more: Any) -> str:
    """The body of an order."""
    return json.dumps({"id": key, **more})


def store(data: Any) -> None:
    """Put an order into its table."""
    put_item(data["id"])


def strike(kind: FaultKind, target: str | int = 1, nth: int = 1) -> Fault:
    """A fault on a call, a message or an invocation, told from its target."""
    if isinstance(target, int):
        return Fault(kind=kind, invocation=target)
    if " " in target or "." in target:
        return Fault(kind=kind, site=target, nth=nth)
    return Fault(kind=kind, message=target, nth=nth)


def as_messages(given: Sequence[str | ScenarioMessage]) -> tuple[ScenarioMessage, ...]:
    """Bodies as messages m1, m2, ...; messages as they are."""
    return tuple(
        ScenarioMessage(name=f"m{number}", body=item) if isinstance(item, str) else item
        for number, item in enumerate(given, 1)
    )


def poison(body: str = "!", name: str = "p1", after_ms: int = 0) -> ScenarioMessage:
    """A message that is malformed on purpose."""
    return ScenarioMessage(name=name, body=body, note="not JSON", after_ms=after_ms)


class Stand:
    """A program and a deployment, ready to play."""

    def __init__(self, player: Player, deployment: Deployment) -> None:
        self.player = player
        self.deployment = deployment
        self.oracle = Oracle(Golden(player, deployment, 0))

    def use(
        self, handler: Any, *, effects: Any = None, reset: Any = None, **settings: Any
    ) -> Stand:
        """The same world with another program, given as functions: that costs no new clients."""
        deployment = Deployment.of(**settings)
        program = Program(ProgramSpec(handler=handler, effects=effects, reset=reset))
        self.player.program = self.player.target.program = program
        return Stand(self.player, deployment)

    def scenario(
        self, *given: str | ScenarioMessage, faults: Sequence[Fault] = (), seed: int = 0
    ) -> Scenario:
        return Scenario(
            messages=as_messages(given),
            faults=tuple(faults),
            deployment=self.deployment,
            seed=seed,
        )

    def play(
        self,
        *given: str | ScenarioMessage,
        faults: Sequence[Fault] = (),
        seed: int = 0,
        variant: Variant = PLAIN,
    ) -> Run:
        return self.player.play(self.scenario(*given, faults=faults, seed=seed), variant=variant)

    def analyse(
        self,
        *given: str | ScenarioMessage,
        faults: Sequence[Fault] = (),
        thorough: bool = True,
    ) -> Analysis:
        run = self.play(*given, faults=faults)
        for message in run.scenario.messages:
            self.oracle.golden.learn_noise((message,))
        return Analysis(run, self.oracle, thorough=thorough)

    def judge(
        self,
        clause: str,
        *given: str | ScenarioMessage,
        faults: Sequence[Fault] = (),
        policy: PoisonPolicy = PoisonPolicy.EITHER,
    ) -> Judgement:
        return CLAUSES[clause].judge(self.analyse(*given, faults=faults), policy)


@contextmanager
def playing(
    handler: Any,
    *,
    effects: Any = None,
    reset: Any = None,
    fault_sites: Sequence[str] = (),
    **settings: Any,
) -> Iterator[Stand]:
    """A handler in a world of its own; settings are those of `Deployment.of`."""
    deployment = Deployment.of(**settings)
    spec = ProgramSpec(
        handler=handler, effects=effects, reset=reset, fault_sites=tuple(fault_sites)
    )
    with Player.entered(spec, deployment) as player:
        yield Stand(player, deployment)


def nothing(_event: Any, _context: Any) -> None:
    """A handler that does nothing."""


def modes(judgement: Judgement) -> list[str]:
    """How a clause was broken; the clause must have been put to the test."""
    assert judgement.tested
    return [violation.mode for violation in judgement.violations]


def outcomes(run: Run) -> list[Outcome]:
    """How each invocation ended."""
    return [event.outcome for event in run.events if isinstance(event, Ended)]


def error_types(run: Run) -> list[str | None]:
    """The error type of each invocation, `None` for one that returned."""
    return [
        outcome.error_type if isinstance(outcome, FunctionError) else None
        for outcome in outcomes(run)
    ]


def calls(run: Run) -> list[Called]:
    """Every call the handler made."""
    return [event for event in run.events if isinstance(event, Called)]


def reporting(work: Any) -> Any:
    """A handler that does `work(data)` for each JSON body and reports the records that fail."""

    def handler(event: Any, _context: Any) -> Any:
        failures = []
        for record in event["Records"]:
            try:
                work(json.loads(record["body"]))
            except Exception:  # noqa: BLE001  as handlers do
                failures.append({"itemIdentifier": record["messageId"]})
        return {"batchItemFailures": failures}

    return handler
