"""The function as it is deployed: the flags for it, and the same verdicts on MiniStack, which runs
functions and mappings of its own."""

from __future__ import annotations

import functools
import json
import os
import shutil
import signal
import time
from pathlib import Path

import boto3
import pytest
from little_shop import CommandLine, start_process

from sqs_contract.endpoints.endpoint import OTHER_ACCOUNTS

EXAMPLES = Path(__file__).parents[2] / "examples"
SHOP = (
    "--template", "template.yaml", "--function", "OrdersFunction", "--bodies", "bodies.json",
    "--reset", "shop.testing:empty_tables", "--max-examples", "0",
)  # fmt: skip
MESSAGES = [{"name": "m1", "body": '{"order_id": "o-1", "customer": "ada", "amount": 25}'}]


@pytest.fixture
def call(in_tmp_path, monkeypatch, capsys):
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    for name in ("shop", "template.yaml", "bodies.json"):
        copy = shutil.copytree if (EXAMPLES / name).is_dir() else shutil.copy
        copy(EXAMPLES / name, in_tmp_path / name)
    return CommandLine(in_tmp_path, monkeypatch, capsys)


def save(directory, *faults):
    scenario = {
        "messages": MESSAGES,
        "faults": list(faults),
        "target": "shop.broken.adds_again:handler",
        "reset": "shop.testing:empty_tables",
        "deployment": {
            "function": {"Environment": {"ORDERS_TABLE": "orders", "CUSTOMERS_TABLE": "customers"}}
        },
    }
    (directory / "scenario.json").write_text(json.dumps(scenario), encoding="utf-8")
    return "scenario.json"


AGAIN = {"kind": "lost-delete", "message": "m1"}


# Flags that do not go together


@pytest.mark.parametrize(
    ("flags", "line"),
    [
        (["--deployed"], "--deployed needs an endpoint that runs Lambda"),
        (["--deployed", "--backend", "moto"], "--deployed needs an endpoint that runs Lambda"),
        (["--requirements", "a.txt"], "--requirements goes with --deployed"),
        (["--function-role", "arn:a"], "--function-role goes with --deployed"),
        (
            ["--deployed", "--backend", "aws", "--allow-aws", "--queue-prefix", "ours"],
            "--deployed on AWS needs --function-role ARN",
        ),
    ],
)
def test_flags_that_do_not_go_together(call, flags, line):
    result = call("replay", save(call.directory, AGAIN), *flags)
    assert (result.status, result.out) == (2, "")
    assert line in result.err


def test_a_scenario_whose_faults_a_wrapper_cannot_make_is_not_replayed(call, moto_server):
    throttled = {"kind": "throttled", "invocation": 1}
    path = save(call.directory, throttled)
    result = call("replay", path, "--endpoint-url", moto_server, "--deployed")
    assert result.status == 2
    assert "cannot make the fault 'throttled'" in result.err


# MiniStack


def resources(url):
    """Everything there is, in every account that a run may use."""
    return [name for account in ("testing", *OTHER_ACCOUNTS) for name in resources_of(url, account)]


def resources_of(url, account):
    functions, sqs, dynamodb, s3 = (
        client_of(url, account, name) for name in ("lambda", "sqs", "dynamodb", "s3")
    )
    return [
        *(item["FunctionName"] for item in functions.list_functions()["Functions"]),
        *(item["UUID"] for item in functions.list_event_source_mappings()["EventSourceMappings"]),
        *sqs.list_queues().get("QueueUrls", []),
        *dynamodb.list_tables()["TableNames"],
        *(bucket["Name"] for bucket in s3.list_buckets()["Buckets"]),
    ]


@functools.cache
def client_of(url, account, service):
    return boto3.client(
        service, endpoint_url=url, region_name="us-east-1",
        aws_access_key_id=account, aws_secret_access_key="testing",
    )  # fmt: skip


@pytest.mark.endpoints
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("handler", "broken"), [("shop.orders", []), ("shop.broken.adds_again", ["idempotent"])]
)
def test_a_broken_handler_and_its_twin_as_they_are_deployed(call, ministack, handler, broken):
    flags = ["--endpoint-url", ministack, "--deployed", "--json", "report.json"]
    result = call("verify", f"{handler}:handler", *SHOP, *flags)
    assert result.status == (1 if broken else 0), result.err
    there = json.loads((call.directory / "report.json").read_text(encoding="utf-8"))["backend"]
    violated = [item["id"] for item in there["clauses"] if item["verdict"] == "violated"]
    assert violated == broken
    assert (there["confirmed"], there["differences"]) == (len(broken), [])
    assert all(item["there"] == item["model"] for item in there["deployed"])
    assert resources(ministack) == []


@pytest.mark.endpoints
@pytest.mark.timeout(300)
def test_what_the_endpoint_makes_of_a_spoiled_report_is_not_laid_at_the_handlers_door(
    call, ministack
):
    flags = ["--endpoint-url", ministack, "--deployed"]
    result = call("verify", "shop.broken.wrong_identifier:handler", *SHOP, *flags)
    there = " ".join(result.out.partition(f"  on {ministack}\n")[2].split())
    assert "deletes m1 after invocation 1: an identifier that is not of the batch" in there
    assert "VIOLATED" not in there


@pytest.mark.endpoints
@pytest.mark.timeout(300)
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_killed_leaves_nothing(call, ministack, number):
    path = save(call.directory, AGAIN)
    process = start_process(
        call.directory, "replay", path, "--endpoint-url", ministack, "--deployed"
    )
    wait_for(lambda: len(resources(ministack)) >= 8)
    process.send_signal(number)
    process.communicate(timeout=60)
    wait_for(lambda: resources(ministack) == [])


WITH_A_BUCKET = """
import boto3
from shop.testing import empty_tables
def reset():
    empty_tables()
    s3 = boto3.client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket="receipts")
    s3.put_object(Bucket="receipts", Key="a", Body=b"b")
"""


@pytest.mark.endpoints
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("server", "after_s"), [("ministack", 0.0), ("ministack", 2.5), ("moto_server", 1.0)]
)
def test_what_a_run_left_that_was_killed_with_all_it_started_is_cleaned(
    call, server, after_s, request
):
    """In every account it used, and whatever it was about to make."""
    url = request.getfixturevalue(server)
    (call.directory / "buckets.py").write_text(WITH_A_BUCKET, encoding="utf-8")
    path = save(call.directory, AGAIN)
    flags = ["--endpoint-url", url, "--deployed", "--reset", "buckets:reset"]
    process = start_process(call.directory, "replay", path, *flags)
    wait_for(lambda: resources(url))
    time.sleep(after_s)
    for number in [process.pid, *children_of(process.pid)]:
        os.kill(number, signal.SIGKILL)
    process.communicate(timeout=60)
    left = resources(url)
    result = call("clean", "--endpoint-url", url)
    assert result.status == 0, result.err
    assert resources(url) == [], (left, result.out)
    assert " removed, none left" in result.out


def children_of(parent):
    """The processes that a process started."""
    return [
        int(status.parent.name)
        for status in Path("/proc").glob("[0-9]*/status")
        if f"PPid:\t{parent}\n" in read(status)
    ]


def read(path):
    try:
        return path.read_text()
    except OSError:  # it has ended
        return ""


@pytest.mark.endpoints
@pytest.mark.timeout(300)
def test_a_table_that_is_not_ours_is_never_touched(call, ministack):
    client = boto3.client(
        "dynamodb", endpoint_url=ministack, region_name="us-east-1",
        aws_access_key_id="testing", aws_secret_access_key="testing",
    )  # fmt: skip
    client.create_table(
        TableName="orders", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "order_id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "order_id", "AttributeType": "S"}],
    )  # fmt: skip
    client.put_item(TableName="orders", Item={"order_id": {"S": "theirs"}})
    path = save(call.directory, AGAIN)
    try:
        result = call("replay", path, "--endpoint-url", ministack, "--deployed")
        assert result.status == 2
        assert "has a table 'orders' already, and what is not ours is never touched" in result.err
        assert call("clean", "--endpoint-url", ministack).status == 0
        assert client.scan(TableName="orders")["Count"] == 1
    finally:
        client.delete_table(TableName="orders")


def wait_for(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that in 60 s"
        time.sleep(0.1)
