"""From resources in CloudFormation's words to the picture of what is deployed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from sqs_contract.deployment import names
from sqs_contract.deployment import resources as r
from sqs_contract.deployment.kinds import Reading, generated_secret, variable
from sqs_contract.deployment.names import Account
from sqs_contract.deployment.policies import permissions_of, policies_of_queues
from sqs_contract.deployment.values import RawResource, Unresolved
from sqs_contract.errors import UsageError

CodeOf = Callable[[RawResource], r.Code]
"""Where the code of a function or a layer lies."""


def draw(
    raw: Iterable[RawResource],
    *,
    file: str,
    kind: str,
    account: Account,
    code_of: CodeOf,
    notes: Iterable[str] = (),
) -> r.Stack:
    """The picture of some resources.

    Raises:
        UsageError: a setting is of another kind than it can be; the message names the line.
    """
    return _Drawing(list(raw), account, code_of).stack(file, kind, tuple(notes))


class _Drawing:
    def __init__(self, raw: list[RawResource], account: Account, code_of: CodeOf) -> None:
        self._raw = raw
        self._account = account
        self._code_of = code_of
        self._notes: list[str] = []
        self._policies = policies_of_queues(raw)
        self._functions = {
            item.id: str(names.name_of(item.type, item.id, item.properties))
            for item in raw
            if item.type == "AWS::Lambda::Function"
        }
        self._permissions = permissions_of(raw, account)

    def stack(self, file: str, kind: str, notes: tuple[str, ...]) -> r.Stack:
        drawn: dict[str, list[Any]] = {name: [] for name in _FIELDS}
        for item in self._raw:
            name, make = _MAKERS.get(item.type, ("others", _Drawing._other))
            drawn[name].append(make(self, item))
            if name == "topics":
                drawn["subscriptions"] += self._inline_subscriptions(item)
        return r.Stack(
            file=file,
            kind=kind,
            region=self._account.region,
            account=self._account.id,
            notes=(*notes, *self._notes),
            **{name: tuple(items) for name, items in drawn.items()},
        )

    def _base(self, item: RawResource) -> dict[str, Any]:
        properties = item.properties
        name = names.name_of(item.type, item.id, properties)
        naming = names.name_property(item.type)
        given = properties.get(naming) if naming else None
        if isinstance(given, Unresolved):
            self._notes.append(f"{item.place}: {naming} of {item.id} {given}; it is called {name}")
        return {
            "id": item.id,
            "name": name,
            "arn": names.arn_of(item.type, name, properties, self._account),
            "place": item.place,
            "lines": item.lines,
            "properties": properties,
            "metadata": item.metadata,
        }

    def _queue(self, item: RawResource) -> r.Queue:
        read = Reading(item)
        base = self._base(item)
        return r.Queue(
            **base,
            url=names.queue_url(base["name"], self._account),
            fifo=base["name"].endswith(".fifo") or read.truth("FifoQueue") is True,
            visibility_timeout_s=read.number("VisibilityTimeout"),
            retention_s=read.number("MessageRetentionPeriod"),
            delay_s=read.number("DelaySeconds"),
            content_based_deduplication=read.truth("ContentBasedDeduplication"),
            deduplication_scope=read.text("DeduplicationScope"),
            throughput_limit=read.text("FifoThroughputLimit"),
            redrive=self._redrive(item),
            kms_key=read.text("KmsMasterKeyId"),
            policies=tuple(self._policies.get(base["name"], ())),
        )

    def _redrive(self, item: RawResource) -> r.Redrive | None:
        policy = item.properties.get("RedrivePolicy")
        if isinstance(policy, str):
            try:
                policy = json.loads(policy)
            except json.JSONDecodeError:
                line = Reading(item).at("RedrivePolicy")
                raise UsageError(
                    f"template: {line}: RedrivePolicy of {item.id} is not JSON"
                ) from None
        if isinstance(policy, Unresolved):
            return r.Redrive(dead_letter_arn=policy, max_receive_count=policy)
        if not isinstance(policy, Mapping) or not policy:
            return None
        read = Reading(item, policy, "RedrivePolicy")
        target = policy.get("deadLetterTargetArn")
        return r.Redrive(
            dead_letter_arn=target if isinstance(target, str | Unresolved) else None,
            max_receive_count=read.number("maxReceiveCount"),
        )

    def _mapping(self, item: RawResource) -> r.EventSourceMapping:
        read = Reading(item)
        enabled = read.truth("Enabled")
        scaling = item.properties.get("ScalingConfig")
        function = read.text("FunctionName")
        if isinstance(function, Unresolved):
            self._notes.append(f"{item.place}: whose mapping {item.id} is, {function}")
        return r.EventSourceMapping(
            **self._base(item),
            function=function,
            source=read.text("EventSourceArn"),
            batch_size=read.number("BatchSize"),
            window_s=read.number("MaximumBatchingWindowInSeconds"),
            response_types=read.texts("FunctionResponseTypes"),
            filters=self._filters(item),
            maximum_concurrency=(
                scaling
                if isinstance(scaling, Unresolved)
                else Reading(item, _mapping(scaling), "ScalingConfig").number("MaximumConcurrency")
            ),
            enabled=True if enabled is None else enabled,
        )

    @staticmethod
    def _filters(item: RawResource) -> tuple[str, ...] | Unresolved:
        """The patterns of the filter criteria, each as JSON text."""
        criteria = item.properties.get("FilterCriteria")
        if isinstance(criteria, Unresolved):
            return criteria
        given = _mapping(criteria).get("Filters") or []
        if isinstance(given, Unresolved):
            return given
        patterns: list[str] = []
        for one in given if isinstance(given, list) else ():
            pattern = _mapping(one).get("Pattern")
            if isinstance(pattern, Unresolved):
                return pattern
            if isinstance(pattern, Mapping):
                pattern = json.dumps(pattern)
            if not isinstance(pattern, str):
                place = Reading(item).at("FilterCriteria")
                raise UsageError(f"template: {place}: a filter of {item.id} has no Pattern")
            patterns.append(pattern)
        return tuple(patterns)

    def _function(self, item: RawResource) -> r.Function:
        read = Reading(item)
        dead = item.properties.get("DeadLetterConfig")
        target = _mapping(dead).get("TargetArn")
        variables = _mapping(_mapping(item.properties.get("Environment")).get("Variables"))
        return r.Function(
            **self._base(item),
            handler=read.text("Handler"),
            runtime=read.text("Runtime"),
            timeout_s=read.number("Timeout"),
            memory_mb=read.number("MemorySize"),
            code=self._code_of(item),
            layers=tuple(self._layers(item)),
            environment={name: variable(value) for name, value in variables.items()},
            reserved_concurrency=read.number("ReservedConcurrentExecutions"),
            dead_letter_arn=target if isinstance(target, str | Unresolved) else None,
            permissions=self._permissions.get(item.id, ()),
        )

    def _layers(self, item: RawResource) -> Iterator[r.Layer]:
        layers = item.properties.get("Layers")
        for given in layers if isinstance(layers, list) else ():
            if isinstance(given, Unresolved):
                yield r.Layer(name="a layer", code=r.Code(missing=str(given)))
                continue
            own = next((raw for raw in self._raw if self._is_layer(raw, given)), None)
            if own is not None:
                yield r.Layer(name=own.id, code=self._code_of(own))
            else:
                yield r.Layer(name=str(given), code=r.Code(missing="is not part of the template"))

    def _is_layer(self, item: RawResource, arn: object) -> bool:
        if item.type != "AWS::Lambda::LayerVersion":
            return False
        name = names.name_of(item.type, item.id, item.properties)
        return arn in (item.id, names.arn_of(item.type, name, item.properties, self._account))

    def _table(self, item: RawResource) -> r.Table:
        return r.Table(**self._base(item))

    def _bucket(self, item: RawResource) -> r.Bucket:
        told = _mapping(item.properties.get("NotificationConfiguration"))
        queues = told.get("QueueConfigurations")
        return r.Bucket(
            **self._base(item),
            notifies=tuple(
                _mapping(one)["Queue"]
                for one in (queues if isinstance(queues, list) else ())
                if isinstance(_mapping(one).get("Queue"), str)
            ),
            event_bridge="EventBridgeConfiguration" in told,
        )

    def _topic(self, item: RawResource) -> r.Topic:
        base = self._base(item)
        return r.Topic(**base, fifo=base["name"].endswith(".fifo"))

    def _inline_subscriptions(self, item: RawResource) -> Iterator[r.Subscription]:
        base = self._base(item)
        given = item.properties.get("Subscription")
        for number, one in enumerate(given if isinstance(given, list) else ()):
            if isinstance(one, Mapping):
                yield r.Subscription(
                    **{**base, "id": f"{item.id}.Subscription.{number}", "properties": one},
                    topic=base["arn"],
                    protocol=str(one.get("Protocol", "")),
                    endpoint=one.get("Endpoint"),
                )

    def _subscription(self, item: RawResource) -> r.Subscription:
        read = Reading(item)
        return r.Subscription(
            **self._base(item),
            topic=read.text("TopicArn"),
            protocol=str(item.properties.get("Protocol", "")),
            endpoint=read.text("Endpoint"),
            raw=read.truth("RawMessageDelivery") is True,
            filter_policy=item.properties.get("FilterPolicy"),
        )

    def _parameter(self, item: RawResource) -> r.Parameter:
        kind = item.properties.get("Type")
        return r.Parameter(
            **self._base(item),
            value=Reading(item).text("Value"),
            kind=kind if isinstance(kind, str) else "String",
        )

    def _secret(self, item: RawResource) -> r.Secret:
        generated = item.properties.get("GenerateSecretString")
        value = item.properties.get("SecretString")
        if isinstance(value, Mapping):
            value = json.dumps(value)
        if value is None and generated is not None:
            value = generated_secret(_mapping(generated))
        return r.Secret(
            **self._base(item),
            value=value if isinstance(value, str | Unresolved) else None,
            generated=generated is not None,
        )

    def _bus(self, item: RawResource) -> r.Bus:
        return r.Bus(**self._base(item))

    def _rule(self, item: RawResource) -> r.Rule:
        bus = item.properties.get("EventBusName")
        pattern = item.properties.get("EventPattern")
        if isinstance(pattern, str):
            try:
                pattern = json.loads(pattern)
            except json.JSONDecodeError:
                pattern = None
        targets = item.properties.get("Targets")
        schedule = item.properties.get("ScheduleExpression")
        return r.Rule(
            **self._base(item),
            bus=bus.rsplit("/", 1)[-1] if isinstance(bus, str) else "default",
            pattern=pattern if isinstance(pattern, Mapping) else None,
            schedule=schedule if isinstance(schedule, str) else None,
            targets=tuple(
                (one["Arn"], not {"Input", "InputPath", "InputTransformer"} & set(one))
                for one in (targets if isinstance(targets, list) else ())
                if isinstance(one, Mapping) and isinstance(one.get("Arn"), str)
            ),
        )

    def _state_machine(self, item: RawResource) -> r.StateMachine:
        properties = item.properties
        definition = properties.get("DefinitionString", properties.get("Definition"))
        if isinstance(definition, Mapping):
            definition = json.dumps(definition, default=str)
        substitutions = _mapping(properties.get("DefinitionSubstitutions"))
        if isinstance(definition, str):
            for name, value in substitutions.items():
                definition = definition.replace(f"${{{name}}}", str(value))
        return r.StateMachine(
            **self._base(item),
            definition=definition if isinstance(definition, str | Unresolved) else None,
        )

    def _other(self, item: RawResource) -> r.Other:
        return r.Other(**self._base(item), type=item.written or item.type)


_MAKERS: Final[Mapping[str, tuple[str, Callable[[_Drawing, RawResource], Any]]]] = {
    "AWS::SQS::Queue": ("queues", _Drawing._queue),
    "AWS::Lambda::EventSourceMapping": ("mappings", _Drawing._mapping),
    "AWS::Lambda::Function": ("functions", _Drawing._function),
    "AWS::DynamoDB::Table": ("tables", _Drawing._table),
    "AWS::DynamoDB::GlobalTable": ("tables", _Drawing._table),
    "AWS::S3::Bucket": ("buckets", _Drawing._bucket),
    "AWS::SNS::Topic": ("topics", _Drawing._topic),
    "AWS::SNS::Subscription": ("subscriptions", _Drawing._subscription),
    "AWS::SSM::Parameter": ("parameters", _Drawing._parameter),
    "AWS::SecretsManager::Secret": ("secrets", _Drawing._secret),
    "AWS::Events::EventBus": ("buses", _Drawing._bus),
    "AWS::Events::Rule": ("rules", _Drawing._rule),
    "AWS::StepFunctions::StateMachine": ("state_machines", _Drawing._state_machine),
}
_FIELDS: Final = (*dict.fromkeys(name for name, _ in _MAKERS.values()), "others")


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
