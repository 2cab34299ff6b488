"""Bodies nobody gave: where they are found, which are used, and that it is said."""

from __future__ import annotations

import json
import sys

import pytest
import yaml
from hypothesis import find as find_example
from hypothesis import settings

from sqs_contract.deployment.readers import read_stack
from sqs_contract.discovery import find

RECORD = {
    "messageId": "m-1",
    "receiptHandle": "AQEB",
    "body": '{"order_id": "a1"}',
    "eventSource": "aws:sqs",
    "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:orders",
}
TEMPLATE = """
Resources:
  Orders: {Type: AWS::SQS::Queue, Properties: {QueueName: orders}}
  Worker:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src
      Handler: found_app.handler
      Runtime: python3.13
      Events: {In: {Type: SQS, Properties: {Queue: !GetAtt Orders.Arn}}}
"""
REFUNDS = """
  Refunds: {Type: AWS::SQS::Queue}
  RefundWorker:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: src
      Handler: found_app.handler
      Runtime: python3.13
      Events: {In: {Type: SQS, Properties: {Queue: !GetAtt Refunds.Arn}}}
"""
PLAIN = "def handler(event, context):\n    return None\n"


@pytest.fixture
def service(in_tmp_path, monkeypatch):
    """`service(template, app, files)`: the bodies found for its first function."""

    def found(template=TEMPLATE, app=PLAIN, files=None, function="Worker"):
        (in_tmp_path / "src").mkdir()
        (in_tmp_path / "src" / "found_app.py").write_text(app, encoding="utf-8")
        (in_tmp_path / "template.yaml").write_text(template, encoding="utf-8")
        for name, data in (files or {}).items():
            path = in_tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            text = yaml.safe_dump(data) if path.suffix == ".yaml" else json.dumps(data)
            path.write_text(text, encoding="utf-8")
        monkeypatch.syspath_prepend(str(in_tmp_path / "src"))
        monkeypatch.delitem(sys.modules, "found_app", raising=False)
        (only,) = find(read_stack("template.yaml"), function)
        return only.bodies()

    yield found
    sys.modules.pop("found_app", None)


def drawn(bodies):
    """The simplest body of a strategy."""
    return json.loads(
        find_example(bodies.strategy, lambda _: True, settings=settings(database=None))
    )


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"Records": [RECORD, RECORD]}, ['{"order_id": "a1"}']),
        (RECORD, ['{"order_id": "a1"}']),
        ([RECORD], ['{"order_id": "a1"}']),
        ({"Messages": [{"MessageId": "1", "Body": "raw"}]}, ["raw"]),
        ({"order_id": "b2"}, ['{"order_id": "b2"}']),
        ([1, 2], ["[1, 2]"]),
    ],
    ids=["event", "record", "records", "received", "bare", "list"],
)
def test_samples_beside_the_template(service, data, expected):
    bodies = service(files={"events/order.json": data})
    assert list(bodies.examples) == expected
    assert bodies.found == f"{len(expected)} from events/order.json"


def test_samples_of_other_services_are_passed_over_and_named(service):
    files = {
        "events/api.json": {"httpMethod": "GET", "requestContext": {}},
        "events/stream.json": {"Records": [{"eventSource": "aws:dynamodb", "dynamodb": {}}]},
        "events/topic.json": {"Records": [{"EventSource": "aws:sns", "Sns": {"Message": "x"}}]},
        "events/order.json": RECORD,
    }
    bodies = service(files=files)
    assert bodies.examples == ('{"order_id": "a1"}',)
    assert bodies.found == (
        "1 from events/order.json; not used: events/api.json, an API Gateway event; "
        "events/stream.json, an event of aws:dynamodb; "
        "events/topic.json, what SNS hands to a function, which is not what it puts into a queue"
    )


@pytest.mark.parametrize(
    ("function", "expected"),
    [("Worker", ['{"order_id": "a1"}']), ("RefundWorker", ['{"refund": 1}'])],
)
def test_each_function_gets_its_own_samples(service, function, expected):
    """By the queue an event came from, or by the function the file is named after."""
    files = {
        "events/one.json": RECORD,
        "events/refund-worker.json": {"refund": 1},
        "events/whose.json": {"unknown": 1},
    }
    bodies = service(TEMPLATE + REFUNDS, files=files, function=function)
    assert list(bodies.examples) == expected
    assert bodies.found.endswith(
        "not used: events/whose.json, which names no queue of the template"
    )


ANNOTATED = {
    "a dataclass": """
        from dataclasses import dataclass

        @dataclass
        class Order:
            order_id: str
            amount: int

        @dataclass
        class Record:
            body: Order

        @dataclass
        class Event:
            Records: list[Record]

        def handler(event: Event, context): ...
    """,
    "the parser of Powertools": """
        from aws_lambda_powertools.utilities.parser import envelopes, event_parser
        from pydantic import BaseModel

        class Order(BaseModel):
            order_id: str
            amount: int

        @event_parser(model=Order, envelope=envelopes.SqsEnvelope)
        def handler(event, context): ...
    """,
    "the records of Powertools": """
        from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType
        from aws_lambda_powertools.utilities.parser.models import SqsRecordModel
        from pydantic import BaseModel, Json

        class Order(BaseModel):
            order_id: str
            amount: int

        class OrderRecord(SqsRecordModel):
            body: Json[Order]

        processor = BatchProcessor(event_type=EventType.SQS, model=OrderRecord)

        def handler(event, context): ...
    """,
    "the validator of Powertools": """
        from aws_lambda_powertools.utilities.validation import envelopes, validator

        ORDER = {
            "type": "object",
            "properties": {"order_id": {"type": "string"}, "amount": {"type": "integer"}},
            "required": ["order_id", "amount"],
        }

        @validator(inbound_schema={"type": "array", "items": ORDER}, envelope=envelopes.SQS)
        def handler(event, context): ...
    """,
}


DEAR = ("the records of Powertools", "the validator of Powertools")


@pytest.mark.parametrize(
    "app",
    [
        pytest.param(app, id=name, marks=[pytest.mark.nightly] if name in DEAR else [])
        for name, app in ANNOTATED.items()
    ],
)
def test_what_the_handler_says_its_bodies_are(service, app):
    import textwrap

    bodies = service(app=textwrap.dedent(app))
    assert set(drawn(bodies)) == {"order_id", "amount"}
    assert bodies.found.startswith("drawn from ")


ORDER = {
    "type": "object",
    "properties": {"order_id": {"type": "string", "format": "uuid"}},
    "required": ["order_id"],
}
ASYNC_2 = {
    "asyncapi": "2.6.0",
    "channels": {
        "orders": {"publish": {"message": {"$ref": "#/components/messages/Placed"}}},
        "other": {"publish": {"message": {"name": "Other", "payload": {"type": "null"}}}},
    },
    "components": {
        "messages": {
            "Placed": {"name": "Placed", "payload": {"$ref": "#/components/schemas/Order"}}
        },
        "schemas": {"Order": ORDER},
    },
}
ASYNC_3 = {
    "asyncapi": "3.0.0",
    "channels": {
        "placed": {
            "address": "orders",
            "messages": {"Placed": {"payload": {"schemaFormat": "x", "schema": ORDER}}},
        }
    },
}


@pytest.mark.parametrize(
    ("name", "data", "found"),
    [
        ("asyncapi.yaml", ASYNC_2, "Placed of asyncapi.yaml"),
        ("docs/asyncapi.json", ASYNC_3, "Placed of docs/asyncapi.json"),
        (
            "schemas/order.json",
            {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Order", **ORDER},
            "Order of schemas/order.json",
        ),
    ],
)
def test_schemas_in_documents(service, name, data, found):
    bodies = service(files={name: data})
    assert set(drawn(bodies)) == {"order_id"}
    assert bodies.found == found


@pytest.mark.parametrize(
    "data",
    [
        {
            "consumer": {"name": "a"},
            "provider": {"name": "b"},
            "messages": [{"description": "an order", "contents": {"order_id": "p1"}}],
            "metadata": {"pactSpecification": {"version": "3.0.0"}},
        },
        {
            "consumer": {"name": "a"},
            "provider": {"name": "b"},
            "interactions": [
                {
                    "type": "Asynchronous/Messages",
                    "description": "an order",
                    "contents": {
                        "content": {"order_id": "p1"},
                        "contentType": "application/json",
                        "encoded": False,
                    },
                },
                {"type": "Synchronous/HTTP", "description": "none of ours"},
            ],
            "metadata": {"pactSpecification": {"version": "4.0"}},
        },
    ],
    ids=["version 3", "version 4"],
)
def test_messages_of_a_pact(service, data):
    bodies = service(files={"pacts/a-b.json": data})
    assert bodies.examples == ('{"order_id": "p1"}',)
    assert bodies.found == "an order of pacts/a-b.json"


def test_a_schema_that_is_not_understood_is_named_and_passed_over(service):
    schema = {"$schema": "https://json-schema.org/draft-07/schema#", "iff": {"type": "null"}}
    bodies = service(files={"schemas/odd.json": schema})
    assert bodies.found.startswith("realistic ones of our own: none were found; not used: ")
    assert "schemas/odd.json" in bodies.found


SOURCES = {
    "S3": (
        """
  Inbox:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: inbox
      NotificationConfiguration:
        QueueConfigurations: [{Event: 's3:ObjectRemoved:*', Queue: !GetAtt Orders.Arn}]
""",
        lambda body: (
            body.get("Bucket", "inbox") == "inbox"
            and all(
                record["s3"]["bucket"]["name"] == "inbox"
                and record["eventName"].startswith("ObjectRemoved:")
                for record in body.get("Records", ())
            )
        ),
        "drawn like S3 notifications of bucket Inbox",
    ),
    "SNS": (
        """
  Topic: {Type: AWS::SNS::Topic, Properties: {TopicName: placed}}
  Heard:
    Type: AWS::SNS::Subscription
    Properties: {TopicArn: !Ref Topic, Protocol: sqs, Endpoint: !GetAtt Orders.Arn}
""",
        lambda body: (
            body["TopicArn"] == "arn:aws:sns:us-east-1:123456789012:placed"
            and body["TopicArn"] in body["UnsubscribeURL"]
        ),
        "drawn like messages of topic Topic in the envelope of SNS",
    ),
    "EventBridge": (
        """
  Rule:
    Type: AWS::Events::Rule
    Properties:
      EventPattern: {source: [shop], detail-type: [Placed, Paid], detail: {state: {kind: [new]}}}
      Targets: [{Id: q, Arn: !GetAtt Orders.Arn}]
""",
        lambda body: (
            body["source"] == "shop"
            and body["detail-type"] in ("Placed", "Paid")
            and body["detail"]["state"]["kind"] == "new"
        ),
        "drawn like events of rule Rule",
    ),
    "a schedule": (
        """
  Rule:
    Type: AWS::Events::Rule
    Properties: {ScheduleExpression: rate(1 day), Targets: [{Id: q, Arn: !GetAtt Orders.Arn}]}
""",
        lambda body: body["detail-type"] == "Scheduled Event" and body["source"] == "aws.events",
        "drawn like events of rule Rule",
    ),
}


@pytest.mark.parametrize(("text", "holds", "found"), SOURCES.values(), ids=SOURCES)
def test_what_the_template_wires_to_the_queue(service, text, holds, found):
    """No body is drawn that the source would not send."""
    from hypothesis import given

    bodies = service(TEMPLATE + text)
    assert bodies.found == found

    @settings(max_examples=30, database=None)
    @given(bodies.strategy)
    def every_body(body):
        assert holds(json.loads(body))

    every_body()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            SOURCES["SNS"][0].replace("Protocol: sqs", "RawMessageDelivery: true, Protocol: sqs"),
            "messages of topic Topic, raw, whose form the template does not tell",
        ),
        (
            SOURCES["EventBridge"][0].replace("{Id: q,", "{Id: q, InputPath: $.detail,"),
            "events of rule Rule, whose form the template does not tell",
        ),
    ],
)
def test_a_source_that_does_not_tell_its_form_is_named(service, text, told):
    bodies = service(TEMPLATE + text)
    assert bodies.found == f"realistic ones of our own: none were found; not used: {told}"
