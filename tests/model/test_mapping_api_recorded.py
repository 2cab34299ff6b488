"""What Lambda was recorded answering about mappings, held against the model (S66-S68, S80).

The rules are tested by cases of our own in test_mapping_api.py and test_filters.py.
"""

from __future__ import annotations

import json

import pytest
from aws_recorded import Masks, load, needs_recordings

from sqs_contract.model.arns import function_arn, queue_arn
from sqs_contract.model.mapping_api import CREATED, FunctionFacts, MappingApi
from sqs_contract.model.mapping_refusals import MappingRefused
from sqs_contract.model.settings import QueueSettings

PLACE = {"region": "eu-central-1", "account": "000011112222"}
ARN = queue_arn("q", **PLACE)
FUNCTION = function_arn("f", **PLACE)
BASE = {"EventSourceArn": ARN, "FunctionName": "f"}
SETTINGS = (
    "BatchSize",
    "MaximumBatchingWindowInSeconds",
    "FunctionResponseTypes",
    "ScalingConfig",
    "FilterCriteria",
)
NOT_COMPARED = frozenset({"LastModified", "EventSourceMappingArn", "Type", "message"})
FILES = ("esm_sqs.json", "esm_sqs_filters_2024.json")
CASES = {
    f"{file} {name.rpartition('::')[2]}": case["content"]
    for file in FILES
    for name, case in load(file).get("cases", {}).items()
}
FORMS = {
    name: answer
    for case in load("esm_api.json").get("cases", {}).values()
    for name, answer in case["content"].items()
    if name.endswith("_create_esm")
}
QUALIFIERS = {"latest": "$LATEST", "version": "1", "alias": "myalias"}


def api():
    return MappingApi({ARN: QueueSettings(name="q")}, {"f": FunctionFacts(arn=FUNCTION)})


def answered(call, *arguments, http=CREATED):
    """An answer of ours, or the error it is, as botocore shows them."""
    try:
        answer = call(*arguments).to_response()
    except MappingRefused as refused:
        error = {"Code": refused.code, "Message": refused.message}
        return {"Error": error, "ResponseMetadata": {"HTTPStatusCode": refused.http}}
    return {**answer, **({"ResponseMetadata": {"HTTPStatusCode": http}} if http else {})}


def differences(recorded, ours):
    return list(Masks(without=NOT_COMPARED).differences(recorded, ours))


def unmasked(value):
    """A setting as it was given: patterns are text, a window that was masked is one of 10 s."""
    if isinstance(value, str):
        return 10
    if isinstance(value, dict) and "Filters" in value:
        patterns = [item["Pattern"] for item in value["Filters"]]
        return {
            "Filters": [
                {"Pattern": it if isinstance(it, str) else json.dumps(it)} for it in patterns
            ]
        }
    return value


def created_in(content):
    """The recorded answers to CreateEventSourceMapping."""
    return [
        answer
        for answer in content.values()
        if isinstance(answer, dict) and answer.get("State") in ("Creating", "Disabled")
    ]


@needs_recordings
@pytest.mark.parametrize("case", [case for case in CASES if created_in(CASES[case])])
def test_a_created_mapping_is_told_as_recorded(case):
    """S67, S68, S107: settings and defaults."""
    for recorded in created_in(CASES[case]):
        given = {name: unmasked(recorded[name]) for name in SETTINGS if name in recorded}
        enabled = recorded["State"] != "Disabled"
        http = recorded.get("ResponseMetadata", {}).get("HTTPStatusCode")
        ours = answered(api().create, {**BASE, **given, "Enabled": enabled}, http=http)
        assert differences(recorded, ours) == []


@needs_recordings
@pytest.mark.parametrize("form", sorted(FORMS))
def test_a_function_may_be_named_in_several_ways(form):
    """S81: what is told back is the full ARN, with the version or alias that was given."""
    qualifier = QUALIFIERS.get(form.split("_")[2], "")
    recorded = FORMS[form]
    if not recorded["FunctionArn"].endswith(qualifier):
        qualifier = ""  # a full ARN without one
    name = {
        "name": "f",
        "partial": f"{PLACE['account']}:function:f",
        "full": FUNCTION,
    }[form.split("_")[0]]
    named = f"{name}:{qualifier}" if qualifier else name
    ours = answered(api().create, {**BASE, "FunctionName": named})
    assert differences(recorded, ours) == []
    assert ours["FunctionArn"].removeprefix(FUNCTION).removeprefix(":") == qualifier


@needs_recordings
def test_errors_of_mappings_on_queues():
    """S68, S80, S113."""
    twice = api()
    uuid = twice.create(BASE).uuid
    eleven = {"BatchSize": 11}
    by_case = {
        "test_event_source_mapping_default_batch_size": {
            "invalid-create-event-source-mapping": answered(api().create, {**BASE, **eleven}),
            "invalid-update-event-source-mapping": answered(twice.update, uuid, eleven),
        },
        "test_duplicate_event_source_mappings": {"error": answered(twice.create, BASE)},
        "test_esm_with_not_existing_sqs_queue": {
            "error": answered(api().create, {**BASE, "EventSourceArn": queue_arn("none")})
        },
        **{
            f"test_sqs_invalid_event_filter[{name}]": {
                "create_event_source_mapping_exception": answered(
                    api().create, {**BASE, "FilterCriteria": {"Filters": [{"Pattern": pattern}]}}
                )
            }
            for name, pattern in {
                "None": "null",
                "simple string": "simple string",
                "invalid_filter2": '{"eventSource": "aws:sqs"}',
                "invalid_filter3": '{"eventSource": []}',
            }.items()
        },
    }
    for case, ours in by_case.items():
        recorded = CASES[f"esm_sqs.json {case}"]
        for label, answer in ours.items():
            assert differences(recorded[label], answer) == []


@needs_recordings
def test_the_states_a_mapping_goes_through():
    """S67, S105: disabled, enabling, enabled; updating to another version, enabled."""
    recorded = CASES["esm_sqs.json test_fifo_message_group_parallelism"]
    calls = api()
    mapping = calls.create({**BASE, "BatchSize": 1, "Enabled": False})
    masks = Masks(without=NOT_COMPARED | {"ResponseMetadata"})
    steps = [
        (recorded["create_esm_disabled"], mapping),
        (recorded["update_esm_enabling"], calls.update(mapping.uuid, {"Enabled": True})),
    ]
    calls.settle()
    steps.append((recorded["get_esm_enabled"], calls.get(mapping.uuid)))
    updated = CASES["esm_sqs.json test_sqs_event_source_mapping_update"]
    calls = api()
    window = {"MaximumBatchingWindowInSeconds": 1}
    mapping = calls.create({**BASE, **window, "FunctionName": "f:1"})
    calls.settle()
    steps.append((updated["updated_esm"], calls.update(mapping.uuid, {"FunctionName": "f:2"})))
    calls.settle()
    steps.append((updated["updated_event_source_mapping"], calls.get(mapping.uuid)))
    for number, (left, right) in enumerate(steps):
        if number == 3:
            masks = Masks(without=NOT_COMPARED | {"ResponseMetadata"})  # another recording
        assert list(masks.differences(left, right.to_response())) == []
