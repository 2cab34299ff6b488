"""Creating, changing and removing mappings: defaults, limits, and AWS's refusals."""

from __future__ import annotations

import pytest
from aws_recorded import load, needs_recordings

from sqs_contract.model.arns import function_arn, queue_arn
from sqs_contract.model.mapping_api import FunctionFacts, MappingApi, MappingState
from sqs_contract.model.mapping_refusals import MappingRefused
from sqs_contract.model.settings import QueueSettings

ARN = queue_arn("orders")
FIFO = queue_arn("orders.fifo")
BASE = {"EventSourceArn": ARN, "FunctionName": "f"}


def api(*, visibility_ms=30_000, timeout_ms=3_000):
    return MappingApi(
        {
            ARN: QueueSettings(visibility_timeout_ms=visibility_ms),
            FIFO: QueueSettings(name="orders.fifo", fifo=True),
        },
        {name: FunctionFacts(arn=function_arn(name), timeout_ms=timeout_ms) for name in ("f", "g")},
    )


def refusal(call, *arguments) -> tuple[str, str, int]:
    with pytest.raises(MappingRefused) as refused:
        call(*arguments)
    return refused.value.code, refused.value.message, refused.value.http


def test_defaults():
    """S67: what comes back at once; no time, no ARN of its own."""
    answer = api().create(BASE).to_response()
    assert answer.pop("UUID")
    assert answer == {
        "BatchSize": 10,
        "MaximumBatchingWindowInSeconds": 0,
        "FunctionResponseTypes": [],
        "EventSourceArn": ARN,
        "FunctionArn": function_arn("f"),
        "State": "Creating",
        "StateTransitionReason": "USER_INITIATED",
    }


def test_all_settings_come_back_and_reach_the_model():
    criteria = {"Filters": [{"Pattern": '{"body": ["a"]}'}]}
    request = {
        **BASE,
        "BatchSize": 10_000,
        "MaximumBatchingWindowInSeconds": 300,
        "FunctionResponseTypes": ["ReportBatchItemFailures"],
        "ScalingConfig": {"MaximumConcurrency": 2},
        "FilterCriteria": criteria,
    }
    mapping = api().create(request)
    assert mapping.settings.batch_size == 10_000
    assert mapping.settings.window_ms == 300_000
    assert mapping.settings.report_batch_item_failures
    assert mapping.settings.maximum_concurrency == 2
    assert mapping.settings.filters is not None
    answer = mapping.to_response()
    assert answer["ScalingConfig"] == {"MaximumConcurrency": 2}
    assert answer["FilterCriteria"] == criteria


@pytest.mark.parametrize(
    ("changes", "code", "message"),
    [
        (
            {"BatchSize": 11},
            "InvalidParameterValueException",
            (
                "Maximum batch window in seconds must be greater than 0 if maximum batch size is "
                "greater than 10"
            ),
        ),
        (
            {"EventSourceArn": FIFO, "BatchSize": 11},
            "InvalidParameterValueException",
            (
                "Maximum batch window in seconds must be greater than 0 if maximum batch size is "
                "greater than 10"
            ),
        ),
        (
            {"EventSourceArn": FIFO, "MaximumBatchingWindowInSeconds": 1},
            "InvalidParameterValueException",
            "Batching window is not supported for FIFO queues",
        ),
        (
            {"DestinationConfig": {"OnFailure": {"Destination": ARN}}},
            "InvalidParameterValueException",
            "Unsupported DestinationConfig parameter for given event source mapping type.",
        ),
        (
            {"FilterCriteria": {"Filters": [{"Pattern": "null"}]}},
            "InvalidParameterValueException",
            "Invalid filter pattern definition.",
        ),
        (
            {"EventSourceArn": None},
            "InvalidParameterValueException",
            "Unrecognized event source.",
        ),
        ({"FunctionName": "h"}, "InvalidParameterValueException", "Function does not exist"),
        (
            {"EventSourceArn": queue_arn("none")},
            "InvalidParameterValueException",
            (
                "Error occurred while ReceiveMessage. SQS Error Code: "
                "AWS.SimpleQueueService.NonExistentQueue. SQS Error Message: The specified queue does "
                "not exist."
            ),
        ),
        (
            {
                "ScalingConfig": {"MaximumConcurrency": 2},
                "ProvisionedPollerConfig": {"MinimumPollers": 2},
            },
            "InvalidParameterValueException",
            "MaximumConcurrency and ProvisionedPollerConfig cannot be used together.",
        ),
    ],
)
def test_what_aws_refuses(changes, code, message):
    """S66, S68, S75, S80, S113."""
    assert refusal(api().create, {**BASE, **changes}) == (code, message, 400)


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"BatchSize": 0}, "greater than or equal to 1"),
        ({"BatchSize": 10_001}, "less than or equal to 10000"),
        ({"MaximumBatchingWindowInSeconds": 301}, "less than or equal to 300"),
        ({"ScalingConfig": {"MaximumConcurrency": 1}}, "greater than or equal to 2"),
        ({"ScalingConfig": {"MaximumConcurrency": 1_001}}, "less than or equal to 1000"),
        ({"ProvisionedPollerConfig": {"MinimumPollers": 1}}, "greater than or equal to 2"),
        ({"ProvisionedPollerConfig": {"MinimumPollers": 201}}, "less than or equal to 200"),
        ({"ProvisionedPollerConfig": {"MaximumPollers": 10_001}}, "less than or equal to 10000"),
        ({"FunctionResponseTypes": ["Report"]}, "enum value set: [ReportBatchItemFailures]"),
    ],
)
def test_numbers_out_of_range(changes, constraint):
    """S68, S74, S75."""
    code, message, http = refusal(api().create, {**BASE, **changes})
    assert (code, http) == ("ValidationException", 400)
    assert message.endswith(constraint)


def test_provisioned_pollers_are_told_back():
    """S75."""
    pollers = {"MinimumPollers": 2, "MaximumPollers": 10_000}
    mapping = api().create({**BASE, "ProvisionedPollerConfig": pollers})
    assert mapping.to_response()["ProvisionedPollerConfig"] == pollers


def test_the_queue_must_hide_messages_as_long_as_the_function_runs():
    """S77: equal will do; asked again on an update."""
    assert api(visibility_ms=3_000).create(BASE)
    assert refusal(api(visibility_ms=30_000, timeout_ms=300_000).create, BASE)[1] == (
        "Queue visibility timeout: 30 seconds is less than Function timeout: 300 seconds"
    )


def test_a_queue_feeds_a_function_once_and_several_functions():
    """S80."""
    calls = api()
    first = calls.create(BASE)
    code, message, http = refusal(calls.create, BASE)
    assert (code, http) == ("ResourceConflictException", 409)
    assert message == (
        f'An event source mapping with SQS arn (" {ARN} ") and function (" f ") already exists. '
        f"Please update or delete the existing mapping with UUID {first.uuid}"
    )
    assert calls.create({**BASE, "FunctionName": "g"}).uuid != first.uuid


def test_a_removed_mapping_makes_way_for_another():
    calls = api()
    uuid = calls.create(BASE).uuid
    assert calls.delete(uuid).state is MappingState.DELETING
    second = calls.create(BASE)
    assert calls.get(second.uuid) == second


@pytest.mark.parametrize(
    ("name", "qualifier"),
    [
        ("f", ""),
        ("f:1", ":1"),
        ("123456789012:function:f:live", ":live"),
        (function_arn("f"), ""),
        (f"{function_arn('f')}:1", ":1"),
    ],
)
def test_names_of_a_function(name, qualifier):
    """S81: name, partial and full ARN, with version or alias."""
    created = api().create({**BASE, "FunctionName": name})
    assert created.function_arn == function_arn("f") + qualifier


@pytest.mark.parametrize("call", ["get", "update", "delete"])
def test_an_unknown_mapping(call):
    arguments = ("none", {}) if call == "update" else ("none",)
    assert refusal(getattr(api(), call), *arguments) == (
        "ResourceNotFoundException",
        "The resource you requested does not exist.",
        404,
    )


def test_states():
    """S67: created, disabled, enabled, updated."""
    calls = api()
    disabled = calls.create({**BASE, "Enabled": False})
    assert disabled.state is MappingState.DISABLED
    assert calls.update(disabled.uuid, {"BatchSize": 5}).state is MappingState.DISABLED
    enabling = calls.update(disabled.uuid, {"Enabled": True})
    assert enabling.state is MappingState.ENABLING
    assert enabling.parameters["BatchSize"] == 5
    calls.settle()
    assert calls.get(disabled.uuid).state is MappingState.ENABLED
    assert calls.update(disabled.uuid, {"FunctionName": "f:2"}).state is MappingState.UPDATING
    assert calls.get(disabled.uuid).function_arn.endswith(":f:2")
    assert calls.update(disabled.uuid, {"Enabled": False}).state is MappingState.DISABLING
    calls.settle()
    assert calls.get(disabled.uuid).state is MappingState.DISABLED


def test_an_update_is_held_to_the_same_rules():
    """S68."""
    calls = api()
    uuid = calls.create(BASE).uuid
    assert refusal(calls.update, uuid, {"BatchSize": 11})[1].startswith("Maximum batch window")
    assert calls.update(uuid, {"BatchSize": 11, "MaximumBatchingWindowInSeconds": 1})


@needs_recordings
def test_recorded_errors_of_the_api():
    recorded = load("esm_api.json")["cases"][
        "TestLambdaEventSourceMappings::test_event_source_mapping_exceptions"
    ]["content"]
    calls = {
        "get_unknown_uuid": lambda: api().get("none"),
        "delete_unknown_uuid": lambda: api().delete("none"),
        "update_unknown_uuid": lambda: api().update("none", {}),
        "create_no_event_source_arn": lambda: api().create({"FunctionName": "none"}),
        "create_unknown_params": lambda: api().create({**BASE, "FunctionName": "none"}),
        "destination_config_failure": lambda: api().create(
            {**BASE, "DestinationConfig": {"OnFailure": {"Destination": ARN}}}
        ),
    }
    assert set(calls) == set(recorded)
    for name, call in calls.items():
        code, message, http = refusal(call)
        assert (code, message) == (
            recorded[name]["Error"]["Code"],
            recorded[name]["Error"]["Message"],
        )
        assert http == recorded[name]["ResponseMetadata"]["HTTPStatusCode"]
