"""The settings of a mapping as the Lambda API takes them, and what it refuses (S68, S74, S113).

Owns the limits of each setting and AWS's words for them. Which queues,
functions and mappings there are is `mapping_api`'s.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqs_contract.model.assumptions import DEFAULT_ASSUMPTIONS, Assumptions
from sqs_contract.model.filters import read_filter_criteria
from sqs_contract.model.limits import (
    BATCH_SIZE_DEFAULT,
    BATCH_SIZE_MAX,
    BATCH_SIZE_MAX_WITHOUT_WINDOW,
    BATCH_WINDOW_MAX_S,
    SECOND_MS,
)
from sqs_contract.model.mapping import MappingSettings
from sqs_contract.model.mapping_refusals import VALIDATION, MappingRefused
from sqs_contract.model.scaling import (
    ON_DEMAND,
    PROVISIONED_MAX_DEFAULT,
    PROVISIONED_MIN_DEFAULT,
    ScalingSettings,
    provisioned,
)

MAXIMUM_CONCURRENCY_MIN: Final = 2
MAXIMUM_CONCURRENCY_MAX: Final = 1_000
"""ScalingConfig.MaximumConcurrency (S74)."""

POLLERS_MIN: Final = 2
POLLERS_MAX: Final = {"MinimumPollers": 200, "MaximumPollers": 10_000}
"""ProvisionedPollerConfig; the upper end of MaximumPollers as of August 2026 (S75)."""

REPORT_BATCH_ITEM_FAILURES: Final = "ReportBatchItemFailures"

WINDOW_NEEDED: Final = (
    "Maximum batch window in seconds must be greater than 0 if maximum batch size is greater "
    f"than {BATCH_SIZE_MAX_WITHOUT_WINDOW}"
)
"""Recorded, on create and on update (S68)."""

NO_WINDOW_ON_FIFO: Final = "Batching window is not supported for FIFO queues"
"""Seen in public reports; not recorded (S68)."""

UNSUPPORTED: Final = "Unsupported {} parameter for given event source mapping type."
"""Recorded for DestinationConfig: failures go where the queue's redrive policy says (S66)."""

STREAMS_ONLY: Final = (
    "DestinationConfig",
    "ParallelizationFactor",
    "StartingPosition",
    "StartingPositionTimestamp",
    "MaximumRecordAgeInSeconds",
    "BisectBatchOnFunctionError",
    "MaximumRetryAttempts",
    "TumblingWindowInSeconds",
)
"""Parameters of other event sources. Assumption: all are refused in the words recorded for one."""

_RANGES: Final = (
    ("BatchSize", "batchSize", 1, BATCH_SIZE_MAX),
    ("MaximumBatchingWindowInSeconds", "maximumBatchingWindowInSeconds", 0, BATCH_WINDOW_MAX_S),
)


@dataclass(frozen=True, slots=True)
class MappingRequest:
    """Settings AWS accepts, and the parameters they came as, defaults filled in."""

    settings: MappingSettings
    parameters: Mapping[str, Any]


def read_request(
    request: Mapping[str, Any],
    *,
    fifo: bool,
    assumptions: Assumptions = DEFAULT_ASSUMPTIONS,
) -> MappingRequest:
    """Read the settings of a CreateEventSourceMapping call for a queue.

    Raises:
        MappingRefused: AWS does not accept them.
    """
    check_ranges(request)
    for name in STREAMS_ONLY:
        if request.get(name) not in (None, {}):
            raise MappingRefused(UNSUPPORTED.format(name))
    batch_size = request.get("BatchSize", BATCH_SIZE_DEFAULT)
    window_s = request.get("MaximumBatchingWindowInSeconds", 0)
    scaling = request.get("ScalingConfig") or {}
    if fifo and window_s:
        raise MappingRefused(NO_WINDOW_ON_FIFO)
    if batch_size > BATCH_SIZE_MAX_WITHOUT_WINDOW and not window_s:
        # A FIFO queue cannot have a window, so it is held to 10 by this rule too.
        raise MappingRefused(WINDOW_NEEDED)
    pollers = request.get("ProvisionedPollerConfig") or {}
    if scaling and pollers:
        # Assumption: that they exclude each other is documented (S75), the words are not recorded.
        raise MappingRefused(
            "MaximumConcurrency and ProvisionedPollerConfig cannot be used together."
        )
    criteria = request.get("FilterCriteria") or {}
    response_types = list(request.get("FunctionResponseTypes") or [])
    parameters: dict[str, Any] = {
        "BatchSize": batch_size,
        "MaximumBatchingWindowInSeconds": window_s,
        "FunctionResponseTypes": response_types,
    }
    if scaling:
        parameters["ScalingConfig"] = dict(scaling)
    if pollers:
        parameters["ProvisionedPollerConfig"] = dict(pollers)
    if criteria.get("Filters"):
        parameters["FilterCriteria"] = criteria
    return MappingRequest(
        MappingSettings(
            batch_size=batch_size,
            window_ms=window_s * SECOND_MS,
            report_batch_item_failures=REPORT_BATCH_ITEM_FAILURES in response_types,
            filters=read_filter_criteria(criteria, assumptions),
            maximum_concurrency=scaling.get("MaximumConcurrency"),
            scaling=_scaling(pollers),
        ),
        parameters,
    )


def _scaling(pollers: Mapping[str, int]) -> ScalingSettings:
    if not pollers:
        return ON_DEMAND
    return provisioned(
        pollers.get("MinimumPollers", PROVISIONED_MIN_DEFAULT),
        pollers.get("MaximumPollers", PROVISIONED_MAX_DEFAULT),
    )


def check_ranges(request: Mapping[str, Any]) -> None:
    """Hold each number to its limits; the API does so before it looks at anything else.

    Assumption: AWS's general words for a value out of range; they are not recorded here.

    Raises:
        MappingRefused: a number is out of its range.
    """
    for name, member, low, high in _RANGES:
        if name in request:
            _within(request[name], member, low, high)
    scaling = request.get("ScalingConfig") or {}
    if "MaximumConcurrency" in scaling:
        _within(
            scaling["MaximumConcurrency"],
            "scalingConfig.maximumConcurrency",
            MAXIMUM_CONCURRENCY_MIN,
            MAXIMUM_CONCURRENCY_MAX,
        )
    pollers = request.get("ProvisionedPollerConfig") or {}
    for name, most in POLLERS_MAX.items():
        if name in pollers:
            member = f"provisionedPollerConfig.{name[0].lower()}{name[1:]}"
            _within(pollers[name], member, POLLERS_MIN, most)
    for kind in request.get("FunctionResponseTypes") or []:
        if kind != REPORT_BATCH_ITEM_FAILURES:
            raise _constraint(
                [kind],
                "functionResponseTypes",
                f"satisfy enum value set: [{REPORT_BATCH_ITEM_FAILURES}]",
            )


def _within(value: int, member: str, low: int, high: int) -> None:
    if value < low:
        raise _constraint(value, member, f"have value greater than or equal to {low}")
    if value > high:
        raise _constraint(value, member, f"have value less than or equal to {high}")


def _constraint(value: object, member: str, constraint: str) -> MappingRefused:
    return MappingRefused(
        f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy "
        f"constraint: Member must {constraint}",
        code=VALIDATION,
    )
