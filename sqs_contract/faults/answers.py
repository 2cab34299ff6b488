"""Answers of ours to calls of botocore's, in the form its endpoints give them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from botocore.awsrequest import AWSResponse

_OK: Final = 200


def answered(parsed: dict[str, Any], url: str) -> Any:
    """A success, as botocore's `((response, parsed), exception)`."""
    return _response(parsed, url, _OK), None


def refused(
    code: str, message: str, status: int, url: str, more: Mapping[str, Any] | None = None
) -> Any:
    """An error of the service, as botocore's `((response, parsed), exception)`; `more` is what
    its answer says beside the code and the message."""
    error = {"Error": {"Code": code, "Message": message}}
    return _response({**error, **(more or {})}, url, status), None


def _response(parsed: dict[str, Any], url: str, status: int) -> tuple[AWSResponse, dict[str, Any]]:
    metadata = {
        "RequestId": "00000000-0000-4000-8000-000000000000",
        "HTTPStatusCode": status,
        "HTTPHeaders": {},
        "RetryAttempts": 0,
    }
    return AWSResponse(url, status, {}, _NoBody()), {**parsed, "ResponseMetadata": metadata}


class _NoBody:
    """The raw body of an answer that was never sent: nothing."""

    def stream(self, *_args: object, **_kwargs: object) -> Iterator[bytes]:
        return iter(())

    def read(self, *_args: object) -> bytes:
        return b""
