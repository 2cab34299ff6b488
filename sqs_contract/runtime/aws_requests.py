"""AWS's protocols on the wire: which call a request is, and an answer in the call's own protocol.

Read and written by moto's router, parsers and serialisers, which know the models of all services.
Importing this imports boto3 and moto.
"""

from __future__ import annotations

import functools
import json
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.parsers import create_parser
from botocore.serialize import create_serializer
from moto.core.models import botocore_stubber
from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.serialize import SerializationContext, get_serializer_class

from sqs_contract.faults.service_errors import ServiceError
from sqs_contract.runtime.aws_models import model_of, router_of
from sqs_contract.runtime.http import HttpRequest, answer

_CREDENTIAL: Final = re.compile(
    r"Credential=[^/]+/\d+/(?P<region>[^/]+)/(?P<name>[^/]+)/aws4_request"
)
_SIGNED_AS: Final[Mapping[str, tuple[str, ...]]] = {
    "dynamodb": ("dynamodb", "dynamodbstreams"),
    "elasticloadbalancing": ("elbv2", "elb"),
    "elasticmapreduce": ("emr",),
    "email": ("ses", "sesv2"),
    "execute-api": ("apigatewaymanagementapi",),
    "iotdata": ("iot-data",),
    "mobiletargeting": ("pinpoint",),
    "monitoring": ("cloudwatch",),
    "rds": ("rds", "neptune", "docdb"),
    "ses": ("ses", "sesv2"),
    "states": ("stepfunctions",),
    "timestream": ("timestream-write", "timestream-query"),
    "bedrock": ("bedrock-runtime", "bedrock"),
    "lex": ("lexv2-runtime", "lex-runtime"),
}
"""What services are called by botocore whose requests are signed under another name, or that
share theirs. The first whose operations hold the request is the one."""

_NOT_FORWARDED: Final = frozenset(
    {"connection", "content-length", "expect", "host", "transfer-encoding"}
)
_OURS_TO_SAY: Final = frozenset({"content-length", "connection", "transfer-encoding"})
_REQUEST_ID: Final = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True, slots=True, kw_only=True)
class WireCall:
    """A call as it came over the wire.

    Attributes:
        operation: botocore's model of it.
        parameters: as a caller of boto3 gives them.
        attempt_of: what the SDK's tries of one call have in common; empty where it does not say.
    """

    operation: Any
    parameters: dict[str, Any]
    request: HttpRequest
    protocol: str
    region: str
    attempt_of: str

    @property
    def service(self) -> str:
        """By botocore's name."""
        return str(self.operation.service_model.service_name)

    @property
    def url(self) -> str:
        """Where it would go to if nothing stood between."""
        prefix = self.operation.service_model.endpoint_prefix
        return f"https://{prefix}.{self.region}.amazonaws.com{self.request.target}"


def read_call(request: HttpRequest) -> WireCall | None:
    """Which call a request is; `None` where that cannot be told."""
    signed = request.headers.get("authorization", "") or unquote(request.target).replace(
        "X-Amz-Credential", "Credential"
    )
    found = _CREDENTIAL.search(signed)
    if found is None:
        return None
    for service in _SIGNED_AS.get(found["name"], (found["name"],)):
        call = _call_of(service, request, found["region"])
        if call is not None:
            return call
    return None


def _call_of(service: str, request: HttpRequest, region: str) -> WireCall | None:
    try:
        model = model_of(service)
        prefix = request.headers.get("x-amz-target", "").rpartition(".")[0]
        if prefix and model.metadata.get("targetPrefix") != prefix:
            return None
        headers = {name: value for name, value in request.headers.items() if name != "expect"}
        wire = Request.from_primitives(
            request.method, f"https://{service}.{region}.amazonaws.com{request.target}",
            headers, request.body,
        )  # fmt: skip
        operation, places = router_of(service).match(wire)
        protocol = determine_request_protocol(model, wire.content_type)
        parameters = PROTOCOL_PARSERS[protocol](operation).parse(
            {
                "method": wire.method,
                "values": wire.values,
                "headers": wire.headers,
                "body": wire.data,
                "url_path": wire.path,
                "url_params": places,
            }
        )
    except Exception:  # noqa: BLE001  whatever readers of foreign bytes trip over
        return None
    return WireCall(
        operation=operation,
        parameters=dict(parameters),
        request=request,
        protocol=protocol,
        region=region,
        attempt_of=request.headers.get("amz-sdk-invocation-id", ""),
    )


def forward(call: WireCall) -> Any:
    """Send a call to moto: botocore's `((response, None), exception)`, nothing parsed."""
    request = call.request
    headers = {name: value for name, value in request.headers.items() if name not in _NOT_FORWARDED}
    prepared = AWSPreparedRequest(request.method, call.url, headers, request.body, False)
    try:
        response = botocore_stubber("before-send", prepared)
    except Exception as error:  # noqa: BLE001  what moto trips over, as botocore's endpoints tell it
        return None, error
    assert response is not None, "the address is AWS's, and all of AWS is mocked"
    return (response, None), None


def with_parameters(call: WireCall, parameters: dict[str, Any]) -> WireCall:
    """The same call with other parameters, as an SDK would send it."""
    service = call.operation.service_model
    made = create_serializer(service.protocol).serialize_to_request(parameters, call.operation)
    headers = {name.lower(): str(value) for name, value in made["headers"].items()}
    body = made["body"]
    if isinstance(body, dict):  # a form
        from urllib.parse import urlencode  # noqa: PLC0415  the old protocols only

        body = urlencode(body)
    kept = {
        name: call.request.headers[name]
        for name in ("authorization",)
        if name in call.request.headers
    }
    query = made["query_string"]
    target = made["url_path"] + (f"?{query}" if isinstance(query, str) and query else "")
    request = HttpRequest(
        made["method"], target, {**headers, **kept},
        body.encode() if isinstance(body, str) else bytes(body),
    )  # fmt: skip
    return WireCall(
        operation=call.operation, parameters=parameters, request=request,
        protocol=str(service.protocol), region=call.region, attempt_of=call.attempt_of,
    )  # fmt: skip


def parsed_answer(call: WireCall, response: AWSResponse) -> dict[str, Any]:
    """What an SDK reads from an answer of moto's."""
    data = {
        "body": response.content,
        "headers": {str(name).lower(): str(value) for name, value in response.headers.items()},
        "status_code": response.status_code,
    }
    parsed = create_parser(call.protocol).parse(data, call.operation.output_shape)
    return dict(parsed)


def error_code(call: WireCall, response: AWSResponse) -> str:
    """The code of an error that moto answered with."""
    try:
        return str(parsed_answer(call, response)["Error"]["Code"])
    except Exception:  # noqa: BLE001  no answer of the protocol's
        return str(response.status_code)


def passed_on(call: WireCall, response: AWSResponse) -> bytes:
    """An answer of moto's, as it is."""
    headers = {
        str(name): str(value)
        for name, value in response.headers.items()
        if str(name).lower() not in _OURS_TO_SAY
    }
    if call.request.method == "HEAD":  # what it says of the length is of what was not sent
        length = {k.lower(): str(v) for k, v in response.headers.items()}.get("content-length", "0")
        head, _, _ = answer(response.status_code, headers, b"").rpartition(b"Content-Length: ")
        return head + f"Content-Length: {length}\r\n\r\n".encode()
    return answer(response.status_code, headers, response.content)


def written_answer(call: WireCall, parsed: Mapping[str, Any]) -> bytes:
    """A success, from the data an SDK is to read."""
    result = {name: value for name, value in parsed.items() if name != "ResponseMetadata"}
    return _written(call, result, None)


def written_error(call: WireCall, error: ServiceError) -> bytes:
    """An error of the service."""
    return _written(call, _Error(error), error.status)


class _Error(Exception):
    """An error as moto's serialisers take it."""

    def __init__(self, error: ServiceError) -> None:
        super().__init__(error.message)
        self.code = error.code
        self.message = error.message
        for name, value in error.more.items():
            setattr(self, name, value)


def _written(call: WireCall, result: Any, status: int | None) -> bytes:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of errors that a service does not model
        made = _serializer(call.service, call.protocol)(
            call.operation, context=SerializationContext(request_id=_REQUEST_ID)
        ).serialize(result)
    body = made["body"]
    headers = {str(name): str(value) for name, value in made["headers"].items()}
    return answer(
        made["status_code"] if status is None else status,
        {**headers, "x-amzn-RequestId": _REQUEST_ID},
        body.encode() if isinstance(body, str) else body,
    )


@functools.cache
def _serializer(service: str, protocol: str) -> Any:
    return get_serializer_class(service, protocol)


def unreadable(request: HttpRequest) -> bytes:
    """The answer to a request that is no call of AWS's that we know."""
    told = {
        "__type": "UnknownOperationException",
        "message": f"sqs-contract knows no call of AWS by {request.method} {request.target[:80]}",
    }
    return answer(400, {"Content-Type": "application/json"}, json.dumps(told).encode())
