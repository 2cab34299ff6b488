"""The errors AWS gives for an operation that fails on its side, or is called too often.

They are read from botocore's model of the operation where it names them, so
that `except client.exceptions.X` catches them; what a service gives without
naming it in its model stands in a table here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final


@dataclass(frozen=True, slots=True)
class ServiceError:
    """An error of a service: its code, the text of it and the status of HTTP."""

    code: str
    message: str
    status: int


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


def failure_of(operation: Any) -> ServiceError:
    """How an operation fails for no fault of the caller's."""
    service = operation.service_model.service_name
    return (
        _KNOWN_FAILURES.get(service)
        or _modelled(operation, _FAILURES, 500, "Internal error")
        or _OTHER_FAILURE
    )


def throttle_of(operation: Any) -> ServiceError:
    """How an operation is refused that is called too often."""
    service = operation.service_model.service_name
    return (
        _KNOWN_THROTTLES.get(service)
        or _modelled(operation, _THROTTLES, 400, _RATE)
        or _OTHER_THROTTLE
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
