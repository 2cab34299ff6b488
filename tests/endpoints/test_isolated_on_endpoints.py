"""A handler in a process that may die, fed from a queue on an endpoint by our mapping."""

from __future__ import annotations

import json
import os
import signal
import time

import boto3
import pytest
from little_shop import BODIES, SHOP, CommandLine, start_process, write_shop
from processes import children, is_gone

DIES = """
    import json, os
    import world

    def handler(event, context):
        for record in event["Records"]:
            world.ROWS.append(json.loads(record["body"]))
            if record["attributes"]["ApproximateReceiveCount"] == "1":
                os.abort()
"""


@pytest.fixture
def call(in_tmp_path, monkeypatch, capsys):
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    return CommandLine(write_shop(in_tmp_path, dies=DIES), monkeypatch, capsys)


def save(directory, target, *faults):
    scenario = {
        "messages": [{"name": "m1", "body": json.dumps(BODIES[0])}],
        "faults": list(faults),
        "target": f"{target}:handler",
        "effects": "world:charges",
        "reset": "world:empty",
    }
    (directory / "scenario.json").write_text(json.dumps(scenario), encoding="utf-8")
    return "scenario.json"


def queues(url):
    client = boto3.client(
        "sqs", endpoint_url=url, region_name="us-east-1",
        aws_access_key_id="testing", aws_secret_access_key="testing",
    )  # fmt: skip
    return client.list_queues().get("QueueUrls", [])


AGAIN = {"kind": "duplicate-later", "message": "m1"}
COMES_BACK = {"kind": "lost-delete", "message": "m1"}


def test_a_counterexample_replays_there_with_the_same_history(call, moto_server):
    path = save(call.directory, "charges_again", AGAIN)
    there = ["--isolated", "--endpoint-url", moto_server]
    broken = call("replay", path, *there, "--json", "-")
    assert broken.status == 1, broken.err
    (document,) = broken.document["replayed"]
    (here,) = call("replay", path, "--isolated", "--json", "-").document["replayed"]
    assert document["backend"] == moto_server
    assert document["history"] == here["history"]
    assert call("replay", path, *there, "--target", "orders:handler").status == 0
    assert queues(moto_server) == []


def test_a_handler_that_ends_its_process_is_played_to_its_end(call, moto_server):
    """The run is played again from its beginning, with queues of its own; those of the run before
    are gone."""
    path = save(call.directory, "dies")
    there = ["--isolated", "--endpoint-url", moto_server, "--json", "-"]
    result = call("replay", path, *there)
    assert result.status == 0, result.err
    (document,) = result.document["replayed"]
    ends = [event["outcome"] for event in document["history"] if event["event"] == "ended"]
    assert [end.get("kind") for end in ends] == ["exited", None]
    assert document["fates"] == {"m1": "deleted"}
    assert queues(moto_server) == []


@pytest.mark.endpoints
def test_an_endpoint_that_refuses_is_told_in_one_line(call):
    path = save(call.directory, "charges_again", AGAIN)
    result = call("replay", path, "--isolated", "--backend", "moto", "--max-calls", "5")
    assert (result.status, result.out) == (2, "")
    (line,) = result.err.splitlines()
    assert "5 calls were made, and no more may be" in line


@pytest.mark.endpoints
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_killed_leaves_no_process_and_no_queue(call, moto_server, number):
    path = save(call.directory, "orders", COMES_BACK)
    flags = ["--isolated", "--endpoint-url", moto_server, "--real-timeout", "20"]
    process = start_process(call.directory, "replay", path, *flags)
    wait_for(lambda: queues(moto_server))
    processes = children(process.pid)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert all(is_gone(pid) for pid in processes)
    wait_for(lambda: queues(moto_server) == [])


@pytest.mark.endpoints
@pytest.mark.parametrize(("handler", "broken"), [("orders", []), ("charges_again", ["idempotent"])])
def test_a_broken_handler_and_its_twin(call, moto_server, handler, broken):
    flags = ["--endpoint-url", moto_server, "--isolated", "--json", "report.json"]
    result = call("verify", f"{handler}:handler", *SHOP, *flags)
    assert result.status == (1 if broken else 0), result.err
    there = json.loads((call.directory / "report.json").read_text(encoding="utf-8"))["backend"]
    verdicts = {item["id"]: item["verdict"] for item in there["clauses"]}
    assert [clause for clause, verdict in verdicts.items() if verdict == "violated"] == broken
    assert "not-checked" not in verdicts.values()
    assert there["played"] == there["planned"] > 20
    assert (there["confirmed"], there["differences"]) == (len(broken), [])
    assert queues(moto_server) == []


def wait_for(condition):
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that in 60 s"
        time.sleep(0.1)
