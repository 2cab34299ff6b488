"""The same service is judged the same in whichever of the six ways it was written."""

from __future__ import annotations

import functools
import json
from pathlib import Path

import pytest
from lint_service import codes

from sqs_contract.lint.problem import Level
from sqs_contract.lint.running import lint_file

TEMPLATES = Path(__file__).parents[1] / "templates"
SERVICES = json.loads((TEMPLATES / "expected.json").read_text(encoding="utf-8"))


@functools.cache
def linted(path):
    return lint_file(path)


def paths_of(name):
    camel = "".join(part.capitalize() for part in name.split("-"))
    yield from (TEMPLATES / "sam").glob(f"{name}.*")
    yield from (TEMPLATES / "cloudformation").glob(f"{name}.*")
    yield TEMPLATES / "cdk" / f"{camel}Stack.template.json"
    yield TEMPLATES / "serverless" / name / "serverless.yml"
    yield TEMPLATES / "terraform" / name
    yield TEMPLATES / "terraform-json" / f"{name}.json"


def told(path, name):
    """The codes; what a plan does not tell, or writes out though it is AWS's default, aside."""
    found = set(codes(linted(path)))
    if name in ("thumbnails", "clickstream") and path.parent.name == "sam":
        assert "SQSC701" in found  # SAM grants nothing for a mapping that stands apart
    return found - {"SQSC701", "SQSC304"}


EVERY_CHANGE = ["thumbnails", "payments-fifo", "clickstream", "dead-letter-consumer"]
"""Services judged at every change; the rest nightly, since reading them takes long."""


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name in EVERY_CHANGE else [pytest.mark.nightly])
        for name in SERVICES
    ],
)
def test_a_service_is_judged_the_same_however_it_is_written(name):
    """And sound templates are not accused of errors."""
    paths = list(paths_of(name))
    assert len(paths) == 6
    found = [told(path, name) for path in paths]
    assert found == found[:1] * 6
    for path in paths:
        errors = {
            problem.rule.code
            for problem in linted(path).problems
            if problem.rule.level is Level.ERROR
        }
        assert errors <= ({"SQSC701"} if path.parent.name == "sam" else set())
