"""`sqs-contract proxy` as it is called: verdicts, files, bad input, and that nothing is left."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import textwrap
import time
from pathlib import Path

import pytest
from little_shop import CommandLine, run_process, start_process
from proxying import client

EXAMPLES = Path(__file__).parents[2] / "examples"


@pytest.fixture
def queue(upstream):
    direct = client(upstream)
    url = direct.create_queue(QueueName="orders", Attributes={"VisibilityTimeout": "5"})["QueueUrl"]
    for order in json.loads((EXAMPLES / "bodies.json").read_text(encoding="utf-8")):
        direct.send_message(QueueUrl=url, MessageBody=json.dumps(order))
    yield url
    direct.delete_queue(QueueUrl=url)


@pytest.fixture
def call(in_tmp_path, monkeypatch, capsys):
    return CommandLine(in_tmp_path, monkeypatch, capsys)


def environment(directory):
    return {
        "AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1", "BOOKS": str(directory / "books.db"),
    }  # fmt: skip


def run_worker(upstream, directory, worker, *options):
    return run_process(
        EXAMPLES, "proxy", "--upstream", upstream, "--effects", "worker.books:effects",
        "--until-drained", *options, "--", sys.executable, "-m", worker,
        environment=environment(directory),
    )  # fmt: skip


@pytest.mark.long
def test_a_correct_worker_drains_its_queue_and_keeps_its_contract(upstream, queue, tmp_path):
    history = tmp_path / "history.json"
    result = run_worker(upstream, tmp_path, "worker.loop", "--seed", "1", "--history", str(history))
    assert result.status == 0, result.err
    assert result.out.splitlines()[:6] == [
        "consumer",
        "  no-loss         held",
        "  idempotent      held",
        "  fifo-order      not checked",
        "                  no FIFO queue was polled",
        "  drains          held",
    ]
    data = json.loads(history.read_text(encoding="utf-8"))
    assert [one["verdict"] for one in data["clauses"]] == ["held", "held", "not-checked", "held"]
    assert [one["name"] for one in data["scenario"]["messages"]] == ["m1", "m2", "m3"]
    assert {"kind": "duplicate-later", "message": "m1", "nth": 1} in data["scenario"]["faults"]
    assert data["history"][0]["event"] == "received"


@pytest.mark.nightly
def test_a_history_is_a_scenario_that_shows_the_bug_again(upstream, queue, tmp_path):
    """With the faults of the file instead of a seed."""
    history, again = tmp_path / "history.json", tmp_path / "again.json"
    scenario = {"faults": [{"kind": "lost-delete", "message": "late"}], "messages": [
        {"name": "late", "body": '{"order_id": "o-1003", "customer": "ada", "amount": 15}'}]}  # fmt: skip
    (tmp_path / "scenario.json").write_text(json.dumps(scenario), encoding="utf-8")
    given = ("--scenario", str(tmp_path / "scenario.json"), "--history", str(history))
    result = run_worker(upstream, tmp_path, "worker.adds_again", *given, "--title", "totals")
    assert result.status == 1, result.err
    first, _, *rest = result.out.splitlines()
    assert first.split() == ["VIOLATED", "idempotent", "totals"]
    assert "late was delivered again, and done again" in result.out
    assert all(len(line) <= 80 for line in result.out.splitlines())
    assert "    fault: the delete of late is answered, and not done" in rest
    direct = client(upstream)
    body = scenario["messages"][0]["body"]
    direct.send_message(QueueUrl=queue, MessageBody=body)
    (tmp_path / "books.db").unlink()
    given = ("--scenario", str(history), "--history", str(again))
    result = run_worker(upstream, tmp_path, "worker.adds_again", *given)
    assert result.status == 1, result.err
    assert "late was delivered again, and done again" in result.out


@pytest.mark.nightly
def test_a_command_that_prints_json_tells_the_effects_too(upstream, queue, tmp_path):
    tell = "import json; from worker.books import effects; print(json.dumps(effects()))"
    result = run_process(
        EXAMPLES, "proxy", "--upstream", upstream, "--seed", "1", "--until-drained",
        "--effects-command", f'{sys.executable} -c "{tell}"',
        "--", sys.executable, "-m", "worker.adds_again",
        environment=environment(tmp_path),
    )  # fmt: skip
    assert result.status == 1, result.err
    assert "totals.ada went from 25 to 50" in " ".join(result.out.split())


# Bad input: one line, status 2


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--upstream", "localhost:4566"], "must be the URL of an SQS endpoint"),
        (["--upstream", "ftp://localhost"], "must be the URL of an SQS endpoint"),
        (["--upstream", "http://[::1"], "must be the URL of an SQS endpoint"),
        (["--upstream", "http://localhost:99999"], "must be the URL of an SQS endpoint"),
        (["--upstream", "https://sqs.eu-west-1.amazonaws.com"], "is AWS itself: give a local"),
        (["--upstream", "https://sqs.cn-north-1.amazonaws.com.cn."], "is AWS itself: give a local"),
        (["--upstream", "https://SQS.us-east-1.api.aws"], "is AWS itself: give a local"),
        (["--upstream", "http://x", "--seed", "1", "--scenario", "s"], "--scenario or --seed"),
        (["--upstream", "http://x", "--scenario", "none.json"], "cannot read 'none.json'"),
        (["--upstream", "http://x", "--effects", "nowhere"], "must be given as module:name"),
        (["--upstream", "http://x", "--effects", "json:nothing"], "has no 'nothing'"),
        (["--upstream", "http://x", "--effects", "json:__name__"], "is no function"),
        (["--upstream", "http://x", "--effects-command", " "], "--effects-command is empty"),
        (["--upstream", "http://x", "--effects-command", "'"], "cannot be read"),
        (["--upstream", "http://x", "--effects", "json:dumps", "--effects-command", "x"], "not both"),
        (["--upstream", "http://x", "--history", "no/where.json"], "there is no directory"),
    ],
)  # fmt: skip
def test_what_is_given_wrong_is_told_in_one_line(call, arguments, said):
    result = call("proxy", *arguments)
    assert (result.status, result.out) == (2, "")
    assert said in result.err
    assert result.err.count("\n") == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "is not JSON"),
        ("[]", "a scenario must be"),
        ('{"faults": 3}', "faults"),
        ('{"faults": [{"kind": "lost-delete"}]}', "strikes a message"),
        ('{"faults": [{"kind": "cold-start", "invocation": 1}]}', "the proxy cannot bring about"),
        ('{"messages": [{"name": 3}]}', "needs a name and a body"),
    ],
)
def test_a_mistake_in_a_scenario_is_told_with_the_file(call, content, said):
    (call.directory / "s.json").write_text(content, encoding="utf-8")
    result = call("proxy", "--upstream", "http://x", "--scenario", "s.json")
    assert (result.status, result.out) == (2, "")
    assert said in result.err
    assert "'s.json'" in result.err
    assert result.err.count("\n") == 1


def test_an_endpoint_that_is_down_is_told_at_once(call):
    url = f"http://127.0.0.1:{free_port()}"
    started = time.monotonic()
    result = call("proxy", "--upstream", url)
    assert (result.status, result.out) == (2, "")
    assert result.err.startswith(f"sqs-contract: --upstream {url}: no answer (")
    assert result.err.count("\n") == 1
    assert time.monotonic() - started < 4


@pytest.mark.parametrize(
    "answer", ["<html>\x1b[2J</html>", "[1, 2]", '{"status": "ok"}', "", "x" * 100_000]
)
def test_an_endpoint_that_is_none_of_sqs_is_told(call, httpserver, answer):
    httpserver.expect_request("/").respond_with_data(answer, status=404)
    result = call("proxy", "--upstream", httpserver.url_for(""))
    assert (result.status, result.out) == (2, "")
    assert "what answers there is no SQS endpoint (status 404" in result.err
    assert result.err.count("\n") == 1
    assert len(result.err) < 250
    assert "\x1b" not in result.err


def test_a_port_in_use_is_told(call, upstream):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = call("proxy", "--upstream", upstream, "--port", str(port))
    assert (result.status, result.out) == (2, "")
    assert (
        result.err == f"sqs-contract: cannot listen on 127.0.0.1:{port}: Address already in use\n"
    )


@pytest.mark.parametrize(
    ("effects", "said"),
    [
        ("def tell():\n    raise KeyError('orders')", "raised KeyError: 'orders'"),
        ("def tell():\n    return object()", "which cannot be compared"),
    ],
)
def test_effects_that_cannot_be_told_are_told_before_anything_begins(call, upstream, effects, said):
    (call.directory / "mine.py").write_text(effects, encoding="utf-8")
    result = call("proxy", "--upstream", upstream, "--effects", "mine:tell")
    assert (result.status, result.out) == (2, "")
    assert said in result.err


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("false", "ended with status 1"),
        ("echo no", "printed no JSON: 'no"),
        ("no-such-command", "cannot start 'no-such-command': No such file or directory"),
    ],
)
def test_a_command_that_tells_no_effects_is_told(call, upstream, command, said):
    result = call("proxy", "--upstream", upstream, "--effects-command", command)
    assert (result.status, result.out) == (2, "")
    assert said in result.err


def test_a_consumer_that_cannot_be_started_is_told(call, upstream):
    result = call("proxy", "--upstream", upstream, "--", "no-such-worker")
    assert result.status == 2
    assert "the consumer: cannot start 'no-such-worker'" in result.err


# Its end


def test_a_consumer_that_crashes_is_started_again_and_one_that_ends_ends_the_session(
    call, upstream
):
    (call.directory / "crash.py").write_text(
        textwrap.dedent("""
            import pathlib, sys
            tries = pathlib.Path("tries")
            count = len(tries.read_text()) if tries.exists() else 0
            tries.write_text("x" * (count + 1))
            sys.exit(0 if count == 2 else 3)
        """),
        encoding="utf-8",
    )
    result = call("proxy", "--upstream", upstream, "--", sys.executable, "crash.py")
    assert result.status == 0
    told = " ".join(result.out.split())
    assert "ended: the consumer ended; it crashed with status 3 and was started 3 times" in told


def test_a_session_ends_when_its_time_is_over(call, upstream):
    result = call("proxy", "--upstream", upstream, "--timeout", "0.2")
    assert result.status == 0
    assert "ended: 0.2 s were over" in result.out


WORKER = """
    import os, subprocess, sys, time
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    with open("pids", "w") as file:
        file.write(f"{os.getpid()} {child.pid}\\n")
    time.sleep(60)
"""


def is_alive(pid):
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except FileNotFoundError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


@pytest.mark.skipif(not Path("/proc").exists(), reason="looks processes up in /proc")
@pytest.mark.parametrize(
    "end",
    [
        pytest.param(signal.SIGINT, marks=pytest.mark.nightly),
        pytest.param(signal.SIGTERM, marks=pytest.mark.nightly),
        signal.SIGKILL,
    ],
)
def test_nothing_is_left_however_it_ends(upstream, tmp_path, end):
    """Neither the consumer nor what it started."""
    (tmp_path / "worker.py").write_text(textwrap.dedent(WORKER), encoding="utf-8")
    arguments = ("proxy", "--upstream", upstream, "--", sys.executable, "worker.py")
    process = start_process(tmp_path, *arguments)
    pids = tmp_path / "pids"
    deadline = time.monotonic() + 20
    while not (pids.exists() and pids.read_text(encoding="utf-8").endswith("\n")):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    os.kill(process.pid, end)
    out, _ = process.communicate(timeout=20)
    assert process.returncode == (-signal.SIGKILL if end == signal.SIGKILL else 0)
    assert ("ended: stopped" in out) is (end != signal.SIGKILL)
    left = [int(pid) for pid in pids.read_text(encoding="utf-8").split()]
    while any(map(is_alive, left)):
        assert time.monotonic() < deadline
        time.sleep(0.02)
