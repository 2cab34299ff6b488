"""Answers of ours to calls of botocore's, in the form its endpoints give them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from botocore.awsrequest import AWSResponse

from sqs_contract.model.queue_api import Answer, Refusal

_OK: Final = 200
_BAD_REQUEST: Final = 400


def answered(answer: Answer, url: str) -> Any:
    """Botocore's `((response, parsed), exception)` for an answer."""
    refused = isinstance(answer, Refusal)
    status = _BAD_REQUEST if refused else _OK
    parsed: dict[str, Any] = (
        {"Error": {"Code": answer.code, "Message": answer.message, "Type": "Sender"}}
        if isinstance(answer, Refusal)
        else dict(answer)
    )
    parsed["ResponseMetadata"] = {
        "RequestId": "00000000-0000-4000-8000-000000000000",
        "HTTPStatusCode": status,
        "HTTPHeaders": {},
        "RetryAttempts": 0,
    }
    return (AWSResponse(url, status, {}, _NoBody()), parsed), None


class _NoBody:
    """The raw body of an answer that was never sent: nothing."""

    def stream(self, *_args: object, **_kwargs: object) -> Iterator[bytes]:
        return iter(())

    def read(self, *_args: object) -> bytes:
        return b""
