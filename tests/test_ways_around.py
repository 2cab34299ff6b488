"""The ways around a batch that is all or nothing, in `examples/ways_around`: each keeps what
docs/ways-around.md says it keeps, and breaks what it says it breaks."""

from __future__ import annotations

import dataclasses
import re
import shutil
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from sqs_contract.clauses.verdict import Verdict
from sqs_contract.configuration import read_contracts
from sqs_contract.configured import ConfiguredContract

ROOT = Path(__file__).parents[1]
CONTRACTS = ROOT / "examples" / "ways_around" / "pyproject.toml"

REPORTS_NOTHING = {"exact-report"}
"""What cannot be checked where the mapping reads no report."""

WAYS = {
    "one-at-a-time": (set(), REPORTS_NOTHING | {"isolation"}),
    "idempotent": ({"isolation"}, REPORTS_NOTHING),
    "dead-letters-by-hand": (set(), REPORTS_NOTHING),
    "deletes-by-hand": (set(), REPORTS_NOTHING),
    "sends-back": (set(), set()),
    "one-after-the-other": (set(), set()),
    "two-at-a-time": ({"no-loss"}, set()),
}
"""Of each contract, which clauses are violated and which cannot be checked; all others held."""

pytestmark = pytest.mark.corpus


QUICK = ("deletes-by-hand", "sends-back")
"""The others are tried by what docs/ways-around.md shows, and nightly by all there is."""


def verdicts(name, max_examples, file=CONTRACTS, **more):
    configured = read_contracts(file)[name]
    options = {**configured.options, "max_examples": max_examples, **more}
    [report] = ConfiguredContract.of(dataclasses.replace(configured, options=options)).verify()
    return {
        verdict: {result.id for result in report.clauses if result.verdict is verdict}
        for verdict in Verdict
    }


@pytest.mark.parametrize("name", QUICK)
def test_a_way_keeps_what_it_keeps_and_breaks_what_it_breaks(name):
    """Under every single fault."""
    found = verdicts(name, max_examples=0)
    assert (found[Verdict.VIOLATED], found[Verdict.NOT_CHECKED]) == WAYS[name]
    assert found[Verdict.HELD] >= {"response-shape", "stateless", "drains"}


@pytest.mark.nightly
@pytest.mark.parametrize("name", WAYS)
def test_a_way_does_so_under_several_faults_too(name):
    found = verdicts(name, max_examples=300)
    assert (found[Verdict.VIOLATED], found[Verdict.NOT_CHECKED]) == WAYS[name]


@pytest.mark.nightly
@pytest.mark.parametrize(
    ("instead", "violated"), [("put_aside(record, error)", set()), ("continue", {"no-loss"})]
)
def test_whatever_is_put_aside_is_not_lost_and_what_is_dropped_is(
    tmp_path, monkeypatch, instead, violated
):
    """Where every error is caught, healthy messages go aside when the table is down."""
    shutil.copytree(CONTRACTS.parent, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    handler = tmp_path / "dead_letters_by_hand.py"
    text = handler.read_text(encoding="utf-8")
    assert "except BAD_BODY as error" in text
    text = text.replace("except BAD_BODY as", "except Exception as")
    handler.write_text(
        text.replace("            put_aside(record, error)", f"            {instead}")
    )
    file = tmp_path / CONTRACTS.name
    found = verdicts("dead-letters-by-hand", 0, file, clauses=("no-loss",))
    assert found[Verdict.VIOLATED] == violated


def test_what_was_sent_back_three_times_is_kept_for_a_person(monkeypatch):
    """No message with an attribute of the handler's own is among the bodies."""
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": "us-east-1", "GIVEN_UP_TABLE": "given-up",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    monkeypatch.syspath_prepend(str(CONTRACTS.parent))
    with mock_aws():
        sqs, dynamodb = boto3.client("sqs"), boto3.resource("dynamodb")
        queue = sqs.create_queue(QueueName="in-order.fifo", Attributes={"FifoQueue": "true"})
        monkeypatch.setenv("QUEUE_URL", queue["QueueUrl"])
        table = dynamodb.create_table(
            TableName="given-up",
            KeySchema=[{"AttributeName": "message_id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "message_id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
        import sends_back

        for times in (None, 1, 2, 3):
            assert sends_back.handler(dead_letter(times), None) == {"batchItemFailures": []}
        got = sqs.receive_message(
            QueueUrl=queue["QueueUrl"], MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        )["Messages"]
        sent = [message["MessageAttributes"]["sentBack"]["StringValue"] for message in got]
        assert sent == ["1", "2", "3"]
        assert table.scan()["Items"] == [{"message_id": "m-3", "body": "an order"}]


def dead_letter(times):
    number = {"dataType": "Number", "stringValue": str(times)}
    record = {
        "messageId": f"m-{times}",
        "body": "an order",
        "attributes": {"MessageGroupId": "g"},
        "messageAttributes": {} if times is None else {"sentBack": number},
    }
    return {"Records": [record]}


def test_each_way_has_its_contract_and_its_section():
    assert list(read_contracts(CONTRACTS)) == list(WAYS)
    text = (ROOT / "docs" / "ways-around.md").read_text(encoding="utf-8")
    assert re.findall(r"^Contract: `([a-z-]+)`", text, re.MULTILINE) == list(WAYS)
