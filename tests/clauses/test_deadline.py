"""`deadline`: asked for by name, told by handlers that look at the time left, and do not."""

from __future__ import annotations

import textwrap

import pytest

from sqs_contract import Contract, Deployment
from sqs_contract.clauses.verdict import Verdict

WORLD = """
    import json, boto3

    dynamodb = boto3.client("dynamodb")

    def reset():
        dynamodb.create_table(
            TableName="orders",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )

    def save(record):
        order = json.loads(record["body"])
        dynamodb.get_item(TableName="orders", Key={"id": {"S": order["id"]}})
        dynamodb.put_item(TableName="orders", Item={"id": {"S": order["id"]}})
"""

CARELESS = """
    from timely_world import save

    def handler(event, context):
        for record in event["Records"]:
            save(record)
        return {"batchItemFailures": []}
"""

CAREFUL = """
    from timely_world import save

    def handler(event, context):
        failures = []
        for record in event["Records"]:
            if failures or context.get_remaining_time_in_millis() < 500:
                failures.append({"itemIdentifier": record["messageId"]})
            else:
                save(record)
        return {"batchItemFailures": failures}
"""


@pytest.mark.parametrize(
    ("source", "verdict"), [(CARELESS, Verdict.VIOLATED), (CAREFUL, Verdict.HELD)]
)
def test_a_handler_that_does_not_look_at_the_time_times_out(in_tmp_path, source, verdict):
    write(in_tmp_path, "timely_world", WORLD)
    write(in_tmp_path, "timely_handler", source)
    report = contract(clauses=["deadline"]).verify()
    [clause] = report.clauses
    assert (clause.id, clause.verdict) == ("deadline", verdict)


@pytest.mark.long
def test_it_is_judged_only_where_it_is_asked_for(in_tmp_path):
    write(in_tmp_path, "timely_world", WORLD)
    write(in_tmp_path, "timely_handler", CARELESS)
    assert "deadline" not in {clause.id for clause in contract().verify().clauses}


def contract(**more):
    return Contract(
        "timely_handler:handler",
        bodies=['{"id": "a"}'],
        reset="timely_world:reset",
        deployment=Deployment.of(report_batch_item_failures=True, function_timeout=3),
        max_examples=0,
        **more,
    )


def write(directory, name, text):
    (directory / f"{name}.py").write_text(textwrap.dedent(text), encoding="utf-8")
