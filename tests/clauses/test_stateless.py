"""`stateless`: cold or warm sandbox, one batch or several, the outcome is the same."""

from __future__ import annotations

import json
import time

import boto3
import pytest
from little_shop import write_module
from playing import (
    add_one,
    create_everything,
    modes,
    nothing,
    playing,
    reporting,
)

from sqs_contract import Contract
from sqs_contract.scenario import ScenarioMessage

CLAUSE = "stateless"


@pytest.fixture(scope="module")
def world():
    with playing(nothing) as stand:
        yield stand


@pytest.fixture
def judged(world):
    def judge(handler, *given, faults=(), **settings):
        settings = {"report_batch_item_failures": True, "max_receive_count": 2, **settings}
        stand = world.use(handler, reset=create_everything, **settings)
        return stand.judge(CLAUSE, *given, faults=faults)

    return judge


def order(key, name="m1", after_ms=0):
    return ScenarioMessage(name=name, body=json.dumps({"id": key}), after_ms=after_ms)


def writing_together(join):
    """Writes the records of a batch in one call, and reports them all where it fails."""

    def handler(event, _):
        items = [{"id": {"S": json.loads(it["body"])["id"]}} for it in event["Records"]]
        try:
            boto3.client("dynamodb").batch_write_item(
                RequestItems={"items": [{"PutRequest": {"Item": it}} for it in join(items)]}
            )
        except Exception:  # noqa: BLE001  as handlers do
            return {
                "batchItemFailures": [
                    {"itemIdentifier": record["messageId"]} for record in event["Records"]
                ]
            }
        return {"batchItemFailures": []}

    return handler


def test_two_records_that_are_refused_for_sharing_a_batch(judged):
    """DynamoDB takes no key twice in one call."""
    judgement = judged(writing_together(list), order("a"), order("a", "m2"))
    assert modes(judgement) == ["refused-batch"]
    (violation,) = judgement.violations
    assert violation.claim == "m1 and m2 are not accepted in one batch, and are one by one."
    assert "same key" in " ".join(violation.remedies)


def test_records_that_are_joined_by_key_may_share_a_batch(judged):
    """The correct twin."""

    def joined(items):
        return list({item["id"]["S"]: item for item in items}.values())

    assert modes(judged(writing_together(joined), order("a"), order("a", "m2"))) == []


def test_the_time_between_messages_is_no_state(judged):
    """Once a second at most: what is sent a second later is done, in whatever sandbox."""

    def once_a_second(data):
        client = boto3.client("dynamodb")
        try:
            add_one(
                f"{data['id']}-{int(time.time())}", ConditionExpression="attribute_not_exists(n)"
            )
        except client.exceptions.ConditionalCheckFailedException:
            return
        add_one("sum")

    handler = reporting(once_a_second)
    assert modes(judged(handler, order("a"), order("a", "m2", after_ms=1_000))) == []


def test_what_an_invocation_leaves_in_memory_is_state(in_tmp_path):
    """Look-alike: what is sent later is done by a new sandbox, and by a warm one is not."""
    write_module(
        in_tmp_path,
        "stateless_rows",
        """
        rows = []
        def effects():
            return list(rows)
        def reset():
            rows.clear()
        """,
    )
    write_module(
        in_tmp_path,
        "stateless_seen",
        """
        import json
        from stateless_rows import rows
        seen = set()
        def handler(event, context):
            for record in event["Records"]:
                customer = json.loads(record["body"])["customer"]
                if customer not in seen:
                    rows.append(record["body"])
                seen.add(customer)
        """,
    )
    report = Contract(
        "stateless_seen:handler",
        bodies=['{"id": 1, "customer": "ada"}', '{"id": 2, "customer": "ada"}'],
        effects="stateless_rows:effects",
        reset="stateless_rows:reset",
        clauses=[CLAUSE],
        max_examples=0,
    ).verify()
    (clause, *_) = report.clauses
    assert [finding.violation.mode for finding in clause.findings] == ["differs-cold"]
