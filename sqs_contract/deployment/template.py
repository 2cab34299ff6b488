"""The deployment of one function from the picture of a template: queue, mapping, function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from sqs_contract.deployment.readers import read_stack
from sqs_contract.deployment.resources import EventSourceMapping, Function, Item, Queue, Stack
from sqs_contract.deployment.settings import DEFAULT_RUNTIME, Deployment
from sqs_contract.deployment.values import Unresolved, told
from sqs_contract.errors import UsageError
from sqs_contract.model import limits

_REPORTING: Final = "ReportBatchItemFailures"

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Template:
    """A deployment as a template has it, and the function it is for."""

    deployment: Deployment
    function_id: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A function, and one of the mappings that feed it from SQS, in the picture they stand in."""

    stack: Stack
    function: Function
    mapping: EventSourceMapping


def read_template(
    path: str | Path, function_id: str | None = None, given: Mapping[str, str] | None = None
) -> Template:
    """Read the deployment of a function fed by SQS; the only one, if none is named.

    Args:
        path: the template.
        function_id: the function's name in it.
        given: values of what the template leaves open, by name.

    Raises:
        UsageError: the template cannot be read, or the function is not in it or
            not fed by SQS; the message says what is there instead.
    """
    stack = read_stack(path, given)
    source = only_source(stack, function_id)
    return Template(deployment_of(stack, source), source.function.id, stack.file)


def only_source(stack: Stack, function_id: str | None = None) -> Source:
    """A function of a stack that is fed by one queue; the only one, if none is named.

    Raises:
        UsageError: there is none, or there are several.
    """
    sources = sources_of(stack, function_id)
    functions = list(dict.fromkeys(source.function.id for source in sources))
    if len(functions) > 1:
        raise UsageError(
            f"template: {len(functions)} functions in {stack.file!r} are fed by SQS "
            f"({', '.join(functions)}): name one with --function"
        )
    if len(sources) > 1:
        queues = ", ".join(source.mapping.id for source in sources)
        raise UsageError(
            f"template: function {functions[0]!r} is fed by {len(sources)} queues ({queues}): "
            "give the settings of one as flags instead of the template"
        )
    return sources[0]


def sources_of(stack: Stack, function_id: str | None = None) -> list[Source]:
    """The functions of a template that are fed by SQS, each with each of its mappings.

    Raises:
        UsageError: there is none, or none of this name.
    """
    fed = stack.fed_by_sqs()
    if function_id is None:
        if not fed:
            raise UsageError(f"template: no function in {stack.file!r} is fed by SQS{_lost(stack)}")
        chosen: Sequence[Function] = fed
    else:
        chosen = [item for item in fed if function_id in (item.id, item.name)]
        if not chosen:
            raise _refusal(stack, function_id)
    return [
        Source(stack=stack, function=function, mapping=mapping)
        for function in chosen
        for mapping in stack.sources_of(function)
    ]


def _lost(stack: Stack) -> str:
    """The mappings of which the template does not tell whose they are."""
    lost = [
        f"; {mapping.place}: whose mapping {mapping.id} is, {mapping.function}"
        for mapping in stack.mappings
        if isinstance(mapping.function, Unresolved)
    ]
    return "".join(lost)


def _refusal(stack: Stack, function_id: str) -> UsageError:
    fed = ", ".join(item.id for item in stack.fed_by_sqs()) or "none"
    named = next((item for item in stack.items() if item.id == function_id), None)
    if named is None:
        return UsageError(
            f"template: there is no {function_id!r} in {stack.file!r}; functions fed by SQS: {fed}"
        )
    if not isinstance(named, Function):
        kind = getattr(named, "type", None) or _kind(named)
        return UsageError(f"template: {function_id!r} in {stack.file!r} is no function but {kind}")
    return UsageError(
        f"template: function {function_id!r} in {stack.file!r} is not fed by SQS; "
        f"functions fed by SQS: {fed}"
    )


def _kind(item: object) -> str:
    return "AWS::SQS::Queue" if isinstance(item, Queue) else f"a {type(item).__name__}"


def deployment_of(stack: Stack, source: Source) -> Deployment:
    """The settings of a function, its mapping and its queue, as the simulator takes them.

    A queue that is not in the template has AWS's defaults.

    Raises:
        UsageError: AWS would refuse a setting, or the template alone does not tell it.
    """
    function, mapping = source.function, source.mapping
    try:
        queue = stack.queue_of(mapping.source) or _elsewhere(mapping)
        return Deployment.of(
            queue_name=queue.name,
            visibility_timeout=_setting(
                queue,
                "VisibilityTimeout",
                queue.visibility_timeout_s,
                limits.VISIBILITY_TIMEOUT_DEFAULT_S,
            ),
            retention=_setting(
                queue, "MessageRetentionPeriod", queue.retention_s, limits.RETENTION_DEFAULT_S
            ),
            delay=_setting(queue, "DelaySeconds", queue.delay_s, 0),
            max_receive_count=_max_receive_count(queue),
            fifo=queue.fifo,
            content_based_deduplication=told(queue.content_based_deduplication, default=False),
            deduplication_scope=told(queue.deduplication_scope, "queue"),
            throughput_limit=told(queue.throughput_limit, "perQueue"),
            batch_size=_setting(
                mapping, "BatchSize", mapping.batch_size, limits.BATCH_SIZE_DEFAULT
            ),
            batch_window=_setting(mapping, "MaximumBatchingWindowInSeconds", mapping.window_s, 0),
            report_batch_item_failures=_REPORTING
            in _setting(mapping, "FunctionResponseTypes", mapping.response_types, ()),
            filters=_setting(mapping, "FilterCriteria", mapping.filters, ()),
            maximum_concurrency=_limit(mapping.maximum_concurrency),
            function_name=function.name,
            function_timeout=_setting(
                function, "Timeout", function.timeout_s, limits.FUNCTION_TIMEOUT_DEFAULT_S
            ),
            memory_size=_setting(
                function, "MemorySize", function.memory_mb, limits.FUNCTION_MEMORY_DEFAULT_MB
            ),
            runtime=told(function.runtime, DEFAULT_RUNTIME),
            handler=told(function.handler, "") or None,
            environment={
                name: value
                for name, value in function.environment.items()
                if not isinstance(value, Unresolved)
            },
            reserved_concurrency=_limit(function.reserved_concurrency),
            region=stack.region,
            account=stack.account,
        )
    except UsageError as error:
        if str(error).startswith("template: "):
            raise
        raise UsageError(f"template: {mapping.place}, {mapping.id}: {error}") from None


def _elsewhere(mapping: EventSourceMapping) -> Queue:
    """A queue that is not in the template: known by its ARN, with AWS's defaults."""
    arn = _setting(mapping, "EventSourceArn", mapping.source, "")
    name = arn.rsplit(":", 1)[-1]
    return Queue(
        id=name, name=name, arn=arn, url="", fifo=name.endswith(".fifo"), place=mapping.place
    )


def _setting(item: Item, name: str, value: T | Unresolved | None, default: T) -> T:
    """A setting a verdict hangs on: it is told, or left to AWS's default."""
    if isinstance(value, Unresolved):
        raise UsageError(
            f"template: {item.at(name)}: {name} cannot be told from the template alone: it {value}"
        )
    return default if value is None else value


def _max_receive_count(queue: Queue) -> int | None:
    value = queue.redrive.max_receive_count if queue.redrive is not None else None
    if value is None:
        return None
    return _setting(queue, "RedrivePolicy", value, 0)


def _limit(value: int | Unresolved | None) -> int | None:
    """A limit no verdict hangs on: one that cannot be told is as good as none."""
    return value if isinstance(value, int) else None
