"""Both protocols of SQS: what is read from a request, what is written as an answer."""

from __future__ import annotations

import json
from urllib.parse import urlencode

import pytest
from botocore.parsers import create_parser
from hypothesis import given
from hypothesis import strategies as st
from proxying import OLD_MODELS

from sqs_contract.model.sqs_errors import NO_SUCH_QUEUE, handle_has_expired
from sqs_contract.proxy import wire
from sqs_contract.proxy.query import model, query_model

OLD = json.loads((OLD_MODELS / "sqs/2012-11-05/service-2.json").read_text(encoding="utf-8"))
OLD_LISTS = {"StringListValues": "StringListValue", "BinaryListValues": "BinaryListValue"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}

texts = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]) | st.sampled_from("\t\n\r")
)
"""What SQS takes in a body (S27), and a little less."""


def form(**parameters):
    return urlencode({"Version": "2012-11-05", **parameters}).encode()


def test_the_older_protocol_has_the_names_it_had():
    """Every name and every wrapper of botocore's last model of it."""
    new = query_model()._service_description
    ignored = {"exception", "error", "synthetic", "enum", "http", "errors", "shape", "required"}

    def compare(old, found, path):
        for key, value in old.items():
            if key in ignored:
                continue
            if isinstance(value, dict):
                compare(value, found[key], (*path, key))
            else:
                # A member may leave the name to the entries of its list, which say the same.
                default = OLD_LISTS.get(path[-1]) if key == "locationName" else None
                assert found.get(key, default) == value, (path, key)

    shapes = {name: shape for name, shape in OLD["shapes"].items() if name in new["shapes"]}
    assert len(shapes) > 90
    compare(shapes, new["shapes"], ("shapes",))
    for name, operation in OLD["operations"].items():
        compare(operation.get("output", {}), new["operations"][name].get("output", {}), (name,))


def test_a_request_of_each_protocol_says_the_same():
    entries = [
        {"Id": "a", "ReceiptHandle": "h1", "VisibilityTimeout": 5},
        {"Id": "b", "ReceiptHandle": "h2", "VisibilityTimeout": 0},
    ]
    parameters = {"QueueUrl": "http://here/1/orders", "Entries": entries}
    modern = wire.read_call(
        "/",
        {"X-Amz-Target": "AmazonSQS.ChangeMessageVisibilityBatch"},
        json.dumps(parameters).encode(),
    )
    name = "ChangeMessageVisibilityBatchRequestEntry"
    older = wire.read_call(
        "/",
        FORM,
        form(
            Action="ChangeMessageVisibilityBatch",
            QueueUrl="http://here/1/orders",
            **{
                f"{name}.{number}.{key}": value
                for number, entry in enumerate(entries, 1)
                for key, value in entry.items()
            },
        ),
    )
    assert modern.parameters == older.parameters == parameters
    assert modern.queue == older.queue == "orders"
    assert modern.label == "sqs.ChangeMessageVisibilityBatch orders"


def test_attributes_of_a_form_are_read_as_a_map():
    call = wire.read_call(
        "/",
        FORM,
        form(
            Action="CreateQueue", QueueName="q",
            **{"Attribute.1.Name": "FifoQueue", "Attribute.1.Value": "true", "Tag.1.Key": "k", "Tag.1.Value": "v"},
        ),
    )  # fmt: skip
    assert call.parameters["Attributes"] == {"FifoQueue": "true"}
    assert call.parameters["tags"] == {"k": "v"}
    assert call.queue == ""


def test_the_path_names_the_queue_where_the_form_does_not():
    call = wire.read_call("/123456789012/orders", FORM, form(Action="PurgeQueue"))
    assert call.queue == "orders"
    call = wire.read_call("/1/orders?Action=ReceiveMessage", {}, b"", "GET")
    assert (call.operation, call.queue) == ("ReceiveMessage", "orders")


@pytest.mark.parametrize(
    ("headers", "content"),
    [
        ({"X-Amz-Target": "DynamoDB_20120810.PutItem"}, b"{}"),
        ({"Content-Type": "application/json"}, b"{}"),
        (FORM, b"Action=RunInstances"),
        (FORM, b""),
    ],
)
def test_what_is_no_call_of_sqs_passes(headers, content):
    assert wire.read_call("/", headers, content) is None


@pytest.mark.parametrize("content", [b"{", b"[]", b"\xff", b"[" * 100_000])
def test_a_body_that_cannot_be_read_is_no_fault_of_ours(content):
    with pytest.raises(wire.Unreadable):
        wire.read_call("/", {"X-Amz-Target": "AmazonSQS.ReceiveMessage"}, content)


def test_a_form_that_is_no_text_is_no_fault_of_ours():
    with pytest.raises(wire.Unreadable):
        wire.read_call("/", FORM, b"Action=ReceiveMessage&QueueUrl=%ff")


@given(body=texts, name=st.text("ab<&", min_size=1), value=st.binary(min_size=1))
def test_an_answer_in_xml_reads_as_what_was_written(body, name, value):
    """By botocore's own parser, with the model it had: carriage returns and all."""
    call = wire.Call(operation="ReceiveMessage", parameters={}, protocol="query", path="/")
    result = {
        "Messages": [
            {
                "MessageId": "m",
                "Body": body,
                "Attributes": {"SenderId": "s", "SentTimestamp": "1"},
                "MessageAttributes": {name: {"DataType": "Binary", "BinaryValue": value}},
            }
        ]
    }
    content_type, content = wire.write_answer(call, result, "r-1")
    assert content_type == "text/xml"
    assert wire.read_answer(call, content) == result


@given(texts)
def test_an_answer_in_json_reads_as_what_was_written(body):
    call = wire.Call(operation="ReceiveMessage", parameters={}, protocol="json", path="/")
    result = {"Messages": [{"Body": body}]}
    assert wire.read_answer(call, wire.write_answer(call, result, "r")[1]) == result


def test_an_answer_without_a_result_is_written_as_such():
    call = wire.Call(operation="DeleteMessage", parameters={}, protocol="query", path="/")
    _, content = wire.write_answer(call, {}, "r-1")
    assert b"<DeleteMessageResponse" in content
    assert b"<RequestId>r-1</RequestId>" in content
    assert wire.read_answer(call, content) == {}


@pytest.mark.parametrize("protocol", ["json", "query"])
@pytest.mark.parametrize(
    ("refusal", "code", "shape"),
    [
        (NO_SUCH_QUEUE, "AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"),
        (handle_has_expired("h"), "InvalidParameterValue", "InvalidParameterValueException"),
    ],
)
def test_an_error_is_the_one_sdks_know(protocol, refusal, code, shape):
    _, content, headers = wire.write_error(protocol, refusal, "r-1")
    response = {"body": content, "headers": headers, "status_code": refusal.status}
    service = model() if protocol == "json" else query_model()
    output = service.operation_model("DeleteMessage").output_shape
    error = create_parser(protocol).parse(response, output)["Error"]
    assert error["Message"] == refusal.message
    assert (error["Code"], error["Type"]) == (code, "Sender")
    if protocol == "json":
        assert json.loads(content)["__type"] == f"com.amazonaws.sqs#{shape}"


@pytest.mark.parametrize("protocol", ["json", "query"])
@pytest.mark.parametrize("content", [b"<html>", b"no", b"[]", b"[" * 100_000, b"<a/>"])
def test_an_answer_of_something_else_is_recognised(protocol, content):
    call = wire.Call(operation="ReceiveMessage", parameters={}, protocol=protocol, path="/")
    with pytest.raises(wire.Unreadable):
        wire.read_answer(call, content)


@pytest.mark.parametrize(
    ("document", "count"),
    [('{"maxReceiveCount": 3}', 3), ('{"maxReceiveCount": "3"}', 3), ("{}", None), ("x", None)],
)
def test_a_redrive_policy_says_how_often(document, count):
    assert wire.number_in(document, "maxReceiveCount") == count
