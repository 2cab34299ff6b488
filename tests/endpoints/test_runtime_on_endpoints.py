"""A function in processes of its own, behind the Runtime API, fed from a queue on an endpoint by our
mapping."""

from __future__ import annotations

import json
import os
import shutil
import signal
import time
from pathlib import Path

import boto3
import pytest
from little_shop import CommandLine, start_process
from processes import is_gone, runtime_processes

EXAMPLES = Path(__file__).parents[2] / "examples"
SHOP = (
    "--template", "template.yaml", "--function", "OrdersFunction", "--bodies", "bodies.json",
    "--reset", "shop.testing:empty_tables", "--max-examples", "0",
)  # fmt: skip
AGAIN = {"kind": "duplicate-later", "message": "m1"}
COMES_BACK = {"kind": "lost-delete", "message": "m1"}
LOST = {"kind": "answer-lost", "site": "dynamodb.UpdateItem customers ada"}


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
        "messages": [
            {"name": "m1", "body": '{"order_id": "o-1", "customer": "ada", "amount": 25}'}
        ],
        "faults": list(faults),
        "target": "shop.broken.adds_again:handler",
        "reset": "shop.testing:empty_tables",
        "violates": "idempotent",
        "deployment": {
            "function": {"Environment": {"ORDERS_TABLE": "orders", "CUSTOMERS_TABLE": "customers"}}
        },
    }
    (directory / "scenario.json").write_text(json.dumps(scenario), encoding="utf-8")
    return "scenario.json"


def queues(url):
    client = boto3.client(
        "sqs", endpoint_url=url, region_name="us-east-1",
        aws_access_key_id="testing", aws_secret_access_key="testing",
    )  # fmt: skip
    return client.list_queues().get("QueueUrls", [])


def replayed(result):
    (document,) = result.document["replayed"]
    return document


def test_a_counterexample_replays_there_with_the_same_history(call, moto_server):
    path = save(call.directory, AGAIN)
    there = ["--runtime", "python", "--endpoint-url", moto_server]
    broken = call("replay", path, *there, "--json", "-")
    assert broken.status == 1, broken.err
    assert replayed(broken)["backend"] == moto_server
    here = call("replay", path, "--runtime", "python", "--json", "-")
    assert replayed(broken)["history"] == replayed(here)["history"]
    mended = call("replay", path, *there, "--target", "shop.orders:handler")
    assert mended.status == 0, mended.err
    assert queues(moto_server) == []


@pytest.mark.endpoints
def test_calls_of_the_function_fail_where_the_scenario_says(call, moto_server):
    """They are made to moto here, whatever endpoint has the queue."""
    path = save(call.directory, LOST)
    there = ["--runtime", "python", "--endpoint-url", moto_server]
    result = call("replay", path, *there, "--json", "-")
    assert result.status == 1, result.err
    called = [event for event in replayed(result)["history"] if event.get("site") == LOST["site"]]
    assert called[0]["fault"] == "answer-lost"


@pytest.mark.parametrize(
    "flags", [["--isolated"], ["--runtime", "python"], ["--runtime-command", "node x"]]
)
def test_a_deployed_function_runs_in_no_process_here(call, moto_server, flags):
    path = save(call.directory, AGAIN)
    result = call("replay", path, "--endpoint-url", moto_server, "--deployed", *flags)
    assert (result.status, result.out) == (2, "")
    assert result.err == (
        "sqs-contract: --deployed has the endpoint run the function: leave --isolated, --runtime "
        "and --runtime-command out\n"
    )


@pytest.mark.endpoints
@pytest.mark.parametrize("server", ["ministack", "localstack"])
def test_a_counterexample_replays_on_others_with_one_flag(call, server, request):
    url = request.getfixturevalue(server)
    path = save(call.directory, AGAIN)
    there = ["--runtime", "python", "--endpoint-url", url]
    assert call("replay", path, *there).status == 1
    assert call("replay", path, *there, "--target", "shop.orders:handler").status == 0
    assert queues(url) == []


@pytest.mark.endpoints
@pytest.mark.timeout(300)
@pytest.mark.parametrize(
    ("handler", "broken"), [("shop.orders", []), ("shop.broken.adds_again", ["idempotent"])]
)
def test_a_broken_handler_and_its_twin_in_a_runtime(call, moto_server, handler, broken):
    flags = ["--endpoint-url", moto_server, "--runtime", "python", "--json", "report.json"]
    clauses = ["--clause", "idempotent", "--clause", "isolation"]
    result = call("verify", f"{handler}:handler", *SHOP, *flags, *clauses)
    assert result.status == (1 if broken else 0), result.err
    there = json.loads((call.directory / "report.json").read_text(encoding="utf-8"))["backend"]
    verdicts = {item["id"]: item["verdict"] for item in there["clauses"]}
    assert [clause for clause, verdict in verdicts.items() if verdict == "violated"] == broken
    assert "not-checked" not in verdicts.values()
    assert there["played"] == there["planned"] > 20
    assert (there["confirmed"], there["differences"]) == (len(broken), [])
    assert queues(moto_server) == []


@pytest.mark.endpoints
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_killed_leaves_no_process_and_no_queue(call, moto_server, number):
    path = save(call.directory, COMES_BACK)
    flags = ["--endpoint-url", moto_server, "--runtime", "python", "--real-timeout", "20"]
    process = start_process(call.directory, "replay", path, *flags)
    wait_for(lambda: queues(moto_server))
    processes = runtime_processes(process.pid)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert all(is_gone(pid) for pid in processes)
    wait_for(lambda: queues(moto_server) == [])


def wait_for(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that in 60 s"
        time.sleep(0.1)
