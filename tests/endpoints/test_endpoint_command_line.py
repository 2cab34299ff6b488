"""The command line with an endpoint: what is played there, what is refused, what is left behind."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time

import boto3
import moto
import pytest
from little_shop import BODIES, SHOP, CommandLine, start_process, write_shop

from docs.endpoints.servers import free_port

ALL_CLAUSES = [
    "response-shape", "exact-report", "isolation", "no-loss", "idempotent", "stateless", "drains",
]  # fmt: skip


@pytest.fixture
def shop(in_tmp_path, monkeypatch):
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    return write_shop(in_tmp_path)


@pytest.fixture
def call(shop, monkeypatch, capsys):
    return CommandLine(shop, monkeypatch, capsys)


@pytest.fixture
def counterexample(shop):
    """A scenario in which an order is charged again, as a verification saves it."""
    return save(shop, "duplicate-later")


def save(shop, kind):
    scenario = {
        "messages": [{"name": "m1", "body": json.dumps(BODIES[0])}],
        "faults": [{"kind": kind, "message": "m1"}],
        "target": "charges_again:handler",
        "effects": "world:charges",
        "reset": "world:empty",
        "violates": "idempotent",
    }
    (shop / f"{kind}.json").write_text(json.dumps(scenario), encoding="utf-8")
    return f"{kind}.json"


def sqs(url):
    return boto3.client(
        "sqs", endpoint_url=url, region_name="us-east-1",
        aws_access_key_id="testing", aws_secret_access_key="testing",
    )  # fmt: skip


def queues(url):
    found = sqs(url).list_queues().get("QueueUrls", [])
    return sorted(queue.rpartition("/")[2] for queue in found)


# The same verdicts there


@pytest.mark.endpoints
def test_a_broken_handler_breaks_the_same_clause_there_and_the_report_names_the_endpoint(call):
    result = call("verify", "charges_again:handler", *SHOP, "--backend", "moto", "--json", "r.json")
    assert result.status == 1
    here, there = result.out.split(f"  on moto {moto.__version__}\n")
    assert "\n  idempotent      VIOLATED" in here
    assert "    idempotent      VIOLATED  " in there
    assert there.count("VIOLATED") == 1
    assert "1 of 1 counterexample came out the same" in there
    assert "s of visibility timeouts and delays were cut short there" in " ".join(there.split())
    told = json.loads((call.directory / "r.json").read_text(encoding="utf-8"))["backend"]
    assert (told["kind"], told["name"]) == ("moto", f"moto {moto.__version__}")
    verdicts = {clause["id"]: clause["verdict"] for clause in told["clauses"]}
    assert verdicts == dict.fromkeys(ALL_CLAUSES, "held") | {"idempotent": "violated"}
    assert told["played"] == told["planned"] > 20
    assert (told["confirmed"], told["counterexamples"], told["differences"]) == (1, 1, [])


@pytest.mark.parametrize("flags", [["--backend", "moto"], ["--backend", "simulator"]])
def test_a_counterexample_replays_with_one_flag(call, counterexample, flags):
    result = call("replay", counterexample, *flags)
    assert result.status == 1
    assert result.out.startswith("VIOLATED  idempotent")
    assert ("played on moto" in result.out) is ("moto" in flags)


def test_a_counterexample_replays_on_any_url_and_is_gone_once_mended(
    call, counterexample, moto_server
):
    there = ["--endpoint-url", moto_server]
    broken = call("replay", counterexample, *there, "--json", "-")
    assert broken.status == 1
    (replayed,) = broken.document["replayed"]
    assert replayed["backend"] == moto_server
    assert (
        replayed["history"]
        == call("replay", counterexample, "--json", "-").document["replayed"][0]["history"]
    )
    assert call("replay", counterexample, *there, "--target", "orders:handler").status == 0
    assert queues(moto_server) == []


@pytest.mark.endpoints
def test_timeouts_can_take_real_time_there(call, shop):
    started = time.monotonic()
    result = call("replay", save(shop, "lost-delete"), "--backend", "moto", "--real-timeout", "1")
    assert result.status == 1
    assert time.monotonic() - started >= 1
    assert "each timeout lasted 1 s by its clock" in " ".join(result.out.split())


# LocalStack is where localstack-client says it is


@pytest.mark.parametrize(
    "variable",
    ["AWS_ENDPOINT_URL", pytest.param("LOCALSTACK_HOST", marks=pytest.mark.endpoints)],
)
def test_localstack_is_found_as_localstack_client_finds_it(
    call, counterexample, moto_server, monkeypatch, variable
):
    where = moto_server if variable == "AWS_ENDPOINT_URL" else moto_server.removeprefix("http://")
    monkeypatch.setenv(variable, where)
    result = call("replay", counterexample, "--backend", "localstack")
    assert result.status == 1
    assert f"played on LocalStack {moto_server}" in result.out


def test_a_profile_there_is_none_of_is_told(call, counterexample, moto_server, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", moto_server)
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    line = refused(call("replay", counterexample, "--backend", "localstack"))
    assert "The config profile (nobody) could not be found" in line


# Bad input: one clear line, status 2, soon


def refused(result) -> str:
    assert result.status == 2
    assert result.out == ""
    (line,) = result.err.splitlines()
    return line


@pytest.mark.parametrize(
    ("flags", "line"),
    [
        (["--backend", "endpoint"], "--backend endpoint needs --endpoint-url URL"),
        (["--endpoint-url", "localhost:4566"], "'localhost:4566' is no URL of an endpoint"),
        (["--endpoint-url", "http://[::1"], "is no URL: Invalid IPv6 URL"),
        (["--endpoint-url", "http://a:b@host"], "--endpoint-url holds a user or a password"),
        (
            ["--endpoint-url", "https://sqs.eu-west-1.amazonaws.com"],
            "is AWS itself: say --backend aws --allow-aws if that is meant",
        ),
        (
            ["--backend", "moto", "--endpoint-url", "http://a"],
            "goes with --backend endpoint, not moto",
        ),
        (["--backend", "aws"], "say --allow-aws if that is meant"),
        (["--backend", "aws", "--allow-aws"], "--backend aws needs --queue-prefix NAME"),
        (["--backend", "moto", "--queue-prefix", "a/b"], "--queue-prefix must be 1 to 30 letters"),
        (["--backend", "moto", "--max-calls", "3"], "moto 5.2.5: 3 calls were made"),
    ],
)
def test_flags_that_do_not_go_together_or_mean_aws(call, counterexample, flags, line):
    told = refused(call("replay", counterexample, *flags))
    assert line.replace("moto 5.2.5", f"moto {moto.__version__}") in told


def test_an_endpoint_that_is_down(call, shop):
    url = f"http://127.0.0.1:{free_port()}"
    result = call("verify", "orders:handler", *SHOP, "--endpoint-url", url)
    assert refused(result) == (
        f"sqs-contract: cannot reach {url}: connection refused, or no such host: is the endpoint "
        "running, and the address right?"
    )


def test_an_endpoint_that_never_answers(call, counterexample):
    """Within the time it is given for a connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        started = time.monotonic()
        result = call("replay", counterexample, "--endpoint-url", url, "--connect-timeout", "0.3")
        assert time.monotonic() - started < 5
    assert refused(result) == (
        f"sqs-contract: {url} takes connections and does not answer within 0.3 s: is it an SQS "
        "endpoint? --connect-timeout gives it more time"
    )


# Nothing is left behind, and nothing of others' is touched


@pytest.mark.parametrize(
    ("number", "status"),
    [
        pytest.param(signal.SIGINT, 130, id="SIGINT"),
        pytest.param(
            signal.SIGKILL, -signal.SIGKILL, id="SIGKILL", marks=pytest.mark.endpoints
        ),
    ],
)  # fmt: skip
def test_a_run_that_is_killed_leaves_no_queue(shop, moto_server, number, status):
    """The process that calls the endpoint outlives it for that."""
    process = start_process(
        shop,
        "replay",
        save(shop, "lost-delete"),
        "--endpoint-url",
        moto_server,
        "--real-timeout",
        "20",
    )
    wait_for(lambda: queues(moto_server) != [])
    process.send_signal(number)
    _, told = process.communicate(timeout=30)
    assert process.returncode == status
    if number is signal.SIGINT:
        assert told.endswith("sqs-contract: interrupted\n")
    wait_for(lambda: queues(moto_server) == [])


def wait_for(condition):
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline, "it did not come to that in 30 s"
        time.sleep(0.05)


def test_clean_removes_what_a_crash_left_and_only_that(call, moto_server):
    client = sqs(moto_server)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    from sqs_contract.endpoints.ours import HOST_TAG, PROCESS_TAG, RUN_TAG, TIME_TAG, host

    now = str(int(time.time()))
    tags = {RUN_TAG: "r", HOST_TAG: host(), PROCESS_TAG: str(ended.pid), TIME_TAG: now}
    others = {
        "orders": tags,  # another name
        "sqs-contract-mine": {},  # no tags
        "sqs-contract-on": tags | {PROCESS_TAG: str(os.getpid())},
        "sqs-contract-elsewhere": tags | {HOST_TAG: "another"},
    }
    ours = {
        "sqs-contract-left": tags,
        "sqs-contract-old": tags | {HOST_TAG: "other", TIME_TAG: "1"},
    }
    for name, with_tags in (others | ours).items():
        client.create_queue(QueueName=name, tags=with_tags)
    result = call("clean", "--endpoint-url", moto_server)
    assert result.status == 0
    assert result.out.splitlines() == [
        "removed  sqs-contract-left",
        "removed  sqs-contract-old",
        "left     sqs-contract-elsewhere: another machine made it less than an hour ago",
        "left     sqs-contract-mine: it does not carry our tags",
        "left     sqs-contract-on: its run is still on",
        "2 queues removed, 3 left",
    ]
    assert queues(moto_server) == sorted(others)
    for name in others:
        client.delete_queue(QueueUrl=client.get_queue_url(QueueName=name)["QueueUrl"])


def test_clean_wants_to_know_where(call):
    assert "say where to look" in refused(call("clean"))
