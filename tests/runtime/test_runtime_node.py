"""A function in Node.js, behind AWS's own client for it, which the tests install for themselves."""

import json
import os
import shutil
import subprocess

import pytest

from sqs_contract import Fault, FaultKind
from sqs_contract.clauses.verdict import Verdict
from sqs_contract.deployment.readers import read_stack
from sqs_contract.discovery import find_for
from sqs_contract.history import Called, Ended
from sqs_contract.request import Request
from sqs_contract.runtime.player import RuntimePlayer
from sqs_contract.runtime.spec import RuntimeSpec
from sqs_contract.scenario import Scenario, ScenarioMessage
from sqs_contract.verify import verify

pytestmark = [pytest.mark.node, pytest.mark.timeout(1200)]

CLIENT = "node_modules/.bin/aws-lambda-ric"
NODE = 22
BODY = '{"order_id": "a1", "customer": "ada", "amount": 5}'


@pytest.fixture(scope="session")
def installed(tmp_path_factory, request):
    """The example with what it needs installed, as its own documentation says."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("Node.js and npm are not installed")
    folder = tmp_path_factory.mktemp("node") / "orders"
    shutil.copytree(request.config.rootpath / "examples" / "node_orders", folder)
    # The client wants a Node.js that is newer than many have; the registry has that too.
    for packages in ([], ["--no-save", f"node@{NODE}"]):
        done = subprocess.run(
            ["npm", "install", "--no-audit", "--no-fund", *packages],
            cwd=folder, capture_output=True, text=True, check=False, timeout=1000,
        )  # fmt: skip
        if done.returncode or not (folder / CLIENT).exists():
            told = (done.stderr or done.stdout).strip().splitlines()[-8:]
            pytest.skip(f"npm could not install aws-lambda-ric: {' | '.join(told)}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PATH", f"{folder / 'node_modules' / '.bin'}{os.pathsep}{os.environ['PATH']}")
        yield folder


@pytest.fixture
def found(installed, monkeypatch):
    monkeypatch.chdir(installed)

    def find(handler):
        return find_for(handler, read_stack("template.yaml"))

    return find


def spec_of(handler):
    return RuntimeSpec(command=(CLIENT, handler))


def test_calls_of_node_are_fault_sites_under_the_same_labels(found):
    """The SDK's own tries are one call; a date is the scenario's; a failing call is reported."""
    there = found("adds_again.handler")
    message = ScenarioMessage(name="m1", body=BODY)
    fault = Fault(kind=FaultKind.CALL_FAILS, site="dynamodb.UpdateItem customers ada")
    with RuntimePlayer.started(
        there.program, there.deployment, spec_of("adds_again.handler")
    ) as player:
        assert player.follows_clock
        run = player.play(
            Scenario(messages=(message,), faults=(fault,), deployment=there.deployment)
        )
    calls = [(event.site, event.error) for event in run.events if isinstance(event, Called)]
    assert calls[:2] == [
        ("dynamodb.PutItem orders a1", None),
        ("dynamodb.UpdateItem customers ada", "InternalServerError"),
    ]
    first, second = (event.outcome for event in run.events if isinstance(event, Ended))
    assert len(json.loads(first.payload)["batchItemFailures"]) == 1
    assert json.loads(second.payload) == {"batchItemFailures": []}


@pytest.mark.parametrize(
    ("handler", "broken"), [("orders.handler", set()), ("adds_again.handler", {"idempotent"})]
)
def test_the_bug_in_node_is_found_and_its_twin_is_not_accused(found, handler, broken):
    there = found(handler)
    report = verify(
        Request(
            program=there.program, deployment=there.deployment, bodies="bodies.json",
            runtime=spec_of(handler), max_examples=0,
        )
    )  # fmt: skip
    violated = {item.id for item in report.clauses if item.verdict is Verdict.VIOLATED}
    assert violated == broken
    assert all(item.verdict is not Verdict.NOT_CHECKED for item in report.clauses if not broken)
