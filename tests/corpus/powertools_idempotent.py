"""Correct: Powertools' batch processor and idempotency; what is done is written under a key."""

import json

import boto3
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)

BREAKS = set()
NIGHTLY = True
RESET = "corpus.tables:tables"
DEPLOYMENT = {"function_timeout": 10, "visibility_timeout": 60, "max_receive_count": 5}
processor = BatchProcessor(event_type=EventType.SQS)
table = boto3.resource("dynamodb").Table("items")
layer = DynamoDBPersistenceLayer(table_name="claims", key_attr="id")
config = IdempotencyConfig(event_key_jmespath="id", raise_on_no_idempotency_key=True)


@idempotent_function(data_keyword_argument="order", config=config, persistence_store=layer)
def book(order):
    table.put_item(Item={"id": order["id"], "amount": int(order["amount"])})
    return {"booked": order["id"]}


def record_handler(record):
    return book(order=json.loads(record.body))


def handler(event, context):
    config.register_lambda_context(context)
    return process_partial_response(
        event=event, record_handler=record_handler, processor=processor, context=context
    )
