"""Calls of AWS from another process: what befalls them is what befalls them in this one."""

import dataclasses

import pytest

from sqs_contract import Deployment, Fault, FaultKind
from sqs_contract.history import Ended
from sqs_contract.model.invocation import FunctionError
from sqs_contract.player import Player
from sqs_contract.runtime.player import RuntimePlayer
from sqs_contract.runtime.spec import RuntimeSpec
from sqs_contract.scenario import CALL_FAULTS, Scenario, ScenarioMessage
from sqs_contract.targets.program import ProgramSpec

SHOP = {"ORDERS_TABLE": "orders", "CUSTOMERS_TABLE": "customers"}
DEPLOYMENT = Deployment.of(
    report_batch_item_failures=True, max_receive_count=2, environment=SHOP, function_timeout=10
)
BODY = '{"order_id": "a1", "customer": "ada", "amount": 5}'
ADD = "dynamodb.UpdateItem customers ada"


def histories(spec, deployment, scenarios):
    """The histories of scenarios here, and there, with the worlds they end in."""
    with Player.entered(spec, deployment) as here:
        ours = [here.play(scenario) for scenario in scenarios]
    with RuntimePlayer.started(spec, deployment, RuntimeSpec()) as there:
        theirs = [there.play(scenario) for scenario in scenarios]
    return [(a.events, a.worlds[-1]) for a in ours], [(b.events, b.worlds[-1]) for b in theirs]


def without_words(events):
    """Events without what an SDK says of a connection: it has another address each time."""
    return [
        dataclasses.replace(event, outcome=event.outcome.kind)
        if isinstance(event, Ended) and isinstance(event.outcome, FunctionError)
        else event
        for event in events
    ]


@pytest.fixture
def in_examples(monkeypatch, request):
    examples = request.config.rootpath / "examples"
    monkeypatch.chdir(examples)


def struck(kind, site=ADD):
    message = ScenarioMessage(name="m1", body=BODY)
    fault = Fault(kind=kind, site=site)
    return Scenario(messages=(message,), faults=(fault,), deployment=DEPLOYMENT)


FEW = {FaultKind.CALL_FAILS, FaultKind.ANSWER_LOST_ONCE, FaultKind.TIMEOUT_AFTER}


@pytest.mark.parametrize(
    "kinds",
    [
        pytest.param(FEW, id="few"),
        pytest.param(
            CALL_FAULTS - FEW - {FaultKind.PARTLY_FAILS, FaultKind.PARTLY_FAILS_ONCE},
            id="others", marks=pytest.mark.nightly,
        ),
    ],
)  # fmt: skip
def test_every_fault_at_a_call_makes_the_same_history_here_and_there(in_examples, kinds):
    """Before, after, once and lasting, slow, throttled, killed: labels, errors, times and
    effects are the same, so what was found here replays there, and the other way round."""
    kinds = sorted(kinds, key=str)
    spec = ProgramSpec(handler="shop.broken.adds_again:handler", reset="shop.testing:empty_tables")
    scenarios = [struck(kind) for kind in kinds]
    ours, theirs = histories(spec, DEPLOYMENT, scenarios)
    for kind, here, there in zip(kinds, ours, theirs, strict=True):
        assert there == here, kind
        assert any(getattr(event, "fault", None) is kind for event in there[0]), kind


PROTOCOLS = """
import json, os
import boto3

sns, s3, sqs, ses = (boto3.client(name) for name in ("sns", "s3", "sqs", "ses"))
QUEUE = os.environ["OTHER_QUEUE"]

def handler(event, context):
    record = event["Records"][0]
    topic = sns.create_topic(Name="orders")["TopicArn"]
    sns.publish(TopicArn=topic, Message="hello")
    s3.put_object(Bucket="bucket", Key="a b/c", Body=b"\\x00 text")
    size = s3.head_object(Bucket="bucket", Key="a b/c")["ContentLength"]
    text = s3.get_object(Bucket="bucket", Key="a b/c")["Body"].read()
    s3.delete_objects(Bucket="bucket", Delete={"Objects": [{"Key": "a b/c"}, {"Key": "no"}]})
    entries = [{"Id": str(i), "MessageBody": f"{i} \u00e9"} for i in range(3)]
    sent = sqs.send_message_batch(QueueUrl=QUEUE, Entries=entries)
    ses.verify_email_identity(EmailAddress="ada@example.com")
    arn = record["eventSourceARN"].split(":")
    url = f"https://sqs.{arn[3]}.amazonaws.com/{arn[4]}/{arn[5]}"
    sqs.delete_message(QueueUrl=url, ReceiptHandle=record["receiptHandle"])
    try:
        s3.get_object(Bucket="bucket", Key="nowhere")
    except s3.exceptions.NoSuchKey as error:
        code = error.response["Error"]["Code"]
    try:
        sqs.delete_message(QueueUrl=url, ReceiptHandle="nonsense")
    except Exception as error:
        refused = error.response['Error']['Code']
    return {"size": size, "text": text.decode(), "code": code, "refused": refused,
            "failed": [entry["Id"] for entry in sent.get("Failed", [])]}
"""

WORLD = """
import boto3

def reset():
    boto3.client("s3").create_bucket(Bucket="bucket")
    boto3.client("sqs").create_queue(QueueName="other")
"""


@pytest.mark.parametrize(
    "sites",
    [
        pytest.param({FaultKind.PARTLY_FAILS: "sqs.SendMessageBatch other"}, id="few"),
        pytest.param(
            {
                FaultKind.PARTLY_FAILS_ONCE: "s3.DeleteObjects bucket",
                FaultKind.CALL_FAILS: "sns.Publish orders",
                FaultKind.CALL_THROTTLED: "s3.PutObject bucket a b/c",
                FaultKind.ANSWER_LOST: "sqs.SendMessageBatch other",
            },
            id="others", marks=pytest.mark.nightly,
        ),
    ],
)  # fmt: skip
def test_every_protocol_is_spoken_and_a_batch_may_fail_in_part(in_tmp_path, sites):
    """JSON, forms, XML; bodies of bytes, answers without any, errors by their codes, and the
    queue that the handler is fed from."""
    (in_tmp_path / "many.py").write_text(PROTOCOLS, encoding="utf-8")
    (in_tmp_path / "world_of_many.py").write_text(WORLD, encoding="utf-8")
    url = "https://sqs.us-east-1.amazonaws.com/123456789012/other"
    deployment = Deployment.of(environment={"OTHER_QUEUE": url}, max_receive_count=2)
    spec = ProgramSpec(handler="many:handler", reset="world_of_many:reset")
    message = ScenarioMessage(name="m1", body=BODY)
    plans = [(), *((Fault(kind=kind, site=site),) for kind, site in sites.items())]
    scenarios = [
        Scenario(messages=(message,), faults=faults, deployment=deployment) for faults in plans
    ]
    ours, theirs = histories(spec, deployment, scenarios)
    for plan, here, there in zip(plans, ours, theirs, strict=True):
        assert (without_words(there[0]), there[1]) == (without_words(here[0]), here[1]), plan
