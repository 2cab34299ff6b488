"""`bodies` given as documents and classes: what they describe is what is sent."""

from __future__ import annotations

import json

import pytest
from hypothesis import find, settings

from sqs_contract.bodies.source import load_bodies
from sqs_contract.errors import UsageError

SCHEMA = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "$ref": "#/definitions/Order",
    "definitions": {
        "Order": {"type": "object", "required": ["id"], "properties": {"id": {"type": "integer"}}}
    },
}
MODEL = """
from dataclasses import dataclass

@dataclass
class Order:
    id: int
"""


def simplest(bodies):
    return json.loads(find(bodies.strategy, lambda _: True, settings=settings(database=None)))


def test_a_json_schema(tmp_path):
    path = tmp_path / "order.schema.json"
    path.write_text(json.dumps(SCHEMA), encoding="utf-8")
    assert simplest(load_bodies(path)) == {"id": 0}


def test_examples_of_an_asyncapi_document_come_before_its_schemas(tmp_path):
    path = tmp_path / "asyncapi.yaml"
    path.write_text(
        "asyncapi: 3.0.0\nchannels:\n  orders:\n    messages:\n      Placed:\n"
        "        payload: {type: object}\n        examples: [{payload: {id: 7}}]\n",
        encoding="utf-8",
    )
    assert load_bodies(path).examples == ('{"id": 7}',)


def test_an_sqs_event_gives_the_bodies_of_its_records(tmp_path):
    path = tmp_path / "event.json"
    record = {"messageId": "1", "body": "first", "eventSource": "aws:sqs"}
    path.write_text(json.dumps({"Records": [record]}), encoding="utf-8")
    assert load_bodies(path).examples == ("first",)


def test_a_body_that_is_an_event_of_s3_stays_as_it_is(tmp_path):
    path = tmp_path / "body.json"
    event = {"Records": [{"eventSource": "aws:s3", "s3": {}}]}
    path.write_text(json.dumps(event), encoding="utf-8")
    (body,) = load_bodies(path).examples
    assert json.loads(body) == event


def test_a_class_of_the_users(in_tmp_path):
    (in_tmp_path / "described_models.py").write_text(MODEL, encoding="utf-8")
    assert simplest(load_bodies("described_models:Order")) == {"id": 0}


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("a.yaml", "a: [", r"a\.yaml:1 is not YAML"),
        ("a.yaml", "a: 1", r"a\.yaml is no AsyncAPI document and no JSON Schema"),
        (
            "a.json",
            '{"$schema": "http://json-schema.org/draft-07/schema#", "iff": {}}',
            r"bodies '.*a\.json': schema: ",
        ),
        ("a.yaml", "asyncapi: 3.0.0", r"describes no messages"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line(tmp_path, name, text, told):
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=told) as refused:
        load_bodies(tmp_path / name)
    assert "\n" not in str(refused.value)
