"""The same handlers get the same verdicts everywhere: on the simulator, and on every endpoint that
can be had from the package index."""

from __future__ import annotations

import json
import os
import time

import pytest
from endpoint_scenarios import NAMES, play_all
from little_shop import BODIES, SHOP, CommandLine, write_shop
from playing import playing

from sqs_contract.endpoints.connection import Connection
from sqs_contract.endpoints.endpoint import Endpoint

pytestmark = [pytest.mark.endpoints, pytest.mark.timeout(600)]

SERVERS = ["moto_server", "ministack", "localstack"]

EXPIRED = "deletes m1 from a FIFO queue with a receipt handle that has expired (S50)"
DIFFERENCES = {
    "moto_server": {
        "fifo: a duplicate": "takes a duplicate of m1 for a message of its own (S51)",
        "fifo: a delete that comes too late": EXPIRED,
    },
    "ministack": {"fifo: a delete that comes too late": EXPIRED},
    "localstack": {},
}
"""What the versions that are pinned do otherwise than AWS."""


@pytest.fixture(params=SERVERS)
def server(request):
    """The name of an endpoint, and its URL."""
    return request.param, request.getfixturevalue(request.param)


@pytest.fixture
def call(in_tmp_path, monkeypatch, capsys):
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    return CommandLine(write_shop(in_tmp_path), monkeypatch, capsys)


def test_histories_are_those_of_the_simulator_or_the_difference_is_told(server):
    name, url = server
    endpoint = Endpoint(backend="endpoint", url=url)
    with (
        Connection.entered(endpoint) as connection,
        playing(lambda _event, _context: None) as stand,
    ):
        differences = play_all(stand, connection)
    assert list(differences) == NAMES
    assert {case: what for case, what in differences.items() if what} == DIFFERENCES[name]


@pytest.mark.parametrize(
    ("handler", "shape", "broken"),
    [
        pytest.param("orders", [], [], id="correct"),
        pytest.param("charges_again", [], ["idempotent"], id="broken"),
        pytest.param("orders", ["--fifo"], ["fifo-order"], id="not-for-fifo"),
    ],
)
def test_a_broken_handler_and_its_twin(call, server, handler, shape, broken):
    """Both on the simulator and on the endpoint, in less than a minute."""
    _, url = server
    started = time.monotonic()
    result = call(
        "verify",
        f"{handler}:handler",
        *SHOP,
        *shape,
        "--endpoint-url",
        url,
        "--json",
        "report.json",
    )
    assert time.monotonic() - started < 60
    assert result.status == (1 if broken else 0)
    report = json.loads((call.directory / "report.json").read_text(encoding="utf-8"))
    there = report["backend"]
    for told in (report, there):
        clauses = {clause["id"]: clause["verdict"] for clause in told["clauses"]}
        assert [name for name, verdict in clauses.items() if verdict == "violated"] == broken
        assert not any(
            verdict == "violated" for name, verdict in clauses.items() if name not in broken
        )
    assert (there["name"], there["played"]) == (url, there["planned"])
    assert there["confirmed"] == there["counterexamples"] == len(broken)
    assert there["differences"] == []


def test_a_counterexample_of_the_simulator_replays_with_one_flag(call, server):
    _, url = server
    assert call("verify", "charges_again:handler", *SHOP).status == 1
    (path,) = (call.directory / ".sqs-contract").iterdir()
    here = call("replay", str(path))
    there = call("replay", str(path), "--endpoint-url", url)
    assert there.status == here.status == 1
    assert there.out.startswith(here.out.rstrip())


def test_localstack_by_its_own_name(call, localstack, monkeypatch):
    monkeypatch.setenv("LOCALSTACK_HOST", localstack.removeprefix("http://"))
    scenario = {
        "messages": [{"name": "m1", "body": json.dumps(BODIES[0])}],
        "target": "orders:handler",
        "effects": "world:charges",
        "reset": "world:empty",
    }
    (call.directory / "scenario.json").write_text(json.dumps(scenario), encoding="utf-8")
    result = call("replay", "scenario.json", "--backend", "localstack")
    assert result.status == 0
    assert f"played on LocalStack {localstack}\n" in result.out
