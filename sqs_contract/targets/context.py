"""The context object a handler receives, as Lambda's Python runtime makes it (S129)."""

from __future__ import annotations

import sys

from sqs_contract.deployment import Deployment
from sqs_contract.world.clock import VirtualClock


class CognitoIdentity:
    """The caller's identity: both fields are None for an event source mapping."""

    __slots__ = ("cognito_identity_id", "cognito_identity_pool_id")

    def __init__(self) -> None:
        self.cognito_identity_id: str | None = None
        self.cognito_identity_pool_id: str | None = None


class LambdaContext:
    """What Lambda hands over beside the event (S129).

    `memory_limit_in_mb` is a string, as on Lambda. The remaining time runs on
    the virtual clock and is never below 0.
    """

    def __init__(
        self, *, request_id: str, deployment: Deployment, log_stream: str, clock: VirtualClock
    ) -> None:
        function = deployment.function
        self.aws_request_id = request_id
        self.function_name = function.name
        self.function_version = "$LATEST"
        self.invoked_function_arn = deployment.function_arn
        self.memory_limit_in_mb = str(function.memory_mb)
        self.log_group_name = f"/aws/lambda/{function.name}"
        self.log_stream_name = log_stream
        self.identity = CognitoIdentity()
        self.client_context = None
        self.tenant_id: str | None = None
        self._clock = clock
        self._timeout_us = function.timeout_ms * 1000
        self._deadline_us = clock.now_us + self._timeout_us

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the invocation times out."""
        self._clock.note_read()
        return max((self._deadline_us - self._clock.now_us) // 1000, 0)

    def begin(self) -> None:
        """An invocation begins, with all its time."""
        self._deadline_us = self._clock.now_us + self._timeout_us

    def log(self, message: object) -> None:
        """Write to the function's log, which is standard output."""
        sys.stdout.write(str(message))


def environment_variables(deployment: Deployment) -> dict[str, str]:
    """The variables a function sees: Lambda's own (S130), then the template's."""
    function = deployment.function
    return {
        "AWS_LAMBDA_FUNCTION_NAME": function.name,
        "AWS_LAMBDA_FUNCTION_VERSION": "$LATEST",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory_mb),
        "AWS_LAMBDA_LOG_GROUP_NAME": f"/aws/lambda/{function.name}",
        "AWS_LAMBDA_LOG_STREAM_NAME": f"2025/12/31/[$LATEST]{0:032x}",
        "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
        "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
        "AWS_REGION": deployment.region,
        "AWS_DEFAULT_REGION": deployment.region,
        "LAMBDA_TASK_ROOT": "/var/task",
        "LAMBDA_RUNTIME_DIR": "/var/runtime",
        "_HANDLER": function.handler or "",
        "TZ": ":UTC",
        **function.environment,
    }
