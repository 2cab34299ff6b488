"""The settings a verdict depends on, with AWS's defaults, checked against AWS's limits."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final, TypeVar

from sqs_contract.deployment.assumptions import assumptions_to_json, read_assumptions
from sqs_contract.errors import UsageError
from sqs_contract.model import limits
from sqs_contract.model.arns import DEFAULT_ACCOUNT, DEFAULT_REGION, function_arn, queue_arn
from sqs_contract.model.assumptions import DEFAULT_ASSUMPTIONS, Assumptions
from sqs_contract.model.filters import FilterCriteria, compile_filters
from sqs_contract.model.mapping import MappingSettings
from sqs_contract.model.mapping_refusals import MappingRefused
from sqs_contract.model.mapping_request import MAXIMUM_CONCURRENCY_MAX, MAXIMUM_CONCURRENCY_MIN
from sqs_contract.model.settings import DeduplicationScope, FifoThroughputLimit, QueueSettings

DEFAULT_RUNTIME: Final = "python3.13"
_FIFO_SUFFIX: Final = ".fifo"


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionSettings:
    """A function: its timeout in milliseconds, its memory in MB, its environment.

    `environment` holds the literal variables of the template, `reserved_concurrency`
    how many invocations may run at once, if the function has a limit of its own (S76).
    """

    name: str = "orders"
    timeout_ms: int = limits.FUNCTION_TIMEOUT_DEFAULT_S * limits.SECOND_MS
    memory_mb: int = limits.FUNCTION_MEMORY_DEFAULT_MB
    runtime: str = DEFAULT_RUNTIME
    handler: str | None = None
    environment: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    reserved_concurrency: int | None = None


@dataclass(frozen=True, kw_only=True)
class Deployment:
    """A queue, its event source mapping and the function they feed.

    `assumptions` are what is taken for what is not settled about AWS (N1 to N11).
    """

    queue: QueueSettings = field(default_factory=QueueSettings)
    mapping: MappingSettings = field(default_factory=MappingSettings)
    function: FunctionSettings = field(default_factory=FunctionSettings)
    region: str = DEFAULT_REGION
    account: str = DEFAULT_ACCOUNT
    assumptions: Assumptions = DEFAULT_ASSUMPTIONS

    @cached_property
    def queue_arn(self) -> str:
        """ARN of the source queue."""
        return queue_arn(self.queue.name, self.region, self.account)

    @cached_property
    def dead_letter_queue(self) -> QueueSettings:
        """The dead-letter queue: of the same type (S61), and keeps messages as long."""
        queue = self.queue
        suffix = _FIFO_SUFFIX if queue.fifo else ""
        return QueueSettings(
            name=f"{queue.name.removesuffix(_FIFO_SUFFIX)}-dlq{suffix}",
            retention_ms=queue.retention_ms,
            fifo=queue.fifo,
        )

    @cached_property
    def queue_url(self) -> str:
        """URL of the source queue."""
        return f"https://sqs.{self.region}.amazonaws.com/{self.account}/{self.queue.name}"

    @cached_property
    def function_arn(self) -> str:
        """ARN of the function."""
        return function_arn(self.function.name, self.region, self.account)

    @classmethod
    def of(
        cls,
        *,
        queue_name: str = "orders",
        visibility_timeout: float = limits.VISIBILITY_TIMEOUT_DEFAULT_S,
        retention: float = limits.RETENTION_DEFAULT_S,
        delay: float = 0,
        max_receive_count: int | None = None,
        fifo: bool | None = None,
        content_based_deduplication: bool = False,
        deduplication_scope: str = DeduplicationScope.QUEUE.value,
        throughput_limit: str = FifoThroughputLimit.PER_QUEUE.value,
        batch_size: int = limits.BATCH_SIZE_DEFAULT,
        batch_window: float = 0,
        report_batch_item_failures: bool = False,
        filters: Sequence[str] = (),
        maximum_concurrency: int | None = None,
        function_name: str = "orders",
        function_timeout: float = limits.FUNCTION_TIMEOUT_DEFAULT_S,
        memory_size: int = limits.FUNCTION_MEMORY_DEFAULT_MB,
        runtime: str = DEFAULT_RUNTIME,
        handler: str | None = None,
        environment: Mapping[str, str] = MappingProxyType({}),
        reserved_concurrency: int | None = None,
        region: str = DEFAULT_REGION,
        account: str = DEFAULT_ACCOUNT,
        assumptions: Mapping[str, str] = MappingProxyType({}),
    ) -> Deployment:
        """A deployment from AWS's own units: all times in seconds, defaults as AWS's.

        A queue whose name ends in `.fifo` is FIFO; `fifo=True` makes the name end so.
        `filters` are event patterns, each JSON text (S107). `assumptions` say what is
        taken for what is not settled about AWS, as in `{"other_shape": "delete-all"}`.

        Raises:
            UsageError: a value lies outside what AWS accepts; the message names it.
        """
        _within("visibility timeout", visibility_timeout, 0, limits.VISIBILITY_TIMEOUT_MAX_S, "S37")
        _within("retention", retention, limits.RETENTION_MIN_S, limits.RETENTION_MAX_S, "S32")
        _within("delay", delay, 0, limits.DELAY_MAX_S, "S31")
        if max_receive_count is not None:
            _within("max receive count", max_receive_count, 1, limits.MAX_RECEIVE_COUNT_MAX, "S63")
        _within("batch size", batch_size, 1, limits.BATCH_SIZE_MAX, "S68")
        _within("batch window", batch_window, 0, limits.BATCH_WINDOW_MAX_S, "S68")
        fifo = queue_name.endswith(_FIFO_SUFFIX) if fifo is None else fifo
        if fifo:
            queue_name = queue_name.removesuffix(_FIFO_SUFFIX) + _FIFO_SUFFIX
            _within(
                "batch size of a FIFO queue",
                batch_size,
                1,
                limits.BATCH_SIZE_MAX_WITHOUT_WINDOW,
                "S68",
            )
            _within("batch window of a FIFO queue", batch_window, 0, 0, "S68")
        elif queue_name.endswith(_FIFO_SUFFIX) or content_based_deduplication:
            raise UsageError(f"queue {queue_name!r} is not FIFO, and what is given says it is")
        if maximum_concurrency is not None:
            low, high = MAXIMUM_CONCURRENCY_MIN, MAXIMUM_CONCURRENCY_MAX
            _within("maximum concurrency", maximum_concurrency, low, high, "S74")
        if reserved_concurrency is not None and reserved_concurrency < 1:
            raise UsageError(
                "reserved concurrency 0 throttles every invocation: the function never runs (S100)"
            )
        if batch_size > limits.BATCH_SIZE_MAX_WITHOUT_WINDOW and batch_window < 1:
            raise UsageError(
                f"batch size {batch_size} needs a batch window of at least 1 second: AWS refuses "
                "the mapping otherwise (S68). Give --batch-window, or a batch size of 10 or less."
            )
        _within("function timeout", function_timeout, 1, limits.FUNCTION_TIMEOUT_MAX_S, "S116")
        _within(
            "memory size",
            memory_size,
            limits.FUNCTION_MEMORY_MIN_MB,
            limits.FUNCTION_MEMORY_MAX_MB,
            "Lambda quotas",
        )
        assumed = read_assumptions(assumptions)
        return cls(
            queue=QueueSettings(
                name=queue_name,
                visibility_timeout_ms=_ms(visibility_timeout),
                retention_ms=_ms(retention),
                delay_ms=_ms(delay),
                max_receive_count=max_receive_count,
                fifo=fifo,
                content_based_deduplication=content_based_deduplication,
                deduplication_scope=_one_of(
                    "deduplication scope", DeduplicationScope, deduplication_scope
                ),
                throughput_limit=_one_of("throughput limit", FifoThroughputLimit, throughput_limit),
            ),
            mapping=MappingSettings(
                batch_size=batch_size,
                window_ms=_ms(batch_window),
                report_batch_item_failures=report_batch_item_failures,
                filters=_filters(filters, assumed),
                maximum_concurrency=maximum_concurrency,
            ),
            function=FunctionSettings(
                name=function_name,
                timeout_ms=_ms(function_timeout),
                memory_mb=memory_size,
                runtime=runtime,
                handler=handler,
                environment=MappingProxyType(dict(environment)),
                reserved_concurrency=reserved_concurrency,
            ),
            region=region,
            account=account,
            assumptions=assumed,
        )

    def to_json(self) -> dict[str, Any]:
        """As JSON data, times in seconds under the names AWS gives them."""
        return {
            "queue": {
                "QueueName": self.queue.name,
                "VisibilityTimeout": _seconds(self.queue.visibility_timeout_ms),
                "MessageRetentionPeriod": _seconds(self.queue.retention_ms),
                "DelaySeconds": _seconds(self.queue.delay_ms),
                "maxReceiveCount": self.queue.max_receive_count,
                **self._fifo_to_json(),
            },
            "mapping": {
                "BatchSize": self.mapping.batch_size,
                "MaximumBatchingWindowInSeconds": _seconds(self.mapping.window_ms),
                "ReportBatchItemFailures": self.mapping.report_batch_item_failures,
                **self._limits_to_json(),
            },
            "function": {
                "FunctionName": self.function.name,
                "Timeout": _seconds(self.function.timeout_ms),
                "MemorySize": self.function.memory_mb,
                "Runtime": self.function.runtime,
                "Environment": dict(self.function.environment),
                **(
                    {}
                    if self.function.reserved_concurrency is None
                    else {"ReservedConcurrentExecutions": self.function.reserved_concurrency}
                ),
            },
            "region": self.region,
            "account": self.account,
            **(
                {"assumptions": assumed}
                if (assumed := assumptions_to_json(self.assumptions))
                else {}
            ),
        }

    def _fifo_to_json(self) -> dict[str, Any]:
        queue = self.queue
        if not queue.fifo:
            return {}
        return {
            "FifoQueue": True,
            "ContentBasedDeduplication": queue.content_based_deduplication,
            "DeduplicationScope": queue.deduplication_scope.value,
            "FifoThroughputLimit": queue.throughput_limit.value,
        }

    def _limits_to_json(self) -> dict[str, Any]:
        filters, concurrency = self.mapping.filters, self.mapping.maximum_concurrency
        return {
            **({} if filters is None else {"Filters": list(filters.patterns)}),
            **({} if concurrency is None else {"MaximumConcurrency": concurrency}),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Deployment:
        """Read what `to_json` wrote; what is left out takes AWS's default."""
        queue = data.get("queue", {})
        mapping = data.get("mapping", {})
        function = data.get("function", {})
        return cls.of(
            queue_name=queue.get("QueueName", "orders"),
            visibility_timeout=queue.get("VisibilityTimeout", limits.VISIBILITY_TIMEOUT_DEFAULT_S),
            retention=queue.get("MessageRetentionPeriod", limits.RETENTION_DEFAULT_S),
            delay=queue.get("DelaySeconds", 0),
            max_receive_count=queue.get("maxReceiveCount"),
            fifo=queue.get("FifoQueue"),
            content_based_deduplication=queue.get("ContentBasedDeduplication", False),
            deduplication_scope=queue.get("DeduplicationScope", DeduplicationScope.QUEUE.value),
            throughput_limit=queue.get("FifoThroughputLimit", FifoThroughputLimit.PER_QUEUE.value),
            batch_size=mapping.get("BatchSize", limits.BATCH_SIZE_DEFAULT),
            batch_window=mapping.get("MaximumBatchingWindowInSeconds", 0),
            report_batch_item_failures=mapping.get("ReportBatchItemFailures", False),
            filters=mapping.get("Filters", ()),
            maximum_concurrency=mapping.get("MaximumConcurrency"),
            function_name=function.get("FunctionName", "orders"),
            function_timeout=function.get("Timeout", limits.FUNCTION_TIMEOUT_DEFAULT_S),
            memory_size=function.get("MemorySize", limits.FUNCTION_MEMORY_DEFAULT_MB),
            runtime=function.get("Runtime", DEFAULT_RUNTIME),
            environment=function.get("Environment", {}),
            reserved_concurrency=function.get("ReservedConcurrentExecutions"),
            region=data.get("region", DEFAULT_REGION),
            account=data.get("account", DEFAULT_ACCOUNT),
            assumptions=data.get("assumptions", {}),
        )


def _within(what: str, value: float, low: float, high: float, source: str) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise UsageError(f"{what} must be a number, not {value!r}")
    if not low <= value <= high:
        raise UsageError(f"{what} is {value}, but AWS accepts {low} to {high} ({source})")


_E = TypeVar("_E", bound=enum.Enum)


def _one_of(what: str, kind: type[_E], value: str) -> _E:
    known = [member.value for member in kind]
    if value not in known:
        raise UsageError(f"{what} is {value!r}, but AWS knows {' and '.join(known)} (S52, S54)")
    return kind(value)


def _filters(patterns: Sequence[str], assumptions: Assumptions) -> FilterCriteria | None:
    for pattern in patterns:
        if not isinstance(pattern, str):
            raise UsageError(f"a filter is the JSON text of an event pattern, not {pattern!r}")
    try:
        return compile_filters(patterns, assumptions)
    except MappingRefused as error:
        raise UsageError(f"AWS refuses the filters: {error.message}") from None


def _ms(seconds: float) -> int:
    return round(seconds * limits.SECOND_MS)


def _seconds(ms: int) -> float | int:
    whole, rest = divmod(ms, limits.SECOND_MS)
    return ms / limits.SECOND_MS if rest else whole
