"""The errors AWS gives for an operation that fails on its side, or is called too often.

They are read from botocore's model of the operation where it names them, so
that `except client.exceptions.X` catches them; what a service gives without
naming it in its model stands in a table here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class ServiceError:
    """An error of a service: its code, the text of it and the status of HTTP; and what else
    the operation's model has the answer say."""

    code: str
    message: str
    status: int
    more: Mapping[str, Any] = field(default_factory=dict[str, Any])


_FAILURES: Final = (
    "InternalServerError",
    "InternalServerException",
    "InternalServiceErrorException",
    "InternalServiceException",
    "InternalServiceError",
    "InternalFailureException",
    "InternalErrorException",
    "InternalException",
    "InternalError",
    "ServiceException",
    "ServiceUnavailableException",
)
"""Names of shapes that say: the fault lies with the service."""

_KNOWN_FAILURES: Final[Mapping[str, ServiceError]] = {
    "dynamodb": ServiceError("InternalServerError", "Internal server error", 500),
    "s3": ServiceError("InternalError", "We encountered an internal error. Please try again.", 500),
    "sns": ServiceError("InternalError", "Internal error", 500),
    "kinesis": ServiceError("InternalFailure", "Internal failure", 500),
}
_OTHER_FAILURE: Final = ServiceError(
    "ServiceUnavailable", "The service is temporarily unavailable. Please retry.", 503
)

_THROTTLES: Final = (
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "RequestThrottled",
    "ThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
)
_RATE: Final = "Rate exceeded"
_KNOWN_THROTTLES: Final[Mapping[str, ServiceError]] = {
    "s3": ServiceError("SlowDown", "Please reduce your request rate.", 503),
    "sqs": ServiceError("RequestThrottled", "Request is throttled.", 403),
    "sns": ServiceError("Throttled", _RATE, 429),
}
_OTHER_THROTTLE: Final = ServiceError("ThrottlingException", _RATE, 400)

CANCELLED_WHEN_THROTTLED: Final = frozenset({"TransactWriteItems"})
"""Operations of DynamoDB that answer a throttled action by the error of a failed condition."""
_CAPACITY: Final = (
    "Throughput exceeds the current capacity of your table or index. DynamoDB is automatically "
    "scaling your table or index so please try again shortly."
)


def failure_of(operation: Any) -> ServiceError:
    """How an operation fails for no fault of the caller's."""
    service = operation.service_model.service_name
    return (
        _KNOWN_FAILURES.get(service)
        or _modelled(operation, _FAILURES, 500, "Internal error")
        or _OTHER_FAILURE
    )


def throttle_of(operation: Any, parameters: Mapping[str, Any]) -> ServiceError:
    """How an operation is refused that is called too often, with these parameters."""
    if operation.name in CANCELLED_WHEN_THROTTLED:
        return _cancelled(parameters)
    service = operation.service_model.service_name
    return (
        _KNOWN_THROTTLES.get(service)
        or _modelled(operation, _THROTTLES, 400, _RATE)
        or _OTHER_THROTTLE
    )


def _cancelled(parameters: Mapping[str, Any]) -> ServiceError:
    """How DynamoDB refuses a transaction: by the error that a failed condition gives too, and
    only the reasons, one for each action, tell the two apart. Here the last is throttled."""
    actions = parameters.get("TransactItems")
    fine = len(actions) - 1 if isinstance(actions, list | tuple) and actions else 0
    codes = ["None"] * fine + ["ThrottlingError"]
    return ServiceError(
        "TransactionCanceledException",
        "Transaction cancelled, please refer cancellation reasons for specific reasons "
        f"[{', '.join(codes)}]",
        400,
        {
            "CancellationReasons": [
                *({"Code": "None"} for _ in range(fine)),
                {"Code": "ThrottlingError", "Message": _CAPACITY},
            ]
        },
    )


def _modelled(
    operation: Any, names: tuple[str, ...], status: int, message: str
) -> ServiceError | None:
    """The first of these errors that the operation's model has."""
    shapes = {shape.name: shape for shape in operation.error_shapes}
    for name in names:
        if name in shapes:
            error = shapes[name].metadata.get("error", {})
            return ServiceError(
                error.get("code", name), message, error.get("httpStatusCode", status)
            )
    return None
