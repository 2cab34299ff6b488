"""The fixtures for tests people write by hand: faults, simulator, context."""

from __future__ import annotations

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError
from moto import mock_aws

from sqs_contract import Deployment, Fault, FaultKind, SandboxEnded, UsageError
from sqs_contract.library.faults import SqsFaults

PUT_1 = "s3.PutObject things 1"


@pytest.fixture
def bucket(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket="things")
        yield s3


def put(s3, key="1"):
    s3.put_object(Bucket="things", Key=key, Body=b"x")


def keys(s3):
    return [item["Key"] for item in s3.list_objects_v2(Bucket="things").get("Contents", [])]


def test_calls_are_listed_by_the_labels_that_faults_go_by(bucket, sqs_faults):
    put(bucket)
    put(bucket, "2")
    assert sqs_faults.calls == [PUT_1, "s3.PutObject things 2"]
    assert sqs_faults.struck == []


def test_a_call_that_fails_has_no_effect(bucket, sqs_faults):
    sqs_faults.fail(PUT_1)
    with pytest.raises(ClientError, match="InternalError"):
        put(bucket)
    assert keys(bucket) == []
    assert sqs_faults.struck == [PUT_1]


def test_a_call_without_connection_has_no_effect(bucket, sqs_faults):
    sqs_faults.refuse_connection(PUT_1)
    with pytest.raises(EndpointConnectionError):
        put(bucket)
    assert keys(bucket) == []


def test_a_call_whose_answer_is_lost_took_effect(bucket, sqs_faults):
    sqs_faults.lose_answer(PUT_1)
    with pytest.raises(EndpointConnectionError):
        put(bucket)
    assert keys(bucket) == ["1"]


def test_an_answer_that_is_lost_once_is_repaired_by_the_sdk(bucket, sqs_faults):
    sqs_faults.lose_answer(PUT_1, once=True)
    put(bucket)
    assert keys(bucket) == ["1"]
    assert sqs_faults.struck == [PUT_1]


@pytest.mark.parametrize(("after", "there"), [(False, []), (True, ["1"])], ids=["before", "after"])
def test_what_is_killed_at_a_call_has_no_effect_afterwards(bucket, sqs_faults, after, there):
    sqs_faults.kill(PUT_1, after=after)
    with pytest.raises(SandboxEnded):
        put(bucket)
    sqs_faults.disarm()
    assert keys(bucket) == there


def test_the_nth_call_is_struck_and_what_comes_again_is_not(bucket, sqs_faults):
    sqs_faults.fail(PUT_1, nth=2)
    put(bucket)
    with pytest.raises(ClientError):
        put(bucket)


def test_a_slow_call_uses_up_the_time_of_the_invocation(bucket, sqs_faults, lambda_context):
    sqs_faults.slow(PUT_1, seconds=1)
    assert lambda_context.get_remaining_time_in_millis() == 3_000
    put(bucket)
    assert lambda_context.get_remaining_time_in_millis() in range(1_900, 2_001)


def test_a_call_that_takes_too_long_is_where_the_function_times_out(
    bucket, sqs_faults, lambda_context
):
    sqs_faults.slow(PUT_1, seconds=5)
    with pytest.raises(SandboxEnded):
        put(bucket)
    assert lambda_context.get_remaining_time_in_millis() == 0


def test_a_fault_that_strikes_nothing_is_an_error():
    """A test that injects nothing proves nothing."""
    faults = SqsFaults()
    with (
        pytest.raises(UsageError, match=f"no call '{PUT_1}' was made; those made were: none"),
        faults.installed(),
    ):
        faults.fail(PUT_1)


def test_an_nth_of_zero_is_refused(sqs_faults):
    with pytest.raises(UsageError, match="nth must be a whole number from 1, not 0"):
        sqs_faults.fail(PUT_1, nth=0)


def test_the_context_is_lambdas(lambda_context):
    assert lambda_context.memory_limit_in_mb == "128"
    assert lambda_context.get_remaining_time_in_millis() == 3_000


class TestAnotherDeployment:
    @pytest.fixture
    def sqs_deployment(self):
        return Deployment.of(function_timeout=60, memory_size=512, visibility_timeout=90)

    def test_is_that_of_the_context(self, lambda_context):
        assert lambda_context.memory_limit_in_mb == "512"
        assert lambda_context.get_remaining_time_in_millis() == 60_000

    def test_is_that_of_the_simulator(self, sqs_simulator):
        seen = []

        def fails_once(event, context):
            seen.append(event)
            if len(seen) == 1:
                raise RuntimeError("not yet")

        assert seconds_until_deleted(sqs_simulator(fails_once)) == 90


def seconds_until_deleted(simulation):
    """Virtual seconds from a message's sending to its end."""
    simulation.send("1")
    start = simulation.now
    simulation.run()
    assert simulation.deleted == ["1"]
    return round(simulation.now - start)


def test_the_simulators_world_is_mocked_aws_with_faults(sqs_simulator):
    """The handler's calls, and the test's, reach the same buckets."""

    def handler(event, context):
        for record in event["Records"]:
            put(boto3.client("s3"), record["body"])

    fault = Fault(kind=FaultKind.CALL_FAILS, site=PUT_1)
    simulation = sqs_simulator(handler, faults=[fault], visibility_timeout=60)
    boto3.client("s3").create_bucket(Bucket="things")
    assert seconds_until_deleted(simulation) == 60
    assert keys(boto3.client("s3")) == ["1"]


def test_a_deployment_is_given_in_one_way(sqs_simulator):
    with pytest.raises(UsageError, match="give a deployment or its settings, not both"):
        sqs_simulator(print, deployment=Deployment(), batch_size=1)
