"""A call that carries several entries fails for its last one: it has no effect, and is told."""

from __future__ import annotations

import boto3
import pytest
from playing import QUEUE, TOPIC, calls, create_everything, strike

from sqs_contract.faults.gate import PARTLY_FAILS_TRIES
from sqs_contract.faults.partial import answer_partly_failed
from sqs_contract.scenario import FaultKind

KEYS = ("a", "b", "c")


def put(key):
    return {"PutRequest": {"Item": {"id": {"S": key}}}}


def write_items():
    answer = boto3.client("dynamodb").batch_write_item(RequestItems={"items": [*map(put, KEYS)]})
    return answer["UnprocessedItems"]


def write_items_of_a_resource():
    table = boto3.resource("dynamodb").meta.client
    requests = [{"PutRequest": {"Item": {"id": key}}} for key in KEYS]
    return table.batch_write_item(RequestItems={"items": requests})["UnprocessedItems"]


def read_items():
    keys = {"items": {"Keys": [{"id": {"S": key}} for key in KEYS], "ConsistentRead": True}}
    answer = boto3.client("dynamodb").batch_get_item(RequestItems=keys)
    assert answer["Responses"] in ({"items": []}, {})
    return answer["UnprocessedKeys"]


def send_messages():
    entries = [{"Id": key, "MessageBody": key} for key in KEYS]
    answer = boto3.client("sqs").send_message_batch(QueueUrl=QUEUE, Entries=entries)
    assert [it["Id"] for it in answer["Successful"]] == ["a", "b"]
    return [(it["Id"], it["SenderFault"], it["Code"]) for it in answer["Failed"]]


def publish():
    entries = [{"Id": key, "Message": key} for key in KEYS]
    answer = boto3.client("sns").publish_batch(TopicArn=TOPIC, PublishBatchRequestEntries=entries)
    assert [it["Id"] for it in answer["Successful"]] == ["a", "b"]
    return [it["Id"] for it in answer["Failed"]]


def put_events():
    entries = [{"Source": "shop", "DetailType": key, "Detail": "{}"} for key in KEYS]
    answer = boto3.client("events").put_events(Entries=entries)
    assert "EventId" in answer["Entries"][0]
    return answer["FailedEntryCount"], answer["Entries"][2]["ErrorCode"]


def delete_objects():
    s3 = boto3.client("s3")
    for key in KEYS:
        s3.put_object(Bucket="bucket", Key=key, Body=b"")
    objects = {"Objects": [{"Key": key} for key in KEYS]}
    answer = s3.delete_objects(Bucket="bucket", Delete=objects)
    assert [it["Key"] for it in answer["Deleted"]] == ["a", "b"]
    return [(it["Key"], it["Code"]) for it in answer["Errors"]]


@pytest.fixture
def play(world):
    def run(work, *faults):
        seen = []

        def handler(*_):
            seen.append(work())

        stand = world.use(handler, reset=create_everything, max_receive_count=1)
        return stand.play("a", faults=faults), seen

    return run


WORKS = [
    (write_items, "dynamodb.BatchWriteItem items", {"items": [put("c")]}),
    (
        write_items_of_a_resource,
        "dynamodb.BatchWriteItem items",
        {"items": [{"PutRequest": {"Item": {"id": "c"}}}]},
    ),
    (
        read_items,
        "dynamodb.BatchGetItem items",
        {"items": {"Keys": [{"id": {"S": "c"}}], "ConsistentRead": True}},
    ),
    (send_messages, "sqs.SendMessageBatch forward", [("c", False, "InternalError")]),
    (publish, "sns.PublishBatch topic", ["c"]),
    (put_events, "events.PutEvents", (1, "InternalFailure")),
    (delete_objects, "s3.DeleteObjects bucket", [("c", "InternalError")]),
]


@pytest.mark.parametrize(
    ("work", "site", "told"), WORKS, ids=lambda it: getattr(it, "__name__", "")
)
def test_the_last_entry_is_told_as_failed_in_the_form_of_the_operation(play, work, site, told):
    run, seen = play(work, strike(FaultKind.PARTLY_FAILS, site))
    assert seen == [told]
    [struck] = [it for it in calls(run) if it.fault]
    assert (struck.site, struck.error) == (site, "its last entry failed")


def left_by(run):
    world = run.worlds[-1]
    return {
        "items": [it["id"] for it in world.get("dynamodb", {}).get("items", [])],
        "bucket": sorted(world.get("s3", {}).get("bucket", {})),
        "events": [it["DetailType"] for it in world.get("events.PutEvents", [])],
    }


@pytest.mark.parametrize(
    ("work", "site", "place", "there"),
    [
        (write_items, "dynamodb.BatchWriteItem items", "items", ["a", "b"]),
        (write_items_of_a_resource, "dynamodb.BatchWriteItem items", "items", ["a", "b"]),
        (put_events, "events.PutEvents", "events", ["a", "b"]),
        (delete_objects, "s3.DeleteObjects bucket", "bucket", ["c"]),
    ],
)
def test_the_last_entry_takes_no_effect_and_the_others_do(play, work, site, place, there):
    run, _ = play(work, strike(FaultKind.PARTLY_FAILS_ONCE, site))
    assert left_by(run)[place] == there


def test_a_call_with_one_entry_is_a_success_that_did_nothing(play):
    def work():
        dynamodb = boto3.client("dynamodb")
        answer = dynamodb.batch_write_item(RequestItems={"items": [put("a")]})
        assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
        return answer["UnprocessedItems"]

    run, seen = play(work, strike(FaultKind.PARTLY_FAILS, "dynamodb.BatchWriteItem items"))
    assert seen == [{"items": [put("a")]}]
    assert left_by(run)["items"] == []


def write_until_nothing_is_left():
    left, tries = {"items": [*map(put, KEYS)]}, 0
    while left:
        left = boto3.client("dynamodb").batch_write_item(RequestItems=left)["UnprocessedItems"]
        tries += 1
    return tries


@pytest.mark.parametrize(
    ("kind", "tries"),
    [(FaultKind.PARTLY_FAILS_ONCE, 2), (FaultKind.PARTLY_FAILS, PARTLY_FAILS_TRIES + 1)],
)
def test_whoever_tries_again_until_nothing_is_left_gets_there(play, kind, tries):
    run, seen = play(write_until_nothing_is_left, strike(kind, "dynamodb.BatchWriteItem items"))
    assert seen == [tries]
    assert left_by(run)["items"] == ["a", "b", "c"]


def test_boto3s_own_batch_writer_gets_there_too(play):
    def work():
        with boto3.resource("dynamodb").Table("items").batch_writer() as batch:
            for key in KEYS:
                batch.put_item(Item={"id": key})

    run, _ = play(work, strike(FaultKind.PARTLY_FAILS, "dynamodb.BatchWriteItem items"))
    assert left_by(run)["items"] == ["a", "b", "c"]


def test_records_without_an_id_are_told_by_their_place():
    """Kinesis and Firehose, of which a call is enough: moto has no cheap stream."""
    sent = []

    def send(parameters):
        sent.append(parameters)
        return {"FailedRecordCount": 0, "Records": [{"ShardId": "s", "SequenceNumber": "1"}]}

    records = [{"Data": b"a", "PartitionKey": "a"}, {"Data": b"b", "PartitionKey": "b"}]
    answer = answer_partly_failed("kinesis", "PutRecords", {"Records": records}, send, {})
    assert sent == [{"Records": records[:1]}]
    assert answer["FailedRecordCount"] == 1
    assert [it.get("ErrorCode") for it in answer["Records"]] == [None, "InternalFailure"]
    answer = answer_partly_failed("firehose", "PutRecordBatch", {"Records": records[:1]}, send, {})
    assert len(sent) == 1
    assert answer["FailedPutCount"] == 1
    assert answer["RequestResponses"][0]["ErrorCode"] == "ServiceUnavailableException"


@pytest.mark.parametrize(
    ("operation", "parameters"),
    [
        ("dynamodb.PutItem", {"Item": {}}),
        ("sqs.SendMessageBatch", {}),
        ("sqs.SendMessageBatch", {"Entries": []}),
        ("sqs.SendMessageBatch", {"Entries": [{"MessageBody": "no id"}]}),
        ("sqs.SendMessageBatch", {"Entries": "ab"}),
        ("dynamodb.BatchWriteItem", {"RequestItems": {"items": []}}),
        ("dynamodb.BatchWriteItem", {"RequestItems": 3}),
        ("dynamodb.BatchGetItem", {"RequestItems": {"items": {}}}),
        ("dynamodb.BatchGetItem", {"RequestItems": {"items": {"Keys": []}}}),
        ("events.PutEvents", {"Entries": None}),
        ("s3.DeleteObjects", {}),
        ("s3.DeleteObjects", {"Delete": {"Objects": []}}),
    ],
)
def test_what_has_no_entry_to_fail_is_left_to_the_sdk(operation, parameters):
    def send(_):
        raise AssertionError("nothing is to be sent")

    assert answer_partly_failed(*operation.split("."), parameters, send, {}) is None


def test_what_the_call_for_the_others_raises_reaches_the_caller(play):
    def work():
        with pytest.raises(boto3.client("dynamodb").exceptions.ResourceNotFoundException):
            boto3.client("dynamodb").batch_write_item(
                RequestItems={"nowhere": [put("a"), put("b")]}
            )
        return "raised"

    _, seen = play(work, strike(FaultKind.PARTLY_FAILS, "dynamodb.BatchWriteItem nowhere"))
    assert seen == ["raised"]


def test_of_a_batch_on_the_queue_the_handler_is_fed_from_the_last_is_struck_too(world):
    """The simulated queue is told of the others only."""
    seen = []

    def handler(event, _):
        records = event["Records"]
        entries = [{"Id": it["messageId"], "ReceiptHandle": it["receiptHandle"]} for it in records]
        name = records[0]["eventSourceARN"].rpartition(":")[2]
        url = f"https://sqs.us-east-1.amazonaws.com/123456789012/{name}"
        answer = boto3.client("sqs").delete_message_batch(QueueUrl=url, Entries=entries)
        seen.append([len(answer.get(key, ())) for key in ("Successful", "Failed")])
        raise RuntimeError("the others come back")

    stand = world.use(handler, reset=create_everything, max_receive_count=2)
    [site] = {it.site for it in calls(stand.play("a", "b"))}
    seen.clear()
    stand.play("a", "b", faults=[strike(FaultKind.PARTLY_FAILS_ONCE, site)])
    assert seen == [[1, 1], [1, 0]]
