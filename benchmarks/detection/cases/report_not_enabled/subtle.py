"""Powertools raises when all records of a batch failed, so that the first test with one bad
message looks right; where some did not fail it reports the others, to nobody."""

from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)

from cases import store

BREAKS = {"response-shape"}

processor = BatchProcessor(event_type=EventType.SQS)


def record_handler(record):
    order = record.json_body
    store.save(order["id"], {"customer": order["customer"], "amount": order["amount"]})


def handler(event, context):
    return process_partial_response(
        event=event, record_handler=record_handler, processor=processor, context=context
    )
