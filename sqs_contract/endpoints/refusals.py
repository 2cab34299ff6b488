"""What keeps an endpoint from answering, told in one line that says what to do."""

from __future__ import annotations

from typing import Final

from botocore import exceptions as boto

from sqs_contract.errors import UsageError

_CREDENTIAL_CODES: Final = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "IncompleteSignature",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSecurity",
        "MissingAuthenticationToken",
        "OptInRequired",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
        "401",
        "403",
    }
)
_SHOWN: Final = 160


def needs_credentials(code: str) -> bool:
    """Whether an error code says that the caller is not known, or may not."""
    return code in _CREDENTIAL_CODES


def explain(error: Exception, where: str, connect_timeout_s: float) -> UsageError:
    """The one line about an endpoint that does not answer as it should."""
    match error:
        case (
            boto.NoCredentialsError()
            | boto.PartialCredentialsError()
            | boto.CredentialRetrievalError()
        ):
            return UsageError(
                f"{where} needs credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and "
                "AWS_SECRET_ACCESS_KEY"
            )
        case boto.ProfileNotFound():
            return UsageError(f"{where}: {error}: set AWS_PROFILE to a profile there is")
        case boto.ConnectTimeoutError():
            return UsageError(
                f"cannot reach {where}: no connection within {connect_timeout_s:g} s: is the "
                "endpoint running, and the address right?"
            )
        case boto.ReadTimeoutError():
            return UsageError(
                f"{where} takes connections and does not answer within {connect_timeout_s:g} s: "
                "is it an SQS endpoint? --connect-timeout gives it more time"
            )
        case boto.SSLError():
            return UsageError(
                f"cannot reach {where}: TLS fails ({_short(error)}): http instead of https?"
            )
        case boto.EndpointConnectionError() | boto.ProxyConnectionError():
            return UsageError(
                f"cannot reach {where}: connection refused, or no such host: is the endpoint "
                "running, and the address right?"
            )
        case boto.ConnectionClosedError() | boto.HTTPClientError():
            return UsageError(
                f"{where} closes the connection without an answer of HTTP: is it an SQS endpoint?"
            )
        case boto.ClientError():
            return told_by(error, where)
    return UsageError(
        f"{where} does not answer as SQS does ({_short(error)}): is it an SQS endpoint?"
    )


def told_by(error: boto.ClientError, where: str) -> UsageError:
    """The one line about an endpoint that answers with an error."""
    code, message = code_and_message(error)
    if needs_credentials(code):
        return UsageError(
            f"{where} refuses the credentials ({code}): set AWS_PROFILE, or AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY, to ones it takes"
        )
    return UsageError(f"{where} does not answer as SQS does ({_clip(f'{code}: {message}')})")


def code_and_message(error: boto.ClientError) -> tuple[str, str]:
    """Error code and message; empty where the endpoint gave none."""
    told = error.response.get("Error", {})
    return str(told.get("Code", "")), str(told.get("Message", ""))


def _short(error: Exception) -> str:
    return _clip(f"{type(error).__name__}: {error}")


def _clip(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 3]}..."
