"""`isolation`: a record's outcome does not hang on its neighbours."""

from __future__ import annotations

import json

import boto3
import pytest
from playing import modes, order, playing, poison, reporting, strike

from sqs_contract.scenario import FaultKind, ScenarioMessage

CLAUSE = "isolation"
REPORTING = {"report_batch_item_failures": True}


@pytest.fixture
def rows():
    return {}


@pytest.fixture
def judged(rows):
    def judge(handler, *given, faults=(), forget=list, **settings):
        with playing(
            handler,
            effects=lambda: rows,
            reset=lambda: (rows.clear(), forget()),
            **{"max_receive_count": 3, **settings},
        ) as stand:
            return stand.judge(CLAUSE, *given, faults=faults)

    return judge


@pytest.fixture
def put(rows):
    return lambda data: rows.update({data["id"]: data})


@pytest.fixture
def raising(put):
    def handler(event, _):
        for record in event["Records"]:
            put(json.loads(record["body"]))

    return handler


def test_a_handler_that_reports_the_poison_alone(judged, put):
    for given in ((order("a"), poison(), order("b")), (poison(), order("a"))):
        assert modes(judged(reporting(put), *given, **REPORTING)) == []


def test_an_exception_brings_the_healthy_to_the_dead_letter_queue(judged, raising):
    judgement = judged(raising, order("a"), poison())
    assert modes(judgement) == ["dead-lettered"]
    assert "m1 ended in the dead-letter queue because of p1" in judgement.violations[0].claim
    assert any("ReportBatchItemFailures" in it for it in judgement.violations[0].remedies)


def test_without_a_dead_letter_queue_the_healthy_come_back_for_ever(judged, raising):
    assert modes(judged(raising, order("a"), poison(), max_receive_count=None)) == [
        "never-acknowledged"
    ]


def test_an_exception_hurts_nobody_in_batches_of_one(judged, raising):
    """Look-alike: the same handler, deployed otherwise."""
    assert not judged(raising, order("a"), poison(), batch_size=1).tested


def test_stopping_at_the_poison_loses_what_comes_after_it(judged, put):
    def handler(event, _):
        failures = []
        for record in event["Records"]:
            try:
                put(json.loads(record["body"]))
            except Exception:  # noqa: BLE001  as handlers do
                failures.append({"itemIdentifier": record["messageId"]})
                break
        return {"batchItemFailures": failures}

    assert modes(judged(handler, poison(), order("a"), **REPORTING)) == ["not-done"]
    assert modes(judged(handler, order("a"), poison(), **REPORTING)) == []


def test_stopping_at_the_poison_and_reporting_the_rest_brings_them_back(judged, put):
    """On a standard queue the rest comes again beside the poison, until it is dead-lettered."""

    def handler(event, _):
        records = event["Records"]
        for number, record in enumerate(records):
            try:
                put(json.loads(record["body"]))
            except Exception:  # noqa: BLE001  as handlers do
                rest = records[number:]
                return {"batchItemFailures": [{"itemIdentifier": r["messageId"]} for r in rest]}
        return {"batchItemFailures": []}

    assert modes(judged(handler, poison(), order("a"), **REPORTING)) == ["dead-lettered"]


def test_dropping_poison_on_purpose_hurts_nobody(judged, put):
    def handler(event, _):
        for record in event["Records"]:
            try:
                put(json.loads(record["body"]))
            except ValueError:
                print("dropped")

    assert modes(judged(handler, order("a"), poison(), order("b"))) == []


def test_poison_in_an_earlier_batch_of_the_same_sandbox(judged, put):
    """A list of failures kept in the module: every later report is spoiled."""
    failures = []

    def handler(event, _):
        for record in event["Records"]:
            try:
                put(json.loads(record["body"]))
            except Exception:  # noqa: BLE001  as handlers do
                failures.append({"itemIdentifier": record["messageId"]})
        return {"batchItemFailures": failures}

    later = ScenarioMessage(name="m1", body=order("a"), after_ms=1_000)
    judgement = judged(handler, poison(), later, forget=failures.clear, **REPORTING)
    assert modes(judgement) == ["dead-lettered"]
    assert "They share no batch" in judgement.violations[0].why


def test_only_healthy_messages_or_only_poison_are_no_test(judged, put):
    assert not judged(reporting(put), order("a"), order("b"), **REPORTING).tested
    assert not judged(reporting(put), poison(), **REPORTING).tested


def test_a_run_with_faults_is_no_test_of_it(judged, raising):
    """What a fault does to the neighbours is not the poison's doing."""
    crash = strike(FaultKind.CRASH_AFTER, 1)
    assert not judged(raising, order("a"), poison(), faults=[crash]).tested


def test_poison_that_is_sent_anew_for_ever_is_not_told_as_a_matter_of_its_neighbours(judged, put):
    """The run is cut off while a healthy message waits for its turn: `drains` tells why."""

    def handler(event, _):
        sqs = boto3.client("sqs")
        for record in event["Records"]:
            try:
                put(json.loads(record["body"]))
            except ValueError:
                name = record["eventSourceARN"].rpartition(":")[2]
                url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
                sqs.send_message(QueueUrl=url, MessageBody=record["body"])

    later = ScenarioMessage(name="m1", body=order("a"), after_ms=1_000)
    assert not judged(handler, poison(), later).tested
