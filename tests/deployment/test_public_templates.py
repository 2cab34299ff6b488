"""Twenty services, each written in the six ways teams write them: all are read to the same picture.

`tests/templates/expected.json` says of each service how its function is deployed.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path

import pytest

from sqs_contract.deployment import Deployment
from sqs_contract.deployment.creation import plan_of
from sqs_contract.deployment.readers import read_stack
from sqs_contract.deployment.template import deployment_of, only_source
from sqs_contract.discovery.wired import wires_of

TEMPLATES = Path(__file__).parents[1] / "templates"
EXPECTED = json.loads((TEMPLATES / "expected.json").read_text(encoding="utf-8"))
KINDS = ["sam", "cloudformation", "cdk", "serverless", "terraform", "terraform-json"]


def camel(name: str) -> str:
    return "".join(part.capitalize() for part in name.split("-"))


def path_of(kind: str, name: str) -> Path:
    folder = TEMPLATES / kind
    match kind:
        case "cdk":
            return folder / f"{camel(name)}Stack.template.json"
        case "serverless":
            return folder / name / "serverless.yml"
        case "terraform":
            return folder / name
    return next(path for path in folder.iterdir() if path.stem == name)


@functools.cache
def stack_of(kind: str, name: str):
    return read_stack(path_of(kind, name))


AWS_DEFAULTS = {
    "VisibilityTimeout": "30",
    "MessageRetentionPeriod": "345600",
    "DelaySeconds": "0",
    "MaximumMessageSize": "262144",
    "ReceiveMessageWaitTimeSeconds": "0",
    "ContentBasedDeduplication": "false",
}
"""What Terraform's JSON writes out and the others leave out."""


def calls_of(stack):
    """What makes the world of a stack, whatever things are called in the template."""
    return sorted(
        json.dumps([call.service, call.method, without_defaults(call.arguments)], sort_keys=True)
        for call in plan_of(stack).calls
    )


def without_defaults(arguments):
    attributes = arguments.get("Attributes", {})
    told = {name: text for name, text in attributes.items() if AWS_DEFAULTS.get(name) != text}
    return {**arguments, "Attributes": told}


def settings_of(deployment):
    """As JSON data; patterns as they are meant, however they are spaced."""
    data = deployment.to_json()
    data["mapping"]["Filters"] = [json.loads(one) for one in data["mapping"].get("Filters", ())]
    return {**data, "handler": deployment.function.handler}


@pytest.mark.parametrize("name", EXPECTED)
@pytest.mark.parametrize("kind", KINDS)
def test_a_template_is_read_as_it_is_deployed(kind, name):
    """Settings, environment and what feeds the queue; every value resolved, nothing guessed."""
    stack = stack_of(kind, name)
    source = only_source(stack)
    found = deployment_of(stack, source)
    expected = EXPECTED[name]
    settings = {"function_name": found.function.name, **expected["deployment"]}
    assert settings_of(found) == settings_of(Deployment.of(**settings))
    assert stack.kind == kind
    assert stack.notes == ()
    wires = wires_of(stack, stack.queue_of(source.mapping.source))
    told = [wire.told for wire in wires]
    if expected["wired"] is None:
        assert told == []
    else:
        assert len(told) == 1
        assert told[0].startswith(expected["wired"])


@pytest.mark.parametrize("kind", KINDS)
def test_every_resource_knows_its_line(kind):
    for name in EXPECTED:
        stack = stack_of(kind, name)
        for item in stack.items():
            place = item.place
            assert Path(place.file).is_file()
            lines = Path(place.file).read_text(encoding="utf-8").splitlines()
            assert place.line is not None
            assert 1 <= place.line <= len(lines)


@pytest.mark.parametrize("name", EXPECTED)
def test_the_same_world_is_made_of_a_service_however_it_is_written(name):
    """Queues, tables with their indexes, topics with subscriptions, ...: call for call."""
    plans = {kind: calls_of(stack_of(kind, name)) for kind in KINDS}
    assert len(plans["sam"]) >= 2
    assert {kind for kind, plan in plans.items() if plan != plans["sam"]} == set()


def test_there_are_twenty_templates_of_each_kind():
    assert len(EXPECTED) == 20
    for kind in KINDS:
        assert len(list((TEMPLATES / kind).iterdir())) == 20
