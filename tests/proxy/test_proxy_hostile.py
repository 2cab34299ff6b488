"""The proxy before what is hostile, or none of SQS: no request and no answer is a fault of ours."""

from __future__ import annotations

import urllib.error
import urllib.request

import pytest
from proxying import Running


def post(url, content, **headers):
    request = urllib.request.Request(url, content, headers, method="POST")
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return response.status, response.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def target(operation):
    return {"X-Amz-Target": f"AmazonSQS.{operation}", "Content-Type": "application/x-amz-json-1.0"}


OPERATIONS = ["ReceiveMessage", "DeleteMessage", "DeleteMessageBatch",
              "ChangeMessageVisibility", "ChangeMessageVisibilityBatch", "GetQueueUrl", "Nonsense"]  # fmt: skip
PARAMETERS = [b"", b"{", b"[]", b"{}", b'{"QueueUrl": 3}', b'{"QueueUrl": "", "Entries": 3}',
              b'{"QueueUrl": "/1/orders", "Entries": [3, {"Id": {}}, {"ReceiptHandle": []}]}',
              b'{"QueueUrl": "/1/orders", "MaxNumberOfMessages": "x", "WaitTimeSeconds": []}',
              b'{"QueueUrl": "/1/orders", "ReceiptHandle": {"a": 1}, "VisibilityTimeout": "x"}']  # fmt: skip


def test_no_request_is_a_fault_of_ours(httpserver):
    """The endpoint takes anything here; none of these brings the proxy down."""
    httpserver.expect_request("/").respond_with_json({})
    with Running(httpserver.url_for("").rstrip("/")) as proxy:
        for operation in OPERATIONS:
            for content in PARAMETERS:
                status, answered = post(proxy.url, content, **target(operation))
                assert status < 500, (operation, content, answered)
                assert status == 200 or b"__type" in answered
        status, answered = post(
            proxy.url, b"Action=ReceiveMessage&QueueUrl=%ff",
            **{"Content-Type": "application/x-www-form-urlencoded"},
        )  # fmt: skip
        assert (status, b"<Code>MalformedInput</Code>" in answered) == (400, True)
    assert proxy.warnings == []


@pytest.mark.parametrize(
    "answer",
    ["<html>", "[]", '{"Messages": 3}', '{"Messages": [3]}', '{"Messages": [{"MessageId": 1}]}'],
)
def test_garbage_of_the_endpoint_is_an_error_of_aws_and_one_line(httpserver, answer):
    httpserver.expect_request("/", headers=target("ListQueues")).respond_with_json({})
    httpserver.expect_request("/").respond_with_data(answer)
    with Running(httpserver.url_for("").rstrip("/")) as proxy:
        status, answered = post(
            proxy.url, b'{"QueueUrl": "http://x/1/orders"}', **target("ReceiveMessage")
        )
    assert (status, b"ServiceUnavailable" in answered) == (503, True)
    (warning,) = proxy.warnings
    assert "is in trouble: its " in warning


def test_what_is_no_call_of_sqs_goes_on_as_it_is(httpserver):
    """A consumer may find its other services behind the same address."""
    httpserver.expect_request("/", headers=target("ListQueues")).respond_with_json({})
    httpserver.expect_request("/bucket/a b", query_string="x=1").respond_with_data(b"\x00\xff")
    with Running(httpserver.url_for("").rstrip("/")) as proxy:
        assert post(f"{proxy.url}/bucket/a%20b?x=1", b"\x01") == (200, b"\x00\xff")
    assert httpserver.log[-1][0].data == b"\x01"
