"""Correct: Powertools' batch processor, writing under a key."""

import json

import boto3
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)

BREAKS = set()
RESET = "corpus.tables:items"
processor = BatchProcessor(event_type=EventType.SQS)
table = boto3.resource("dynamodb").Table("items")


def record_handler(record):
    order = json.loads(record.body)
    table.put_item(Item={"id": order["id"], "amount": int(order["amount"])})


def handler(event, context):
    return process_partial_response(
        event=event, record_handler=record_handler, processor=processor, context=context
    )
