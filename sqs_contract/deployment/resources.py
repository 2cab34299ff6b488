"""A picture of what a template deploys, as plain data: what there is, with which settings, and where
in the file each stands. Whatever the template was written in, the picture is the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqs_contract.deployment.values import Place, Unresolved


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """What every resource has.

    Attributes:
        id: its name in the template.
        name: the name it is deployed under; the logical id where the template gives none.
        arn: its ARN, in the region and account of the picture.
        place: file and line.
        lines: the line of each property, by CloudFormation's name for it.
        properties: all of its properties in CloudFormation's words, `Unresolved` where the
            template alone does not tell.
        metadata: what its template says of it that is not deployed.
    """

    id: str
    name: str
    arn: str
    place: Place
    lines: Mapping[str, int] = field(default_factory=dict)
    properties: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def at(self, *names: str) -> Place:
        """Where the first of some properties that stands in the file stands; else the resource."""
        for name in names:
            if name in self.lines:
                return Place(self.place.file, self.lines[name])
        return self.place


@dataclass(frozen=True, slots=True, kw_only=True)
class Redrive:
    """The redrive policy of a queue; `max_receive_count` in receives."""

    dead_letter_arn: str | Unresolved | None
    max_receive_count: int | Unresolved | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue(Item):
    """An SQS queue. Times in seconds; `None` where the template leaves AWS's default."""

    url: str
    fifo: bool
    visibility_timeout_s: int | Unresolved | None = None
    retention_s: int | Unresolved | None = None
    delay_s: int | Unresolved | None = None
    content_based_deduplication: bool | Unresolved | None = None
    deduplication_scope: str | Unresolved | None = None
    throughput_limit: str | Unresolved | None = None
    redrive: Redrive | None = None
    kms_key: str | Unresolved | None = None
    policies: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EventSourceMapping(Item):
    """An event source mapping. `function` and `source` are ARNs, or what the template gives."""

    function: str | Unresolved | None
    source: str | Unresolved | None
    batch_size: int | Unresolved | None = None
    window_s: int | Unresolved | None = None
    response_types: tuple[str, ...] | Unresolved = ()
    filters: tuple[str, ...] | Unresolved = ()
    maximum_concurrency: int | Unresolved | None = None
    enabled: bool | Unresolved = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """Where the code of a function or a layer is.

    Attributes:
        path: a directory or a zip file on this machine.
        missing: why there is no path, as the end of a sentence; empty where there is one.
    """

    path: Path | None = None
    missing: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """A layer of a function: of this template, or named by an ARN."""

    name: str
    code: Code


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A statement of a policy: what it allows or denies, on what. `principal` is a function's
    logical id, a service, or empty where it cannot be told."""

    effect: str
    actions: tuple[str, ...]
    resources: tuple[str | Unresolved, ...]
    principal: str
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Function(Item):
    """A Lambda function. `timeout_s` in seconds, `memory_mb` in MB."""

    handler: str | Unresolved | None = None
    runtime: str | Unresolved | None = None
    timeout_s: int | Unresolved | None = None
    memory_mb: int | Unresolved | None = None
    code: Code = field(default_factory=Code)
    layers: tuple[Layer, ...] = ()
    environment: Mapping[str, str | Unresolved] = field(default_factory=dict)
    reserved_concurrency: int | Unresolved | None = None
    dead_letter_arn: str | Unresolved | None = None
    permissions: tuple[Statement, ...] | Unresolved = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(Item):
    """A DynamoDB table; keys and indexes stand in its properties."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket(Item):
    """An S3 bucket. `notifies` are the ARNs of the queues that hear of its objects."""

    notifies: tuple[str, ...] = ()
    event_bridge: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic(Item):
    """An SNS topic."""

    fifo: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription(Item):
    """A subscription to a topic; `endpoint` is an ARN or an address."""

    topic: str | Unresolved | None
    protocol: str
    endpoint: str | Unresolved | None
    raw: bool = False
    filter_policy: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter(Item):
    """An SSM parameter."""

    value: str | Unresolved | None = None
    kind: str = "String"


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret(Item):
    """A secret of Secrets Manager; `value` is made up where AWS would generate it."""

    value: str | Unresolved | None = None
    generated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Bus(Item):
    """An event bus."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(Item):
    """A rule of EventBridge. `targets` are ARNs; `plain` says of each whether the event comes
    to it as it is, without an input transformer or an input of its own."""

    bus: str = "default"
    pattern: Mapping[str, Any] | None = None
    schedule: str | None = None
    targets: tuple[tuple[str, bool], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StateMachine(Item):
    """A state machine; `definition` is its text in Amazon's states language."""

    definition: str | Unresolved | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Other(Item):
    """Anything else. `type` is CloudFormation's name of it, or the one it was written under."""

    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """Everything a template deploys.

    Attributes:
        file: the template, as it was named.
        kind: what it is written in: `sam`, `cloudformation`, `cdk`, `serverless`, `terraform`,
            `terraform-json` or `aws`.
        notes: what could not be told and was taken for something, one sentence each.
    """

    file: str
    kind: str
    region: str
    account: str
    queues: tuple[Queue, ...] = ()
    mappings: tuple[EventSourceMapping, ...] = ()
    functions: tuple[Function, ...] = ()
    tables: tuple[Table, ...] = ()
    buckets: tuple[Bucket, ...] = ()
    topics: tuple[Topic, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    parameters: tuple[Parameter, ...] = ()
    secrets: tuple[Secret, ...] = ()
    buses: tuple[Bus, ...] = ()
    rules: tuple[Rule, ...] = ()
    state_machines: tuple[StateMachine, ...] = ()
    others: tuple[Other, ...] = ()
    notes: tuple[str, ...] = ()

    def items(self) -> Iterator[Item]:
        """Every resource, kind by kind."""
        for kind in (
            self.queues, self.mappings, self.functions, self.tables, self.buckets, self.topics,
            self.subscriptions, self.parameters, self.secrets, self.buses, self.rules,
            self.state_machines, self.others,
        ):  # fmt: skip
            yield from kind

    def queue_of(self, arn: object) -> Queue | None:
        """The queue an ARN means, if it is one of the template's."""
        return next((queue for queue in self.queues if queue.arn == arn), None)

    def function_of(self, named: object) -> Function | None:
        """The function a name or an ARN means, with an alias or a version too."""
        if not isinstance(named, str):
            return None
        name = named.split(":function:", 1)[-1].split(":", 1)[0]
        return next((item for item in self.functions if name in (item.name, item.id)), None)

    def sources_of(self, function: Function) -> tuple[EventSourceMapping, ...]:
        """The mappings that feed a function from SQS, in the order of the template."""
        return tuple(
            mapping
            for mapping in self.mappings
            if self.function_of(mapping.function) is function and _is_sqs(mapping)
        )

    def fed_by_sqs(self) -> tuple[Function, ...]:
        """The functions that some queue feeds."""
        return tuple(item for item in self.functions if self.sources_of(item))


_OF_OTHERS = frozenset({"StartingPosition", "Topics", "Queues", "SelfManagedEventSource"})
"""What the mappings of streams and brokers must have, and those of queues cannot."""


def _is_sqs(mapping: EventSourceMapping) -> bool:
    """Whether a mapping reads from a queue. Where its source cannot be told, by what it lacks."""
    if isinstance(mapping.source, str):
        return ":sqs:" in mapping.source
    return mapping.source is not None and not _OF_OTHERS & set(mapping.properties)
