"""The calls of the Lambda API about mappings on queues: create, get, update, delete (S67, S77-S81).

Owns which mappings there are, their states, and what AWS refuses because of the
queue or the function. Their settings one by one are `mapping_request`'s.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sqs_contract.model.assumptions import DEFAULT_ASSUMPTIONS, Assumptions
from sqs_contract.model.limits import FUNCTION_TIMEOUT_DEFAULT_S, SECOND_MS
from sqs_contract.model.mapping import MappingSettings
from sqs_contract.model.mapping_refusals import CONFLICT, NOT_FOUND, MappingRefused
from sqs_contract.model.mapping_request import check_ranges, read_request
from sqs_contract.model.settings import QueueSettings

CREATED: Final = 202
"""HTTP status of create, update and delete (S67)."""

UNKNOWN_MAPPING: Final = "The resource you requested does not exist."
UNKNOWN_SOURCE: Final = "Unrecognized event source."
UNKNOWN_FUNCTION: Final = "Function does not exist"
UNKNOWN_QUEUE: Final = (
    "Error occurred while ReceiveMessage. SQS Error Code: "
    "AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does not "
    "exist."
)
"""Recorded (S80)."""

_FUNCTION_MARK: Final = ":function:"
_UPDATABLE: Final = (
    "BatchSize",
    "MaximumBatchingWindowInSeconds",
    "FunctionResponseTypes",
    "FilterCriteria",
    "ScalingConfig",
    "ProvisionedPollerConfig",
)


class MappingState(enum.Enum):
    """States a mapping goes through (S67)."""

    CREATING = "Creating"
    ENABLING = "Enabling"
    ENABLED = "Enabled"
    DISABLING = "Disabling"
    DISABLED = "Disabled"
    UPDATING = "Updating"
    DELETING = "Deleting"


_SETTLES: Final = {
    MappingState.CREATING: MappingState.ENABLED,
    MappingState.ENABLING: MappingState.ENABLED,
    MappingState.UPDATING: MappingState.ENABLED,
    MappingState.DISABLING: MappingState.DISABLED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionFacts:
    """What a mapping has to know of a function: its ARN, without version, and its timeout."""

    arn: str
    timeout_ms: int = FUNCTION_TIMEOUT_DEFAULT_S * SECOND_MS


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingDescription:
    """One mapping as the API tells of it."""

    uuid: str
    queue_arn: str
    function_arn: str
    settings: MappingSettings
    parameters: Mapping[str, Any]
    state: MappingState

    def to_response(self) -> dict[str, Any]:
        """The answer of the API, its times and own ARN aside."""
        return {
            **self.parameters,
            "EventSourceArn": self.queue_arn,
            "FunctionArn": self.function_arn,
            "State": self.state.value,
            "StateTransitionReason": "USER_INITIATED",
            "UUID": self.uuid,
        }


class MappingApi:
    """The mappings of one account and region.

    Args:
        queues: the queues there are, by ARN.
        functions: the functions there are, by name.
    """

    def __init__(
        self,
        queues: Mapping[str, QueueSettings],
        functions: Mapping[str, FunctionFacts],
        *,
        assumptions: Assumptions = DEFAULT_ASSUMPTIONS,
    ) -> None:
        self._assumptions = assumptions
        self._queues = queues
        self._functions = functions
        self._mappings: dict[str, MappingDescription] = {}

    def create(self, request: Mapping[str, Any]) -> MappingDescription:
        """CreateEventSourceMapping.

        Raises:
            MappingRefused: AWS does not accept the call.
        """
        check_ranges(request)
        queue_arn = request.get("EventSourceArn")
        if not queue_arn:
            raise MappingRefused(UNKNOWN_SOURCE)
        function, function_arn = self._function(request.get("FunctionName", ""))
        queue = self._queues.get(queue_arn)
        read = read_request(
            request,
            fifo=queue_arn.endswith(".fifo") if queue is None else queue.fifo,
            assumptions=self._assumptions,
        )
        if queue is None:
            raise MappingRefused(UNKNOWN_QUEUE)
        _check_visibility(queue, function)
        self._check_duplicate(queue_arn, function_arn)
        enabled = request.get("Enabled", True)
        mapping = MappingDescription(
            uuid=f"{len(self._mappings):08x}-0000-4000-8000-000000000000",
            queue_arn=queue_arn,
            function_arn=function_arn,
            settings=read.settings,
            parameters=read.parameters,
            state=MappingState.CREATING if enabled else MappingState.DISABLED,
        )
        self._mappings[mapping.uuid] = mapping
        return mapping

    def get(self, uuid: str) -> MappingDescription:
        """GetEventSourceMapping.

        Raises:
            MappingRefused: there is no such mapping.
        """
        mapping = self._mappings.get(uuid)
        if mapping is None:
            raise MappingRefused(UNKNOWN_MAPPING, code=NOT_FOUND, http=404)
        return mapping

    def update(self, uuid: str, request: Mapping[str, Any]) -> MappingDescription:
        """UpdateEventSourceMapping: what is not given stays as it is.

        Raises:
            MappingRefused: AWS does not accept the call.
        """
        before = self.get(uuid)
        check_ranges(request)
        queue = self._queues[before.queue_arn]
        function, function_arn = self._function(request.get("FunctionName", before.function_arn))
        changes = {name: request[name] for name in _UPDATABLE if name in request}
        read = read_request(
            {**before.parameters, **changes}, fifo=queue.fifo, assumptions=self._assumptions
        )
        _check_visibility(queue, function)
        after = replace(
            before,
            function_arn=function_arn,
            settings=read.settings,
            parameters=read.parameters,
            state=_updated_state(before.state, request.get("Enabled")),
        )
        self._mappings[uuid] = after
        return after

    def delete(self, uuid: str) -> MappingDescription:
        """DeleteEventSourceMapping.

        Raises:
            MappingRefused: there is no such mapping.
        """
        mapping = replace(self.get(uuid), state=MappingState.DELETING)
        del self._mappings[uuid]
        return mapping

    def settle(self) -> None:
        """Let every change take effect; on AWS it takes seconds to minutes (S67)."""
        self._mappings = {
            uuid: replace(mapping, state=_SETTLES.get(mapping.state, mapping.state))
            for uuid, mapping in self._mappings.items()
        }

    def _function(self, name: str) -> tuple[FunctionFacts, str]:
        """The function a name, partial or full ARN means, and its ARN with version or alias kept."""
        plain, colon, qualifier = name.rpartition(_FUNCTION_MARK)[2].partition(":")
        function = self._functions.get(plain)
        if function is None:
            raise MappingRefused(UNKNOWN_FUNCTION)
        return function, f"{function.arn}{colon}{qualifier}"

    def _check_duplicate(self, queue_arn: str, function_arn: str) -> None:
        # S80: one queue may feed several functions, each of them once.
        for mapping in self._mappings.values():
            if (mapping.queue_arn, mapping.function_arn) == (queue_arn, function_arn):
                name = function_arn.rpartition(_FUNCTION_MARK)[2]
                raise MappingRefused(
                    f'An event source mapping with SQS arn (" {queue_arn} ") and function '
                    f'(" {name} ") already exists. Please update or delete the existing mapping '
                    f"with UUID {mapping.uuid}",
                    code=CONFLICT,
                    http=409,
                )


def _check_visibility(queue: QueueSettings, function: FunctionFacts) -> None:
    # S77: equal is accepted.
    if queue.visibility_timeout_ms < function.timeout_ms:
        raise MappingRefused(
            f"Queue visibility timeout: {queue.visibility_timeout_ms // SECOND_MS} seconds is "
            f"less than Function timeout: {function.timeout_ms // SECOND_MS} seconds"
        )


def _updated_state(state: MappingState, enabled: bool | None) -> MappingState:  # noqa: FBT001
    off = state in (MappingState.DISABLED, MappingState.DISABLING)
    if enabled is True and off:
        return MappingState.ENABLING
    if enabled is False and not off:
        return MappingState.DISABLING
    return state if off else MappingState.UPDATING
