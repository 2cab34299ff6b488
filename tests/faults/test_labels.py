"""Labels of AWS calls: what a person calls a call."""

from __future__ import annotations

import pytest

from sqs_contract.faults.labels import is_read, label_call, operation_of


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "label"),
    [
        (
            "dynamodb",
            "PutItem",
            {"TableName": "orders", "Item": {"order_id": {"S": "a1"}, "amount": {"N": "5"}}},
            "dynamodb.PutItem orders a1",
        ),
        (
            "dynamodb",
            "PutItem",
            {"TableName": "orders", "Item": {"amount": 5, "pk": "a1"}},
            "dynamodb.PutItem orders a1",
        ),
        (
            "dynamodb",
            "PutItem",
            {"TableName": "orders", "Item": {"colour": "red", "size": 5}},
            "dynamodb.PutItem orders red",
        ),
        (
            "dynamodb",
            "UpdateItem",
            {"TableName": "orders", "Key": {"pk": {"S": "a"}, "sk": {"N": "1"}}},
            "dynamodb.UpdateItem orders a/1",
        ),
        (
            "dynamodb",
            "BatchWriteItem",
            {"RequestItems": {"b": [], "a": []}},
            "dynamodb.BatchWriteItem a+b",
        ),
        (
            "dynamodb",
            "TransactWriteItems",
            {
                "TransactItems": [
                    {"Put": {"TableName": "orders", "Item": {"id": {"S": "a1"}}}},
                    {"Update": {"TableName": "totals", "Key": {"id": {"S": "sum"}}}},
                ]
            },
            "dynamodb.TransactWriteItems orders a1 + totals sum",
        ),
        ("s3", "PutObject", {"Bucket": "b", "Key": "in/x.json"}, "s3.PutObject b in/x.json"),
        (
            "sqs",
            "SendMessage",
            {"QueueUrl": "https://sqs.us-east-1.amazonaws.com/123456789012/forward"},
            "sqs.SendMessage forward",
        ),
        (
            "sns",
            "Publish",
            {"TopicArn": "arn:aws:sns:us-east-1:123456789012:topic"},
            "sns.Publish topic",
        ),
        ("events", "PutEvents", {"Entries": []}, "events.PutEvents"),
        ("s3", "PutObject", {"Bucket": "b", "Key": "k" * 99}, f"s3.PutObject b {'k' * 40}"),
    ],
)
def test_a_label_names_operation_resource_and_key(service, operation, parameters, label):
    assert label_call(service, operation, parameters) == label
    assert operation_of(label) == f"{service}.{operation}"


@pytest.mark.parametrize(
    "parameters",
    [
        {"TableName": None, "Key": None},
        {"TransactItems": "text"},
        {"TransactItems": ["text", {"Put": "text"}]},
        {"RequestItems": "text", "Item": {}},
        {"Key": {"id": {"L": [{"S": "a"}]}}},
        {"Item": {"id": {"M": {}, "S": ""}}},
        {"Key": 7, "Bucket": 7},
    ],
)
def test_parameters_that_botocore_will_refuse_have_a_label_too(parameters):
    """The call is labelled before botocore validates what it is given."""
    assert label_call("x", "Y", parameters).startswith("x.Y")


def test_a_label_does_not_hang_on_the_value_written():
    """A fault put at a label stays where it is while bodies shrink."""
    one = {"TableName": "t", "Item": {"id": {"S": "a"}, "amount": {"N": "1"}}}
    two = {"TableName": "t", "Item": {"id": {"S": "a"}, "amount": {"N": "2"}}}
    assert label_call("dynamodb", "PutItem", one) == label_call("dynamodb", "PutItem", two)


@pytest.mark.parametrize("operation", ["GetItem", "Query", "Scan", "BatchGetItem", "HeadObject"])
def test_what_only_looks(operation):
    assert is_read(operation)


@pytest.mark.parametrize("operation", ["PutItem", "SendMessage", "TransactWriteItems", "Publish"])
def test_what_changes_something(operation):
    assert not is_read(operation)
