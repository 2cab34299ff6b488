"""The two protocols of SQS on the wire, AWS JSON 1.0 and query/XML: calls read, answers written.

Owns bytes to data and back, by botocore's model of the service; what is done about a call
is not told here. Today's model speaks JSON alone, so the names of the older protocol are
put into a copy of it (`query`), and botocore's own parser and serializer do the rest where
they go that way: requests written, answers read.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final, Literal
from urllib.parse import parse_qsl, urlencode, urlsplit
from xml.sax.saxutils import escape

from sqs_contract.model.sqs_errors import Refusal
from sqs_contract.proxy.query import (
    XML_ESCAPES,
    Parameters,
    model,
    query_model,
    read_structure,
    write_structure,
)

Protocol = Literal["json", "query"]

JSON_TYPE: Final = "application/x-amz-json-1.0"
FORM_TYPE: Final = "application/x-www-form-urlencoded"
XML_TYPE: Final = "text/xml"
NAMESPACE: Final = "http://queue.amazonaws.com/doc/2012-11-05/"
TARGET: Final = "AmazonSQS."
_ERROR_NAMESPACE: Final = "com.amazonaws.sqs#"
_SERVER_ERROR: Final = 500

TELL_URLS: Final = frozenset(
    {"CreateQueue", "GetQueueUrl", "ListQueues", "ListDeadLetterSourceQueues"}
)
"""Calls whose answers hold URLs of queues."""
_URL_MEMBERS: Final = frozenset({"QueueUrl", "QueueUrls", "queueUrls"})
_SHAPES: Final[Mapping[str, str]] = {
    "NonExistentQueue": "QueueDoesNotExist",
    "InvalidParameterValue": "InvalidParameterValueException",
}
"""What JSON calls an error, where it is not what the older protocol calls it."""


class Unreadable(ValueError):
    """What came over the wire is not what its protocol says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call of SQS, as it arrived.

    Attributes:
        parameters: by the names of the service's model.
        path: the path of the URL; in the query protocol it may name the queue.
    """

    operation: str
    parameters: Mapping[str, Any]
    protocol: Protocol
    path: str

    @property
    def queue(self) -> str:
        """The name of the queue the call is about; empty for calls about none."""
        url = self.parameters.get("QueueUrl")
        return url.rstrip("/").rpartition("/")[2] if isinstance(url, str) else ""

    @property
    def label(self) -> str:
        """`sqs.DeleteMessage orders`, as fault plans and histories call it."""
        return f"sqs.{self.operation} {self.queue}".rstrip()


def operations() -> frozenset[str]:
    """The names of all calls of SQS."""
    return frozenset(model().operation_names)


def read_call(
    path_and_query: str, headers: Mapping[str, str], content: bytes, method: str = "POST"
) -> Call | None:
    """Read a request; `None` if it is no call of SQS.

    Raises:
        Unreadable: it says it is one, and cannot be read.
    """
    target = headers.get("X-Amz-Target", "")
    path = urlsplit(path_and_query).path
    if target.startswith(TARGET):
        try:
            parameters = json.loads(content or b"{}")
        except (ValueError, RecursionError):
            raise Unreadable("the body of the request is not JSON") from None
        if not isinstance(parameters, dict):
            raise Unreadable("the body of the request is not a JSON object")
        operation = target.removeprefix(TARGET)
        return Call(operation=operation, parameters=parameters, protocol="json", path=path)
    is_form = method == "POST" and headers.get("Content-Type", "").startswith(FORM_TYPE)
    if target or not (is_form or method == "GET"):
        return None
    try:
        text = content.decode() if is_form else urlsplit(path_and_query).query
        form = dict(parse_qsl(text, keep_blank_values=True, errors="strict"))
    except ValueError:
        raise Unreadable("the form of the request is not UTF-8") from None
    operation = form.get("Action", "")
    if operation not in operations():
        return None
    shape = query_model().operation_model(operation).input_shape
    parameters = read_structure(form, shape, "")
    if "QueueUrl" in shape.members and "QueueUrl" not in parameters and path.strip("/"):
        parameters["QueueUrl"] = path
    return Call(operation=operation, parameters=parameters, protocol="query", path=path)


def write_request(call: Call, parameters: Mapping[str, Any]) -> bytes:
    """The body of a call with other parameters than it came with."""
    if call.protocol == "json":
        return json.dumps(parameters).encode()
    from botocore.serialize import create_serializer  # noqa: PLC0415  heavy

    operation = query_model().operation_model(call.operation)
    # Blobs are as they came, in base64: they are no longer this module's to write.
    written = create_serializer("query", include_validation=False).serialize_to_request(
        parameters, operation
    )
    return urlencode(written["body"]).encode()


def read_answer(call: Call, content: bytes) -> Parameters:
    """What an answer of success says.

    Raises:
        Unreadable: it does not speak the protocol of the call.
    """
    if call.protocol == "json":
        try:
            found = json.loads(content or b"{}")
        except (ValueError, RecursionError):
            raise Unreadable("its answer is not JSON") from None
        if not isinstance(found, dict):
            raise Unreadable("its answer is not a JSON object")
        return found
    from botocore.parsers import ResponseParserError, create_parser  # noqa: PLC0415  heavy

    shape = query_model().operation_model(call.operation).output_shape
    response = {"headers": {}, "status_code": 200, "body": content}
    try:
        parsed: Parameters = create_parser("query").parse(response, shape)
    except (ResponseParserError, KeyError, ValueError):
        raise Unreadable("its answer is not the XML of SQS") from None
    parsed.pop("ResponseMetadata", None)
    return parsed


def write_answer(call: Call, result: Mapping[str, Any], request_id: str) -> tuple[str, bytes]:
    """The content type and body of an answer of success."""
    if call.protocol == "json":
        return JSON_TYPE, json.dumps(result).encode()
    shape = query_model().operation_model(call.operation).output_shape
    inner = ""
    if shape is not None:
        body = write_structure(result, shape)
        inner = f"<{call.operation}Result>{body}</{call.operation}Result>"
    text = (
        f'<?xml version="1.0"?><{call.operation}Response xmlns="{NAMESPACE}">{inner}'
        f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata>"
        f"</{call.operation}Response>"
    )
    return XML_TYPE, text.encode()


def write_error(
    protocol: Protocol, refusal: Refusal, request_id: str
) -> tuple[str, bytes, dict[str, str]]:
    """The content type, body and further headers of an answer that is an error."""
    at_fault = "Receiver" if refusal.status >= _SERVER_ERROR else "Sender"
    if protocol == "json":
        name = _shape_of(refusal.code)
        body = json.dumps({"__type": f"{_ERROR_NAMESPACE}{name}", "message": refusal.message})
        return JSON_TYPE, body.encode(), {"x-amzn-query-error": f"{refusal.code};{at_fault}"}
    text = (
        f'<?xml version="1.0"?><ErrorResponse xmlns="{NAMESPACE}"><Error><Type>{at_fault}</Type>'
        f"<Code>{escape(refusal.code)}</Code><Message>{escape(refusal.message, XML_ESCAPES)}"
        f"</Message><Detail/></Error><RequestId>{request_id}</RequestId></ErrorResponse>"
    )
    return XML_TYPE, text.encode(), {}


def _shape_of(code: str) -> str:
    """`QueueDoesNotExist` for the code of the older protocol,
    `AWS.SimpleQueueService.NonExistentQueue`."""
    short = code.rpartition(".")[2]
    return _SHAPES.get(short, short)


def with_queue_url(call: Call, content: bytes, url: str) -> tuple[Call, bytes]:
    """A call and its body with another URL of its queue."""
    changed = replace(call, parameters={**call.parameters, "QueueUrl": url})
    if call.protocol == "json":
        return changed, json.dumps(changed.parameters).encode()
    pairs = parse_qsl(content.decode(), keep_blank_values=True)
    form = [(name, url if name == "QueueUrl" else value) for name, value in pairs]
    return changed, urlencode(form).encode()


def with_own_urls(call: Call, content: bytes, own: str) -> bytes:
    """An answer with the URLs of its queues at another address, so that a client that goes
    by them comes this way again."""
    result = read_answer(call, content)
    changed = {
        name: [_moved(url, own) for url in value] if isinstance(value, list) else _moved(value, own)
        for name, value in result.items()
        if name in _URL_MEMBERS
    }
    return write_answer(call, {**result, **changed}, str(uuid.uuid4()))[1]


def _moved(url: Any, own: str) -> Any:
    return own + urlsplit(url).path if isinstance(url, str) else url


def number_in(document: str, name: str) -> int | None:
    """A whole number in a JSON object that is given as text."""
    try:
        return int(json.loads(document)[name])
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
