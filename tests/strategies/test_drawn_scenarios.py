"""Receive counts, fault plans, deployments, whole scenarios, handlers' responses."""

from __future__ import annotations

import json
import math

import pytest
from aws_could_send import check_body, check_event, values_in
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from sqs_contract import Deployment, FaultKind, Simulation
from sqs_contract.fault_plan import POLLING_FAULTS
from sqs_contract.model.invocation import Returned
from sqs_contract.model.response import Effect, Row, read_outcome
from sqs_contract.model.settings import DeduplicationScope
from sqs_contract.scenario import (
    CALL_FAULTS,
    OVERLAP_FAULTS,
    STANDARD_ONLY,
    TIME_FAULTS,
    Fault,
    Scenario,
)
from sqs_contract.strategies import (
    deployments,
    envelopes,
    fault_plans,
    fifo_events,
    handler_responses,
    receive_counts,
    records,
    regions,
    scenarios,
    sqs_events,
)
from sqs_contract.targets.marshal import Marshaller


def drawn(strategy, count=200):
    found = []

    @settings(
        max_examples=count, database=None, phases=[Phase.generate], derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(strategy)
    def collect(value):
        found.append(value)

    collect()
    return found


# Receive counts and regions


def test_receive_counts_never_exceed_what_the_redrive_policy_allows(minimal):
    """S57: a handler sees 1 to N, and never N + 1."""
    assert set(drawn(receive_counts(max_receive_count=3))) == {1, 2, 3}
    assert set(drawn(receive_counts(max_receive_count=1), 20)) == {1}
    assert max(drawn(receive_counts())) > 10
    assert minimal(receive_counts()) == 1
    assert minimal(receive_counts(), lambda count: count > 1) == 2


@pytest.mark.parametrize("strategy", [sqs_events, records, fifo_events])
@pytest.mark.parametrize("most", [1, 2, 3])
def test_no_record_was_received_more_often_than_the_queue_allows(strategy, most):
    counts = set()
    for made in drawn(strategy(max_receive_count=most), 100):
        event = made if "Records" in made else {"Records": [made]}
        counts |= values_in([event], "attributes", "ApproximateReceiveCount")
    assert counts == {str(count) for count in range(1, most + 1)}


@pytest.mark.parametrize("value", [0, 1_001, "3", 1.5, True])
@pytest.mark.parametrize("strategy", [sqs_events, records, fifo_events, receive_counts])
def test_a_redrive_policy_aws_refuses_is_told(strategy, value):
    """S63."""
    with pytest.raises(InvalidArgument, match=r"max_receive_count=.* must be an integer from 1 to"):
        strategy(max_receive_count=value)


def test_regions_of_every_partition(minimal):
    """S16."""
    events = drawn(regions().flatmap(lambda region: sqs_events(region=region, max_records=1)))
    for event in events:
        check_event(event)
    arns = values_in(events, "eventSourceARN")
    assert {arn.split(":")[1] for arn in arns} == {
        "aws", "aws-cn", "aws-us-gov", "aws-iso", "aws-iso-b", "aws-eusc",
    }  # fmt: skip
    assert minimal(regions()) == "us-east-1"


# Fault plans

SITES = ["dynamodb.PutItem orders a1", "sns.Publish topic", "dynamodb.BatchWriteItem orders"]


def test_every_kind_of_fault_is_drawn_and_survives_json():
    found = drawn(fault_plans(sites=SITES), 400)
    kinds = {fault.kind for plan in found for fault in plan}
    assert kinds == set(FaultKind) - POLLING_FAULTS
    assert {len(plan) for plan in found} == {0, 1, 2, 3}
    for plan in found:
        assert len(set(plan)) == len(plan)
        assert [Fault.from_json(fault.to_json()) for fault in plan] == list(plan)
        assert {fault.site for fault in plan} <= {None, *SITES}


def test_a_call_is_struck_by_what_can_strike_it():
    """A put fails or does not; only a batch fails in part, and a database throttles nobody."""
    sites = ["dynamodb.PutItem orders a1", "sqlite3.INSERT orders"]
    found = {fault for plan in drawn(fault_plans(sites=sites), 400) for fault in plan}
    struck = {(fault.site, fault.kind) for fault in found if fault.kind in CALL_FAULTS}
    assert {kind for _, kind in struck} == CALL_FAULTS - {
        FaultKind.PARTLY_FAILS,
        FaultKind.PARTLY_FAILS_ONCE,
    }
    assert (sites[0], FaultKind.CALL_THROTTLED) in struck
    assert (sites[1], FaultKind.CALL_THROTTLED) not in struck
    partly = fault_plans(sites=["sqlite3.INSERT orders"])
    assert not any(
        fault.kind is FaultKind.PARTLY_FAILS for plan in drawn(partly, 200) for fault in plan
    )


def test_no_call_is_struck_where_none_is_named():
    found = drawn(fault_plans(messages=["a"]), 200)
    kinds = {fault.kind for plan in found for fault in plan}
    assert kinds == (set(FaultKind) - CALL_FAULTS - OVERLAP_FAULTS - TIME_FAULTS - POLLING_FAULTS)
    assert {fault.message for plan in found for fault in plan} == {None, "a"}
    assert {len(plan) for plan in drawn(fault_plans(max_faults=0), 5)} == {0}


def test_fault_plans_shrink_to_none_and_a_fault_to_the_first_message(minimal):
    assert minimal(fault_plans()) == ()
    (fault,) = minimal(fault_plans(), bool)
    assert fault == Fault(kind=FaultKind.DUPLICATE_IN_BATCH, message="m1")
    (fault,) = minimal(
        fault_plans(sites=SITES), lambda plan: any(f.kind in CALL_FAULTS for f in plan)
    )
    assert fault.site == SITES[0]
    assert fault.nth == 1


# Deployments


def test_deployments_are_ones_aws_accepts(minimal):
    """S68, S77: limits and pairs of settings; and what is drawn loads again."""
    found = drawn(deployments(), 300)
    for deployment in found:
        assert Deployment.from_json(deployment.to_json()) == deployment
        assert deployment.queue.visibility_timeout_ms >= deployment.function.timeout_ms
        assert deployment.mapping.batch_size <= 10 or deployment.mapping.window_ms >= 1_000
    assert {d.mapping.report_batch_item_failures for d in found} == {True, False}
    assert {d.queue.max_receive_count for d in found} >= {None, 1, 3, 1_000}
    assert minimal(deployments()) == Deployment()


# Scenarios


def test_scenarios_are_whole_and_load_again():
    for scenario in drawn(scenarios(bodies=envelopes(), sites=SITES), 150):
        assert Scenario.from_json(json.loads(json.dumps(scenario.to_json()))) == scenario
        names = [message.name for message in scenario.messages]
        assert names == [f"m{number}" for number in range(1, len(names) + 1)]
        assert {fault.message for fault in scenario.faults} <= {None, *names}
        times = [message.after_ms for message in scenario.messages]
        assert times == sorted(times)
        for message in scenario.messages:
            check_body(message.body)


def test_scenarios_hold_what_was_asked_for():
    found = drawn(
        scenarios(
            bodies=st.just("x"),
            deployments=st.just(Deployment.of(batch_size=1)),
            min_messages=2,
            max_messages=4,
            max_faults=1,
        )
    )
    assert {len(scenario.messages) for scenario in found} == {2, 3, 4}
    assert {len(scenario.faults) for scenario in found} == {0, 1}
    assert {scenario.deployment.mapping.batch_size for scenario in found} == {1}
    assert {message.body for scenario in found for message in scenario.messages} == {"x"}
    assert any(scenario.messages[-1].after_ms for scenario in found)


def test_scenarios_of_a_fifo_queue(minimal):
    """S45, S51: every message has a group, some are duplicates, and nothing strikes that a
    FIFO queue does not do by itself; and they can be played."""
    fifo = scenarios(bodies=st.just("x"), deployments=deployments(fifo=True), max_messages=5)
    found = drawn(fifo, 150)
    for scenario in found:
        assert Scenario.from_json(json.loads(json.dumps(scenario.to_json()))) == scenario
        assert {fault.kind for fault in scenario.faults} & STANDARD_ONLY == set()
        assert scenario.deployment.mapping.batch_size <= 10
        assert scenario.deployment.mapping.window_ms == 0
    messages = [scenario.messages for scenario in found]
    assert {message.group_id for sent in messages for message in sent} == {
        "group-1", "group-2", "group-3",
    }  # fmt: skip
    distinct = [len({message.deduplication_id for message in sent}) for sent in messages]
    assert any(count < len(sent) for count, sent in zip(distinct, messages, strict=True))
    scopes = {scenario.deployment.queue.deduplication_scope for scenario in found}
    assert scopes == set(DeduplicationScope)
    (message,) = minimal(fifo).messages
    assert (message.group_id, message.deduplication_id) == ("group-1", "m1")
    with pytest.raises(InvalidArgument, match="fifo='yes' must be True or False"):
        deployments(fifo="yes")


def test_a_scenario_shrinks_to_one_plain_message_and_no_fault(minimal):
    found = minimal(scenarios())
    (message,) = found.messages
    assert (message.name, message.body, message.after_ms) == ("m1", '{"id": 0}', 0)
    assert (found.deployment, found.faults, found.seed) == (Deployment(), (), 0)


@pytest.mark.nightly
def test_messages_and_faults_shrink_together(minimal):
    found = minimal(
        scenarios(max_messages=2, max_faults=1, deployments=st.just(Deployment())),
        lambda scenario: any(fault.message == "m2" for fault in scenario.faults),
    )
    assert [message.body for message in found.messages] == ['{"id": 0}'] * 2
    assert found.faults == (Fault(kind=FaultKind.DUPLICATE_IN_BATCH, message="m2"),)


def test_scenarios_can_be_played():
    """On the simulator: every message is delivered, deleted or waits in the end."""
    for scenario in drawn(scenarios(bodies=st.just("x")), 15):
        events = []

        def handler(event, context, events=events):
            events.append(event)

        simulation = Simulation(handler, deployment=scenario.deployment, faults=scenario.faults)
        for message in scenario.messages:
            simulation.send(message.body)
        simulation.run()
        ended = [*simulation.deleted, *simulation.waiting, *simulation.dead_letters]
        assert len(ended) == len(scenario.messages)
        assert events or simulation.dead_letters
        for event in events:  # a message may stand twice in a batch: by a fault, or a long window
            records = {record["messageId"]: record for record in event["Records"]}
            check_event({"Records": list(records.values())})


@pytest.mark.parametrize(
    ("strategy", "arguments", "said"),
    [
        (scenarios, {"min_messages": 0}, "min_messages=0"),
        (scenarios, {"max_messages": 101}, "max_messages=101"),
        (scenarios, {"max_faults": 21}, "max_faults=21"),
        (scenarios, {"bodies": "x"}, "bodies='x' must be a strategy"),
        (scenarios, {"deployments": Deployment()}, r"must be a strategy; write strategies.just"),
        (scenarios, {"sites": "sns"}, "sites='sns' must be a list of texts"),
        (fault_plans, {"messages": []}, "must name at least one message"),
        (fault_plans, {"messages": [""]}, "messages: '' is no text that says something"),
        (fault_plans, {"messages": 5}, "messages=5 must be a list of texts"),
        (fault_plans, {"max_faults": "1"}, "max_faults='1'"),
    ],
)
def test_wrong_arguments_are_told_at_the_call(strategy, arguments, said):
    with pytest.raises(InvalidArgument, match=said):
        strategy(**arguments)


# Responses

IDS = ["11111111-1111-4111-a111-111111111111", "22222222-2222-4222-a222-222222222222"]
ROWS = (4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14)


def reading_of(response):
    """How AWS reads it, by the model."""
    outcome = Marshaller("python3.13").marshal(response, "request")
    assert isinstance(outcome, Returned)
    return read_outcome(outcome, IDS, reporting=True)


@pytest.mark.parametrize("row", ROWS)
def test_a_response_is_read_by_the_row_it_was_asked_of(row):
    """S82-S89, rows 4 to 14 of the table."""
    for response in drawn(handler_responses(IDS, rows=[row]), 60):
        assert reading_of(response).row is Row(row)


def test_well_formed_responses_do_what_they_say():
    """S83: what is reported is kept, and nothing else."""
    for response in drawn(handler_responses(IDS, well_formed=True)):
        reading = reading_of(response)
        items = (response or {}).get("batchItemFailures") or []
        assert {i for i in IDS if reading.keeps(i)} == {item["itemIdentifier"] for item in items}


def test_ill_formed_responses_lose_or_repeat_the_whole_batch():
    for response in drawn(handler_responses(IDS, well_formed=False)):
        assert reading_of(response).effect in {Effect.DELETE_ALL, Effect.KEEP_ALL}
        assert reading_of(response).row not in {4, 5, 6, 9}


def test_every_row_is_drawn_and_every_subset_reported():
    rows = {int(reading_of(response).row) for response in drawn(handler_responses(IDS), 400)}
    assert rows == set(ROWS)
    reported = {
        reading_of(response).reported for response in drawn(handler_responses(IDS, rows=[9]))
    }
    assert reported == {frozenset(IDS[:1]), frozenset(IDS[1:]), frozenset(IDS)}


def test_the_batch_may_be_an_event():
    (event,) = drawn(sqs_events(min_records=3, max_records=3), 1)
    ids = {record["messageId"] for record in event["Records"]}
    for response in drawn(handler_responses(event, rows=[9]), 30):
        assert {item["itemIdentifier"] for item in response["batchItemFailures"]} <= ids


@pytest.mark.parametrize(
    ("arguments", "smallest"),
    [
        ({}, {"batchItemFailures": []}),
        ({"well_formed": True}, {"batchItemFailures": []}),
        ({"well_formed": False}, {"statusCode": 200}),
        ({"rows": [9]}, {"batchItemFailures": [{"itemIdentifier": IDS[0]}]}),
        ({"rows": [10]}, {"batchItemFailures": [{"ItemIdentifier": IDS[0]}]}),
        ({"rows": [14, 9]}, "ok"),
    ],
    ids=str,
)
def test_responses_shrink_to_the_simplest_of_the_first_row(minimal, arguments, smallest):
    assert minimal(handler_responses(IDS, **arguments)) == smallest


def test_a_report_shrinks_to_the_failures_that_matter(minimal):
    found = minimal(
        handler_responses(IDS),
        lambda response: isinstance(response, dict) and IDS[1] in json.dumps(response),
    )
    assert found == {"batchItemFailures": [{"itemIdentifier": IDS[1]}]}


def test_what_python_writes_and_no_strict_reader_takes_is_drawn():
    """S124: NaN leaves the function as `NaN`."""
    found = drawn(handler_responses(IDS, rows=[13]))
    assert any(isinstance(response, float) and math.isnan(response) for response in found)
    assert any(isinstance(response, bytes) for response in found)


@pytest.mark.parametrize(
    ("batch", "arguments", "said"),
    [
        ([], {}, "must hold at least one record"),
        ({"Records": []}, {}, "must hold at least one record"),
        ("id", {}, "must be an event, or a list of message ids"),
        (5, {}, "must be an event, or a list of message ids"),
        ([""], {}, "ids are texts that are not empty"),
        (IDS, {"rows": [3]}, "rows: there is no 3; known are 4, 5, 6"),
        (IDS, {"rows": []}, "must name at least one row"),
        (IDS, {"rows": [9], "well_formed": True}, "exclude each other"),
        (IDS, {"well_formed": "yes"}, "must be True, False or None"),
    ],
)
def test_a_wrong_batch_or_row_is_told_at_the_call(batch, arguments, said):
    with pytest.raises(InvalidArgument, match=said):
        handler_responses(batch, **arguments)
