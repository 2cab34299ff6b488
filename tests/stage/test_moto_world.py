"""AWS as moto has it: its state is the effects, and every run finds it as `reset` leaves it."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import textwrap
import time
import urllib.request
import uuid
from pathlib import Path

import boto3
import pytest
from botocore.config import Config
from playing import (
    ACCOUNT,
    QUEUE,
    TOPIC,
    add_one,
    calls,
    create_everything,
    create_table,
    error_types,
    nothing,
    outcomes,
    playing,
    put_item,
    strike,
)

from sqs_contract import Deployment
from sqs_contract.player import Player
from sqs_contract.scenario import FaultKind, Scenario, ScenarioMessage
from sqs_contract.stage.world import OTHER
from sqs_contract.targets.program import ProgramSpec


@pytest.fixture(scope="module")
def world():
    with playing(nothing) as stand:
        yield stand


@pytest.fixture
def alone():
    """A world of its own, for tests that spoil clients."""
    with playing(nothing) as stand:
        yield stand


@pytest.fixture
def left_by(world):
    """What is there after `work` was done once for one message."""

    def play(work, reset=create_everything, **more):
        run = world.use(lambda *_: work(), reset=reset).play("a", **more)
        assert error_types(run)[-1] is None, outcomes(run)
        return run.worlds[-1]

    return play


def dynamodb_values():
    boto3.resource("dynamodb").Table("items").put_item(
        Item={
            "id": "a",
            "n": 5,
            "text": "x",
            "yes": True,
            "none": None,
            "bytes": b"\x00",
            "list": [1, "two"],
            "map": {"k": 1},
            "set": {1, 2},
        }
    )


def test_dynamodb_items_are_plain_rows(left_by):
    [row] = left_by(dynamodb_values)["dynamodb"]["items"]
    assert row["id"] == "a"
    assert row["n"] == 5
    assert row["none"] is None
    assert row["list"] == [1, "two"]
    assert row["map"] == {"k": 1}
    assert sorted(row["set"]) == [1, 2]


def test_a_deleted_item_is_gone(left_by):
    def work():
        put_item("a")
        boto3.client("dynamodb").delete_item(TableName="items", Key={"id": {"S": "a"}})

    assert left_by(work)["dynamodb"] == {}


def test_s3_objects_are_bodies_and_metadata_by_key(left_by):
    def work():
        boto3.client("s3").put_object(
            Bucket="bucket", Key="k", Body="ä".encode(), Metadata={"by": "me"}
        )

    state = left_by(work)["s3"]
    assert state["bucket"]["k"]["body"] == "ä"
    assert state["bucket"]["k"]["metadata"]["x-amz-meta-by"] == "me"


def test_a_large_object_is_told_by_its_digest(left_by):
    def put(body):
        def work():
            boto3.client("s3").put_object(Bucket="bucket", Key="k", Body=body)

        return left_by(work)["s3"]["bucket"]["k"]["body"]

    assert len(put(b"x" * 5_000)) < 100
    assert put(b"x" * 5_000) != put(b"y" * 5_000)


def test_messages_sent_to_other_queues(left_by):
    def work():
        boto3.client("sqs").send_message(
            QueueUrl=QUEUE,
            MessageBody="b",
            MessageAttributes={"kind": {"DataType": "String", "StringValue": "x"}},
        )

    assert left_by(work)["sqs"] == {"forward": [{"body": "b", "attributes": {"kind": "x"}}]}


def test_sns_publishes_and_what_they_put_into_queues(left_by):
    def reset():
        create_everything()
        boto3.client("sns").subscribe(
            TopicArn=TOPIC,
            Protocol="sqs",
            Endpoint=f"arn:aws:sqs:us-east-1:{ACCOUNT}:forward",
            Attributes={"RawMessageDelivery": "true"},
        )

    def work():
        boto3.client("sns").publish(TopicArn=TOPIC, Message="m", Subject="s")

    state = left_by(work, reset)
    assert state["sns"]["topic"] == [{"message": "m", "subject": "s"}]
    assert [it["body"] for it in state["sqs"]["forward"]] == ["m"]


def test_sms(left_by):
    state = left_by(lambda: boto3.client("sns").publish(PhoneNumber="+15551234567", Message="m"))
    assert state["sns"]["sms"] == [{"phone": "+15551234567", "message": "m"}]


def test_events_put_on_a_bus(left_by):
    entry = {"Source": "s", "DetailType": "t", "Detail": "{}"}
    state = left_by(lambda: boto3.client("events").put_events(Entries=[entry, entry]))
    assert state["events.PutEvents"] == [entry, entry]


def test_mail_sent_with_ses(left_by):
    def work():
        client = boto3.client("ses")
        client.verify_email_identity(EmailAddress="me@example.com")
        client.send_email(
            Source="me@example.com",
            Destination={"ToAddresses": ["you@example.com"]},
            Message={"Subject": {"Data": "hello"}, "Body": {"Text": {"Data": "text"}}},
        )

    [mail] = left_by(work)["ses"]["sent"]
    assert "hello" in json.dumps(mail)
    assert "you@example.com" in json.dumps(mail)


@pytest.mark.parametrize(
    ("service", "work", "text"),
    [
        (
            "ssm",
            lambda: boto3.client("ssm").put_parameter(Name="/p", Value="value-7", Type="String"),
            "value-7",
        ),
        (
            "secretsmanager",
            lambda: boto3.client("secretsmanager").create_secret(Name="s", SecretString="value-7"),
            "value-7",
        ),
        (
            "kinesis",
            lambda: (
                boto3.client("kinesis").create_stream(StreamName="s", ShardCount=1),
                boto3.client("kinesis").put_record(
                    StreamName="s", Data=b"value-7", PartitionKey="p"
                ),
            ),
            "value-7",
        ),
    ],
)
def test_whatever_else_moto_holds(left_by, service, work, text):
    try:
        state = left_by(work)
    except AssertionError as error:
        if "No module named" in str(error):
            pytest.skip("moto's extra for this service is not installed")
        raise
    shown = json.dumps(state[service])
    assert text in shown or "dmFsdWUtNw==" in shown


def test_another_region_is_another_place(left_by):
    def work():
        client = boto3.client("sqs", region_name="eu-west-1")
        url = client.create_queue(QueueName="forward")["QueueUrl"]
        client.send_message(QueueUrl=url, MessageBody="b")

    assert left_by(work)["sqs"] == {"eu-west-1/forward": [{"body": "b"}]}


def test_logs_and_metrics_are_no_effects(left_by):
    def work():
        boto3.client("cloudwatch").put_metric_data(
            Namespace="n", MetricData=[{"MetricName": "m", "Value": 1}]
        )

    assert left_by(work) == {}


def test_reading_is_no_effect(left_by):
    assert left_by(lambda: boto3.client("dynamodb").scan(TableName="items")) == {}


def test_what_reset_prepared_is_part_of_the_world(world):
    def reset():
        create_table()
        put_item("prepared")

    run = world.use(lambda *_: put_item("a"), reset=reset).play("a")
    ids = {item["id"] for item in run.worlds[-1]["dynamodb"]["items"]}
    assert ids == {"prepared", "a"}


def test_the_world_is_looked_at_after_every_invocation(world):
    def handler(event, _):
        put_item(event["Records"][0]["body"])

    run = world.use(handler, reset=create_table, batch_size=1).play("a", "b")
    assert [len(it.get("dynamodb", {}).get("items", [])) for it in run.worlds] == [0, 1, 2]


def test_nothing_of_a_run_is_left_in_the_next(world):
    stand = world.use(lambda *_: add_one("a"), reset=lambda: create_table("totals"))
    assert stand.play("a").worlds == stand.play("a").worlds


def test_a_message_whose_acknowledgement_was_lost_may_be_there_twice(world):
    """A transport that delivers at least once may have doubled it anyway."""

    def send(*_):
        boto3.client("sqs").send_message(QueueUrl=QUEUE, MessageBody="b")

    lost = strike(FaultKind.ANSWER_LOST_ONCE, "sqs.SendMessage forward")
    run = world.use(send, reset=create_everything).play("a", faults=[lost])
    assert run.worlds[-1]["sqs"]["forward"] == [{"body": "b"}, {"body": "b"}]
    assert run.lenient_worlds[1]["sqs"]["forward"] == [{"body": "b"}]


def test_a_message_sent_twice_by_the_handler_is_there_twice(world):
    """Look-alike: both were acknowledged."""

    def send(*_):
        for _number in range(2):
            boto3.client("sqs").send_message(QueueUrl=QUEUE, MessageBody="b")

    run = world.use(send, reset=create_everything).play("a")
    assert run.lenient_worlds == {}


def test_an_item_counted_twice_is_counted_twice(world):
    """Look-alike: a database is no transport."""
    lost = strike(FaultKind.ANSWER_LOST_ONCE, "dynamodb.UpdateItem totals a")
    run = world.use(lambda *_: add_one("a"), reset=create_everything).play("a", faults=[lost])
    assert run.lenient_worlds == {}


def noisy(*_):
    item = {"id": {"S": uuid.uuid4().hex}, "at": {"N": str(time.time())}}
    boto3.client("dynamodb").put_item(TableName="items", Item=item)
    boto3.client("sqs").send_message(QueueUrl=QUEUE, MessageBody=item["id"]["S"])


def test_the_same_scenario_gives_the_same_run_byte_for_byte(world):
    stand = world.use(noisy, reset=create_everything)
    first, second = stand.play("a"), stand.play("a")
    assert (first.events, first.worlds) == (second.events, second.worlds)


def test_another_seed_and_another_variant_give_other_noise(world):
    stand = world.use(noisy, reset=create_everything)
    worlds = [stand.play("a"), stand.play("a", seed=1), stand.play("a", variant=OTHER)]
    assert len({json.dumps(run.worlds[-1]) for run in worlds}) == 3


def test_a_service_first_used_in_a_later_run_is_seen_and_emptied_like_any_other():
    """Moto makes up an id for every backend when it is imported; none may be there twice."""
    program = """
import sys
sys.path.insert(0, "tests")
import boto3
from playing import QUEUE, create_everything, create_table, nothing, playing, put_item
def send(*_):
    boto3.client("sqs").send_message(QueueUrl=QUEUE, MessageBody="b")
with playing(lambda *_: put_item("a"), reset=create_table) as stand:
    stand.play("a")
with playing(send, reset=create_everything) as stand:
    print([stand.play("a").worlds[-1] for _ in range(2)])
"""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    seen = {"sqs": {"forward": [{"body": "b"}]}}
    assert done.stdout == f"{[seen, seen]}\n", done.stderr


@pytest.fixture
def modules(in_tmp_path):
    before = set(sys.modules)

    def write(**texts):
        for name, text in texts.items():
            (in_tmp_path / f"{name}.py").write_text(textwrap.dedent(text), encoding="utf-8")

    yield write
    for name in set(sys.modules) - before:
        if str(in_tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


RESET = """
    import time
    import boto3
    def reset():
        dynamodb = boto3.client("dynamodb")
        dynamodb.create_table(
            TableName="items",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[
                {"AttributeName": "id", "AttributeType": "S"},
                {"AttributeName": "by", "AttributeType": "S"},
            ],
            GlobalSecondaryIndexes=[{
                "IndexName": "by-index", "KeySchema": [{"AttributeName": "by", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "ALL"},
            }],
            BillingMode="PAY_PER_REQUEST",
        )
        dynamodb.put_item(TableName="items", Item={"id": {"S": "prepared"}})
        boto3.client("s3").create_bucket(Bucket="bucket")
        boto3.client("s3").put_object(Bucket="bucket", Key="k", Body=b"prepared")
        sqs = boto3.client("sqs")
        sqs.create_queue(QueueName="forward")
        sqs.send_message(
            QueueUrl="https://sqs.us-east-1.amazonaws.com/123456789012/forward", MessageBody="old")
        sns = boto3.client("sns")
        topic = sns.create_topic(Name="topic")["TopicArn"]
        sns.subscribe(TopicArn=topic, Protocol="sqs",
                      Endpoint="arn:aws:sqs:us-east-1:123456789012:forward")
        {more}
"""
HANDLER = """
    import json, time
    import boto3
    def handler(event, context):
        dynamodb, sqs = boto3.client("dynamodb"), boto3.client("sqs")
        old = boto3.client("s3").get_object(Bucket="bucket", Key="k")["Body"].read().decode()
        url = "https://sqs.us-east-1.amazonaws.com/123456789012/forward"
        new = sqs.send_message(QueueUrl=url, MessageBody="new")["MessageId"]
        boto3.client("sns").publish(TopicArn="arn:aws:sns:us-east-1:123456789012:topic", Message="m")
        ids = [m["MessageId"] for m in sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])]
        dynamodb.update_item(
            TableName="items", Key={"id": {"S": "prepared"}}, UpdateExpression="ADD n :one",
            ExpressionAttributeValues={":one": {"N": "1"}})
        return {"old": old, "new": new, "ids": ids, "at": time.time()}
"""


def play_modules(times=3):
    deployment = Deployment()
    spec = ProgramSpec(handler="stall:handler", reset="prepare:reset")
    scenario = Scenario(messages=(ScenarioMessage(name="m1", body="a"),), deployment=deployment)
    with Player.entered(spec, deployment) as player:
        assert player.program.reset_can_be_replayed
        return [player.play(scenario) for _ in range(times)]


def test_a_reset_put_back_from_a_snapshot_is_the_reset_done_again(modules):
    modules(stall=HANDLER, prepare=RESET.replace("{more}", ""))
    first, second, third = play_modules()
    assert second.worlds == first.worlds
    assert third.worlds == first.worlds
    answer = json.loads(outcomes(first)[0].payload)
    assert answer["old"] == "prepared"
    assert first.worlds[-1]["dynamodb"]["items"] == [{"id": "prepared", "n": 1}]
    assert len(first.worlds[-1]["sqs"]["forward"]) == 3


def test_ids_made_up_after_a_snapshot_are_those_made_up_after_the_reset(modules):
    """The same scenario gives the same history, and no two messages have one id."""
    modules(stall=HANDLER, prepare=RESET.replace("{more}", ""))
    runs = play_modules()
    for run in runs:
        ids = json.loads(outcomes(run)[0].payload)["ids"]
        assert len(ids) == len(set(ids)) == 3
    assert [run.events for run in runs] == [runs[0].events] * 3


def test_time_that_passes_in_a_reset_passes_in_its_snapshot_too(modules):
    modules(stall=HANDLER, prepare=RESET.replace("{more}", "time.sleep(5)"))
    runs = play_modules()
    assert [run.events[0].at_ms for run in runs] == [runs[0].events[0].at_ms] * 3


def test_a_world_changed_by_a_run_does_not_change_the_snapshot(modules):
    modules(
        stall="""
            import boto3
            def handler(event, context):
                boto3.client("dynamodb").delete_table(TableName="items")
                boto3.client("sqs").delete_queue(
                    QueueUrl="https://sqs.us-east-1.amazonaws.com/123456789012/forward")
        """,
        prepare=RESET.replace("{more}", ""),
    )
    assert [error_types(run) for run in play_modules()] == [[None]] * 3


def test_a_reset_that_does_more_than_talk_to_aws_is_done_again_each_time(modules, in_tmp_path):
    modules(
        stall="def handler(event, context): pass",
        prepare="""
            import pathlib
            def reset():
                with pathlib.Path("resets.txt").open("a") as file:
                    file.write("x")
        """,
    )
    spec = ProgramSpec(handler="stall:handler", reset="prepare:reset")
    with Player.entered(spec, Deployment()) as player:
        assert not player.program.reset_can_be_replayed
        for _ in range(3):
            player.play(Scenario(messages=()))
    assert (in_tmp_path / "resets.txt").read_text(encoding="utf-8") == "xxx"


# Clients are handed out again from world to world: nobody may notice.


def seen_by_new_clients(world, spoil, look):
    """What `look(client)` sees in a second run, after `spoil(client)` in the first."""
    seen = []

    def handler(event, _):
        client = boto3.client("dynamodb")
        if event["Records"][0]["body"] == "spoil":
            spoil(client)
        seen.append(look(client))

    stand = world.use(handler, reset=create_table)
    stand.play("spoil")
    stand.play("look")
    return seen


def test_a_method_replaced_on_a_client_is_replaced_on_that_client_only(alone):
    def spoil(client):
        client.put_item = lambda **_: "replaced"

    def look(client):
        return client.put_item(TableName="items", Item={"id": {"S": "a"}}) == "replaced"

    assert seen_by_new_clients(alone, spoil, look) == [True, False]


def test_an_attribute_set_on_a_client_is_set_on_that_client_only(alone):
    def spoil(client):
        client.traced = True

    assert seen_by_new_clients(alone, spoil, lambda it: hasattr(it, "traced")) == [True, False]


@pytest.mark.parametrize("how", ["register", "register_first", "register_last"])
def test_an_event_handler_hung_on_a_client_hangs_on_that_client_only(alone, how):
    called = []

    def spoil(client):
        getattr(client.meta.events, how)(
            "before-call.dynamodb.PutItem", lambda **_: called.append(1)
        )

    def look(client):
        called.clear()
        client.put_item(TableName="items", Item={"id": {"S": "a"}})
        return len(called)

    assert seen_by_new_clients(alone, spoil, look) == [1, 0]


def test_an_event_handler_with_an_id_can_be_hung_on_again(alone):
    called = []

    def spoil(client):
        client.meta.events.register(
            "before-call.dynamodb.PutItem", lambda **_: called.append(1), "an id"
        )

    def look(client):
        called.clear()
        client.put_item(TableName="items", Item={"id": {"S": "a"}})
        return len(called)

    seen = []

    def handler(event, _):
        client = boto3.client("dynamodb")
        spoil(client)
        seen.append(look(client))

    stand = alone.use(handler, reset=create_table)
    stand.play("a")
    stand.play("a")
    assert seen == [1, 1]


def test_an_event_handler_taken_off_a_client_is_off_that_client_only(alone):
    name = "before-parameter-build.dynamodb.PutItem"

    def handler_of(client):
        return client.meta.events._emitter._handlers.prefix_search(name)

    def spoil(client):
        for item in handler_of(client):
            client.meta.events.unregister("before-parameter-build.dynamodb", item)
            client.meta.events.unregister(name, item)

    first, second = seen_by_new_clients(alone, spoil, lambda it: len(handler_of(it)))
    assert second >= first


def test_a_client_kept_across_runs_keeps_its_event_handlers(alone):
    """A handler given as a function keeps its clients; new ones must not be the same object."""
    kept, called, others = [], [], []

    def handler(*_):
        if not kept:
            client = boto3.client("dynamodb")
            client.meta.events.register(
                "before-call.dynamodb.PutItem", lambda **_: called.append(1)
            )
            kept.append(client)
        others.append(boto3.client("dynamodb"))
        called.clear()
        kept[0].put_item(TableName="items", Item={"id": {"S": "a"}})
        assert called == [1]
        assert others[-1] is not kept[0]

    stand = alone.use(handler, reset=create_table)
    assert [error_types(stand.play("a")) for _ in range(3)] == [[None]] * 3


def test_two_clients_are_two(world):
    pairs = []

    def handler(*_):
        pairs.append((boto3.client("dynamodb"), boto3.client("dynamodb")))

    world.use(handler).play("a")
    assert pairs[0][0] is not pairs[0][1]


def test_clients_of_other_settings_are_others(world):
    seen = []

    def handler(*_):
        for arguments in (
            {},
            {"region_name": "eu-west-1"},
            {"config": Config(retries={"max_attempts": 1})},
            {"endpoint_url": "http://localhost:4566"},
        ):
            client = boto3.client("sqs", **arguments)
            retries = client.meta.config.retries or {}
            seen.append((client.meta.region_name, retries.get("total_max_attempts")))
            seen.append(client.meta.endpoint_url)

    stand = world.use(handler)
    stand.play("a")
    first = list(seen)
    seen.clear()
    stand.play("a")
    assert seen == first
    assert first[0] != first[2]
    assert first[4][1] == 2
    assert first[7] == "http://localhost:4566"


def test_a_client_made_before_the_world_is_mocked_too():
    """Even one that was made before moto was started."""
    client = boto3.client(
        "dynamodb", region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="x"
    )

    def handler(*_):
        client.put_item(TableName="items", Item={"id": {"S": "a"}})

    with playing(handler, reset=create_table) as stand:
        run = stand.play("a")
    assert run.worlds[-1]["dynamodb"]["items"] == [{"id": "a"}]
    assert [it.site for it in calls(run)] == ["dynamodb.PutItem items a"]


# No network, no credentials of the person's own.


@pytest.mark.parametrize(
    "reach_out",
    [
        lambda: urllib.request.urlopen("http://example.com", timeout=1),
        lambda: socket.create_connection(("203.0.113.7", 443), timeout=1),
    ],
)
def test_outside_hosts_are_refused_and_remembered(reach_out):
    with playing(lambda *_: reach_out(), max_receive_count=1) as stand:
        run = stand.play("a")
        refused = list(stand.player.world.guard.refused)
    assert error_types(run)[0] in ("URLError", "ConnectionRefusedByGuard")
    assert len(refused) == 1


def test_the_person_s_own_credentials_and_endpoints_are_out_of_reach(monkeypatch):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "real")
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "https://real.example.com")
    seen = {}

    def handler(*_):
        seen.update(os.environ)
        put_item("a")

    with playing(handler, reset=create_table) as stand:
        run = stand.play("a")
    assert error_types(run) == [None]
    assert seen["AWS_ACCESS_KEY_ID"] != "real"
    assert "AWS_PROFILE" not in seen
    assert "AWS_ENDPOINT_URL" not in seen
    assert os.environ["AWS_ACCESS_KEY_ID"] == "real"
    assert os.environ["AWS_PROFILE"] == "production"


def test_an_endpoint_for_one_service_is_out_of_reach_too(monkeypatch):
    """`AWS_ENDPOINT_URL_DYNAMODB` would lead calls away from moto."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", "https://real.example.com")
    with playing(lambda *_: put_item("a"), reset=create_table) as stand:
        run = stand.play("a")
    assert run.worlds[-1]["dynamodb"]["items"] == [{"id": "a"}]


def test_the_variables_of_the_deployment_are_there():
    seen = {}
    with playing(lambda *_: seen.update(os.environ), environment={"TABLE": "x"}) as stand:
        stand.play("a")
    assert seen["TABLE"] == "x"
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == "orders"
    assert "TABLE" not in os.environ
