"""A function in bash, behind a runtime of bash and curl as AWS's tutorial on custom runtimes writes
it: whatever speaks the Runtime API can be verified."""

from __future__ import annotations

import shutil

import pytest

from sqs_contract import Deployment, Fault, FaultKind
from sqs_contract.endpoints.connection import Connection
from sqs_contract.endpoints.endpoint import Endpoint
from sqs_contract.history import Called, Ended
from sqs_contract.model.invocation import ErrorKind
from sqs_contract.runtime.player import RuntimePlayer
from sqs_contract.runtime.spec import RuntimeSpec
from sqs_contract.scenario import Scenario, ScenarioMessage
from sqs_contract.targets.program import ProgramSpec

BOOTSTRAP = r"""
set -euo pipefail
source "$LAMBDA_TASK_ROOT/$(echo "$_HANDLER" | cut -d. -f1).sh"
while true
do
  HEADERS="$(mktemp)"
  EVENT_DATA=$(curl -sS -LD "$HEADERS" "http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/next")
  REQUEST_ID=$(grep -Fi Lambda-Runtime-Aws-Request-Id "$HEADERS" | tr -d '[:space:]' | cut -d: -f2)
  RESPONSE=$($(echo "$_HANDLER" | cut -d. -f2) "$EVENT_DATA")
  curl -sS "http://${AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime/invocation/$REQUEST_ID/response" -d "$RESPONSE" > /dev/null
done
"""

FUNCTION = r"""
add() {
  curl -sS -f -o /dev/null "$AWS_ENDPOINT_URL" \
    --aws-sigv4 "aws:amz:$AWS_REGION:dynamodb" --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \
    -H "X-Amz-Target: DynamoDB_20120810.UpdateItem" -H "Content-Type: application/x-amz-json-1.0" \
    -d '{"TableName": "totals", "Key": {"k": {"S": "all"}}, "UpdateExpression": "ADD #t :one",
         "ExpressionAttributeNames": {"#t": "total"},
         "ExpressionAttributeValues": {":one": {"N": "1"}}}'
}

adds_again() {
  if add; then echo '{"batchItemFailures": []}'; return; fi
  id=$(grep -o '"messageId": *"[^"]*' <<< "$1" | cut -d'"' -f4)
  echo "{\"batchItemFailures\": [{\"itemIdentifier\": \"$id\"}]}"
}

falls() { exit 3; }
"""

WORLD = """
import boto3

def reset():
    boto3.client("dynamodb", region_name="us-east-1").create_table(
        TableName="totals", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
    )
"""

SITE = "dynamodb.UpdateItem totals all"
DEPLOYMENT = Deployment.of(report_batch_item_failures=True, function_timeout=5)
MESSAGE = ScenarioMessage(name="m1", body="1")


@pytest.fixture
def player(in_tmp_path):
    if shutil.which("bash") is None or shutil.which("curl") is None:
        pytest.skip("bash and curl are not installed")
    (in_tmp_path / "bootstrap").write_text(BOOTSTRAP, encoding="utf-8")
    (in_tmp_path / "function.sh").write_text(FUNCTION, encoding="utf-8")
    (in_tmp_path / "shop_world.py").write_text(WORLD, encoding="utf-8")

    def start(handler):
        spec = ProgramSpec(handler=f"function.{handler}", reset="shop_world:reset")
        return RuntimePlayer.started(spec, DEPLOYMENT, RuntimeSpec(command=("bash", "bootstrap")))

    return start


def scenario(*faults):
    return Scenario(messages=(MESSAGE,), faults=faults, deployment=DEPLOYMENT)


def calls(run):
    return [(event.site, event.error) for event in run.events if isinstance(event, Called)]


def outcomes(run):
    return [event.outcome for event in run.events if isinstance(event, Ended)]


def test_its_calls_of_aws_are_fault_sites_here_and_with_the_queue_on_an_endpoint(player):
    """Curl signs them, and makes each once."""
    fails = scenario(Fault(kind=FaultKind.CALL_FAILS, site=SITE))
    with (
        Connection.entered(Endpoint(backend="moto")) as connection,
        player("adds_again") as started,
    ):
        assert not started.follows_clock
        run = started.play(fails)
        there = started.play_on(connection, fails)
    assert calls(run) == [(SITE, "InternalServerError"), (SITE, None)]
    first, second = (outcome.payload for outcome in outcomes(run))
    assert first.startswith('{"batchItemFailures": [{"itemIdentifier": "')
    assert second == '{"batchItemFailures": []}'
    assert there.differs is None
    assert there.run.events == run.events
    assert there.run.worlds == run.worlds


def test_a_bug_of_it_shows(player):
    """Delivered twice, it counts twice."""
    with player("adds_again") as started:
        once = started.play(scenario())
        twice = started.play(scenario(Fault(kind=FaultKind.DUPLICATE_LATER, message="m1")))
    assert once.worlds[-1] == {"dynamodb": {"totals": [{"k": "all", "total": 1}]}}
    assert twice.worlds[-1] == {"dynamodb": {"totals": [{"k": "all", "total": 2}]}}


def test_a_script_that_ends_is_a_runtime_that_exited(player):
    """By `set -e`; the report tells the status."""
    with player("falls") as started:
        run = started.play(scenario(), receives_max=1)
    assert outcomes(run)[0].kind is ErrorKind.EXITED
    assert "exit status 3" in outcomes(run)[0].message
