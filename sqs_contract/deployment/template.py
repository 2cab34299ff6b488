"""Reads a deployment from an AWS SAM or CloudFormation template, YAML or JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from sqs_contract.deployment.intrinsics import UNKNOWN, Resolver, Resource, Unknown
from sqs_contract.deployment.settings import DEFAULT_RUNTIME, Deployment
from sqs_contract.errors import UsageError
from sqs_contract.model import limits

_FUNCTION_TYPES: Final = frozenset({"AWS::Serverless::Function", "AWS::Lambda::Function"})
_MAPPING_TYPE: Final = "AWS::Lambda::EventSourceMapping"
_QUEUE_TYPE: Final = "AWS::SQS::Queue"
_REPORTING: Final = "ReportBatchItemFailures"


@dataclass(frozen=True, slots=True)
class Template:
    """A deployment as a template has it, and the function it is for."""

    deployment: Deployment
    function_id: str
    path: str


def read_template(path: str | Path, function_id: str | None = None) -> Template:
    """Read the deployment of a function fed by SQS; the only one, if none is named.

    Raises:
        UsageError: the template cannot be read, or the function is not in it or
            not fed by SQS; the message says what is there instead.
    """
    path = Path(path)
    return _Reader(_parse(path), str(path)).read(function_id)


def _parse(path: Path) -> Mapping[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UsageError(f"template: there is no file {str(path)!r}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"template: cannot read {str(path)!r}: {error}") from None
    try:
        data = json.loads(text) if path.suffix == ".json" else yaml.load(text, _Loader)  # noqa: S506  a SafeLoader
    except json.JSONDecodeError as error:
        raise UsageError(
            f"template: {path}:{error.lineno}:{error.colno} is not JSON: {error.msg}"
        ) from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f":{mark.line + 1}:{mark.column + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or "it does not parse"
        raise UsageError(f"template: {path}{where} is not YAML: {problem}") from None
    if not isinstance(data, Mapping) or not isinstance(data.get("Resources"), Mapping):
        raise UsageError(
            f"template: {str(path)!r} has no Resources: it is no CloudFormation template"
        )
    return data


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short tags. Constructs plain data only."""


def _construct_tag(loader: _Loader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    value: Any
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    return {name: value}


yaml.add_multi_constructor("!", _construct_tag, Loader=_Loader)


@dataclass(frozen=True, slots=True)
class _Source:
    """An SQS event source of a function: its properties and where they stand."""

    queue: Any
    properties: Mapping[str, Any]
    where: str


class _Reader:
    def __init__(self, template: Mapping[str, Any], path: str) -> None:
        self._path = path
        self._template = template
        self._resources: Mapping[str, Any] = template["Resources"]
        self._resolver = Resolver(template)

    def read(self, function_id: str | None) -> Template:
        fed = {name: list(self._sources(name)) for name in self._functions()}
        fed = {name: sources for name, sources in fed.items() if sources}
        if function_id is None:
            if not fed:
                raise UsageError(f"template: no function in {self._path!r} is fed by SQS")
            if len(fed) > 1:
                raise UsageError(
                    f"template: {len(fed)} functions in {self._path!r} are fed by SQS "
                    f"({', '.join(fed)}): name one with --function"
                )
            function_id = next(iter(fed))
        elif function_id not in fed:
            self._refuse(function_id, list(fed))
        sources = fed[function_id]
        if len(sources) > 1:
            queues = ", ".join(source.where for source in sources)
            raise UsageError(
                f"template: function {function_id!r} is fed by {len(sources)} queues ({queues}): "
                "give the settings of one as flags instead of the template"
            )
        return Template(self._deployment(function_id, sources[0]), function_id, self._path)

    def _refuse(self, function_id: str, fed: list[str]) -> None:
        there = ", ".join(fed) if fed else "none"
        if function_id not in self._resources:
            raise UsageError(
                f"template: there is no {function_id!r} in {self._path!r}; "
                f"functions fed by SQS: {there}"
            )
        kind = self._resources[function_id].get("Type")
        if kind not in _FUNCTION_TYPES:
            raise UsageError(
                f"template: {function_id!r} in {self._path!r} is no function but {kind}"
            )
        raise UsageError(
            f"template: function {function_id!r} in {self._path!r} is not fed by SQS; "
            f"functions fed by SQS: {there}"
        )

    def _functions(self) -> Iterator[str]:
        for name, resource in self._resources.items():
            if isinstance(resource, Mapping) and resource.get("Type") in _FUNCTION_TYPES:
                yield name

    def _sources(self, function_id: str) -> Iterator[_Source]:
        events = _mapping(self._properties(function_id).get("Events"))
        for name, event in events.items():
            if isinstance(event, Mapping) and event.get("Type") == "SQS":
                properties = self._resolver.resolve(_mapping(event.get("Properties")))
                yield _Source(
                    properties.get("Queue", UNKNOWN), properties, f"{function_id}.Events.{name}"
                )
        for name, resource in self._resources.items():
            if not isinstance(resource, Mapping) or resource.get("Type") != _MAPPING_TYPE:
                continue
            properties = self._resolver.resolve(_mapping(resource.get("Properties")))
            if _names(properties.get("FunctionName"), function_id, self) and self._is_sqs(
                properties.get("EventSourceArn")
            ):
                yield _Source(properties["EventSourceArn"], properties, name)

    def function_name(self, function_id: str) -> Any:
        """The `FunctionName` a function has, if it is given one."""
        return self._resolver.resolve(self._properties(function_id).get("FunctionName"))

    def _is_sqs(self, arn: Any) -> bool:
        if isinstance(arn, Resource):
            return bool(self._type_of(arn.logical_id) == _QUEUE_TYPE)
        return isinstance(arn, str) and ":sqs:" in arn

    def _type_of(self, logical_id: str) -> Any:
        return _mapping(self._resources.get(logical_id)).get("Type")

    def _properties(self, logical_id: str) -> Mapping[str, Any]:
        return _mapping(_mapping(self._resources.get(logical_id)).get("Properties"))

    def _deployment(self, function_id: str, source: _Source) -> Deployment:
        function = self._function_properties(function_id)
        queue_id = source.queue.logical_id if isinstance(source.queue, Resource) else None
        queue = self._resolver.resolve(self._properties(queue_id)) if queue_id else {}
        name = self._text(queue.get("QueueName"), self._queue_name(source, queue_id))
        fifo = name.endswith(".fifo") or _is_true(queue.get("FifoQueue"))
        responses = source.properties.get("FunctionResponseTypes") or []
        environment = _mapping(_mapping(function.get("Environment")).get("Variables"))
        try:
            return Deployment.of(
                queue_name=name,
                visibility_timeout=self._number(
                    queue, "VisibilityTimeout", limits.VISIBILITY_TIMEOUT_DEFAULT_S
                ),
                retention=self._number(queue, "MessageRetentionPeriod", limits.RETENTION_DEFAULT_S),
                delay=self._number(queue, "DelaySeconds", 0),
                max_receive_count=self._max_receive_count(queue),
                fifo=fifo,
                content_based_deduplication=_is_true(queue.get("ContentBasedDeduplication")),
                deduplication_scope=self._text(queue.get("DeduplicationScope"), "queue"),
                throughput_limit=self._text(queue.get("FifoThroughputLimit"), "perQueue"),
                batch_size=self._number(source.properties, "BatchSize", limits.BATCH_SIZE_DEFAULT),
                batch_window=self._number(source.properties, "MaximumBatchingWindowInSeconds", 0),
                report_batch_item_failures=_REPORTING in responses,
                filters=self._filters(source.properties),
                maximum_concurrency=self._optional(
                    _mapping(source.properties.get("ScalingConfig")), "MaximumConcurrency"
                ),
                function_name=self._text(function.get("FunctionName"), function_id),
                function_timeout=self._number(
                    function, "Timeout", limits.FUNCTION_TIMEOUT_DEFAULT_S
                ),
                memory_size=self._number(function, "MemorySize", limits.FUNCTION_MEMORY_DEFAULT_MB),
                runtime=self._text(function.get("Runtime"), DEFAULT_RUNTIME),
                handler=self._text(function.get("Handler"), "") or None,
                environment=dict(self._variables(environment)),
                reserved_concurrency=self._optional(function, "ReservedConcurrentExecutions"),
            )
        except UsageError as error:
            raise UsageError(f"template: {self._path}, {source.where}: {error}") from None

    def _function_properties(self, function_id: str) -> Mapping[str, Any]:
        """The function's properties; for SAM, over those in Globals."""
        own = self._properties(function_id)
        if self._type_of(function_id) != "AWS::Serverless::Function":
            merged: Mapping[str, Any] = own
        else:
            shared = _mapping(_mapping(self._template.get("Globals")).get("Function"))
            merged = {**shared, **own}
            merged["Environment"] = {
                "Variables": {
                    **_mapping(_mapping(shared.get("Environment")).get("Variables")),
                    **_mapping(_mapping(own.get("Environment")).get("Variables")),
                }
            }
        resolved: Mapping[str, Any] = self._resolver.resolve(merged)
        return resolved

    @staticmethod
    def _queue_name(source: _Source, queue_id: str | None) -> str:
        if queue_id is not None:
            return queue_id
        return source.queue.rsplit(":", 1)[-1] if isinstance(source.queue, str) else "queue"

    def _max_receive_count(self, queue: Mapping[str, Any]) -> int | None:
        policy = queue.get("RedrivePolicy")
        if isinstance(policy, str):
            try:
                policy = json.loads(policy)
            except json.JSONDecodeError:
                policy = None
        if not isinstance(policy, Mapping) or "maxReceiveCount" not in policy:
            return None
        return self._number(policy, "maxReceiveCount", 0)

    def _number(self, properties: Mapping[str, Any], name: str, default: int) -> int:
        value = properties.get(name, default)
        if isinstance(value, str) and value.strip().isdigit():
            return int(value)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        if isinstance(value, Unknown | Resource):
            raise UsageError(f"{name} cannot be told from the template alone")
        raise UsageError(f"{name} must be a number, not {value!r}")

    @staticmethod
    def _optional(properties: Mapping[str, Any], name: str) -> int | None:
        """A limit no verdict hangs on: one that cannot be told is as good as none."""
        value = properties.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    @staticmethod
    def _filters(properties: Mapping[str, Any]) -> list[str]:
        """The patterns of the filter criteria: JSON text, in SAM as in CloudFormation."""
        filters = _mapping(properties.get("FilterCriteria")).get("Filters") or []
        patterns: list[str] = []
        for item in filters:
            pattern = _mapping(item).get("Pattern")
            if not isinstance(pattern, str):
                raise UsageError("FilterCriteria cannot be told from the template alone")
            patterns.append(pattern)
        return patterns

    @staticmethod
    def _text(value: Any, default: str) -> str:
        return value if isinstance(value, str) and value else default

    def _variables(self, environment: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
        """Literal variables, and references by the name their resource is given."""
        for name, value in environment.items():
            if isinstance(value, bool):
                yield name, str(value).lower()
            elif isinstance(value, str | int | float):
                yield name, str(value)
            elif isinstance(value, Resource) and value.attribute is None:
                yield name, self._physical_name(value.logical_id)

    def _physical_name(self, logical_id: str) -> str:
        properties = self._resolver.resolve(self._properties(logical_id))
        for name in ("TableName", "BucketName", "TopicName", "FunctionName", "Name"):
            value = properties.get(name)
            if isinstance(value, str):
                return value
        return logical_id


def _names(value: Any, function_id: str, reader: _Reader) -> bool:
    """Whether a mapping's FunctionName means this function."""
    if isinstance(value, Resource):
        return value.logical_id == function_id
    if isinstance(value, str):
        own = reader.function_name(function_id)
        return value in (function_id, own) or value.endswith(f":function:{own}")
    return False


def _is_true(value: Any) -> bool:
    return value in (True, "true")


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
