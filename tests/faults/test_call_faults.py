"""Faults on AWS calls: what the handler sees of them, and what the SDK's retries make of it."""

from __future__ import annotations

import io

import boto3
import botocore.exceptions
import pytest
from botocore.config import Config
from call_faults import FAILURES, PUT, items
from playing import add_one, calls, create_everything, outcomes, put_item, strike

from sqs_contract.model.invocation import ErrorKind
from sqs_contract.scenario import FaultKind


def test_without_a_fault_the_call_is_seen_and_does_its_work(play_once):
    run, seen = play_once(put_item)
    assert [(it.site, it.nth, it.fault, it.error) for it in calls(run)] == [(PUT, 1, None, None)]
    assert items(run) == ["a"]
    assert seen == ["ok"]


@pytest.mark.parametrize("kind", FAILURES)
def test_a_call_that_fails_has_no_effect_and_the_handler_sees_the_error(play_once, kind):
    run, [error] = play_once(put_item, strike(kind, PUT))
    assert items(run) == []
    [called] = calls(run)
    assert called.fault is kind
    if kind is FaultKind.CALL_FAILS:
        assert error.response["Error"]["Code"] == called.error == "InternalServerError"
        assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 500
        assert error.response["ResponseMetadata"]["RetryAttempts"] > 0
    else:
        assert isinstance(error, botocore.exceptions.EndpointConnectionError)
        assert called.error == "EndpointConnectionError"


def test_the_error_is_the_one_the_client_models(play_once):
    """`except client.exceptions.InternalServerError` works as on AWS."""
    caught = []

    def work(key):
        client = boto3.client("dynamodb")
        try:
            client.put_item(TableName="items", Item={"id": {"S": key}})
        except client.exceptions.InternalServerError:
            caught.append(key)

    play_once(work, strike(FaultKind.CALL_FAILS, PUT))
    assert caught == ["a"]


def test_a_lost_answer_leaves_the_effect_and_the_handler_sees_an_error(play_once):
    run, [error] = play_once(put_item, strike(FaultKind.ANSWER_LOST, PUT))
    assert items(run) == ["a"]
    assert isinstance(
        error, botocore.exceptions.ConnectionError | botocore.exceptions.HTTPClientError
    )


def test_an_answer_lost_once_is_repaired_by_the_sdk_and_counts_twice(play_once):
    run, seen = play_once(
        add_one,
        strike(FaultKind.ANSWER_LOST_ONCE, "dynamodb.UpdateItem totals a"),
        reset=create_everything,
    )
    assert seen == ["ok"]
    assert run.worlds[-1]["dynamodb"]["totals"] == [{"id": "a", "n": 2}]
    assert calls(run)[0].fault is FaultKind.ANSWER_LOST_ONCE


def add_in_a_transaction(key, **token):
    boto3.client("dynamodb").transact_write_items(
        TransactItems=[
            {
                "Update": {
                    "TableName": "totals",
                    "Key": {"id": {"S": key}},
                    "UpdateExpression": "ADD n :one",
                    "ExpressionAttributeValues": {":one": {"N": "1"}},
                }
            }
        ],
        **token,
    )


@pytest.mark.parametrize("token", [{}, {"ClientRequestToken": "the-same"}])
def test_a_call_with_an_idempotency_token_is_done_once_however_often_it_is_retried(
    play_once, token
):
    """The SDK makes one up where none is given, and keeps it for its retries."""
    run, seen = play_once(
        lambda key: add_in_a_transaction(key, **token),
        strike(FaultKind.ANSWER_LOST_ONCE, "dynamodb.TransactWriteItems totals a"),
        reset=create_everything,
    )
    assert seen == ["ok"]
    assert run.worlds[-1]["dynamodb"]["totals"] == [{"id": "a", "n": 1}]


def test_two_transactions_without_a_token_of_the_callers_are_two(play_once):
    """Look-alike of the above: the SDK's token is new for every call."""

    def twice(key):
        add_in_a_transaction(key)
        add_in_a_transaction(key)

    run, _ = play_once(twice, reset=create_everything)
    assert run.worlds[-1]["dynamodb"]["totals"] == [{"id": "a", "n": 2}]


def test_a_conditional_write_meets_its_own_effect_when_it_is_retried(play_once):
    """The handler is told that the condition failed, although it was this very call that wrote."""

    def work(key):
        boto3.client("dynamodb").put_item(
            TableName="items",
            Item={"id": {"S": key}},
            ConditionExpression="attribute_not_exists(id)",
        )

    run, [error] = play_once(work, strike(FaultKind.ANSWER_LOST_ONCE, PUT))
    assert error.response["Error"]["Code"] == "ConditionalCheckFailedException"
    assert items(run) == ["a"]


def test_a_client_that_does_not_retry_sees_the_one_lost_answer(play_once):
    def work(key):
        client = boto3.client("dynamodb", config=Config(retries={"max_attempts": 0}))
        client.put_item(TableName="items", Item={"id": {"S": key}})

    run, [error] = play_once(work, strike(FaultKind.ANSWER_LOST_ONCE, PUT))
    assert isinstance(error, botocore.exceptions.ConnectionClosedError)
    assert items(run) == ["a"]


@pytest.mark.parametrize("mode", [pytest.param("legacy", marks=pytest.mark.nightly), "standard"])
@pytest.mark.parametrize("kind", FAILURES)
def test_every_retry_mode_gives_up_in_no_virtual_time_to_speak_of(play_once, mode, kind):
    """Back-off draws its shortest pause, so the fault comes before the deadline."""

    def work(key):
        client = boto3.client("dynamodb", config=Config(retries={"mode": mode}))
        client.put_item(TableName="items", Item={"id": {"S": key}})

    run, seen = play_once(work, strike(kind, PUT))
    assert len(seen) == 1
    assert outcomes(run)[0].kind is ErrorKind.RAISED


def test_a_call_that_aws_refuses_is_told_with_its_code(play_once):
    run, [error] = play_once(lambda key: put_item(key, "nowhere"))
    assert calls(run)[0].error == "ResourceNotFoundException"
    assert calls(run)[0].fault is None
    assert error.response["Error"]["Code"] == "ResourceNotFoundException"


def test_a_call_that_botocore_refuses_is_told_by_its_error(play_once):
    run, _ = play_once(lambda key: boto3.client("dynamodb").put_item(TableName="items", Item=key))
    assert [(it.site, it.error) for it in calls(run)] == [
        ("dynamodb.PutItem items", "ParamValidationError")
    ]


def test_every_page_of_a_paginator_is_a_call(play_once):
    def work(key):
        for number in range(3):
            put_item(f"{key}{number}")
        pages = boto3.client("dynamodb").get_paginator("scan")
        list(pages.paginate(TableName="items", PaginationConfig={"PageSize": 1}))

    run, _ = play_once(work)
    scans = [it.nth for it in calls(run) if it.site == "dynamodb.Scan items"]
    assert scans[:3] == [1, 2, 3]


def test_a_body_that_is_a_stream_is_sent_again_whole(play_once):
    def work(key):
        boto3.client("s3").put_object(Bucket="bucket", Key=key, Body=io.BytesIO(b"whole"))

    run, seen = play_once(
        work,
        strike(FaultKind.ANSWER_LOST_ONCE, "s3.PutObject bucket a"),
        reset=create_everything,
    )
    assert seen == ["ok"]
    assert run.worlds[-1]["s3"]["bucket"]["a"]["body"] == "whole"
