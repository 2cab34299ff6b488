"""All orders of a batch are written in one transaction, for speed. Each record is parsed with
care; but an item that DynamoDB itself refuses takes the others with it, each time."""

import json
import logging

import boto3
from boto3.dynamodb.types import TypeSerializer

BREAKS = {"isolation"}

logger = logging.getLogger()
dynamodb = boto3.client("dynamodb")
serialize = TypeSerializer().serialize


def handler(event, context):
    failed = []
    parsed = {}
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            item = {
                "id": order["id"],
                "customer": order["customer"],
                "amount": int(order["amount"]),
            }
            parsed[record["messageId"]] = {name: serialize(v) for name, v in item.items()}
        except (ValueError, KeyError, TypeError):
            logger.exception("cannot read %s", record["messageId"])
            failed.append(record["messageId"])
    if parsed:
        try:
            dynamodb.transact_write_items(
                TransactItems=[
                    {"Put": {"TableName": "orders", "Item": item}} for item in parsed.values()
                ]
            )
        except Exception:
            logger.exception("cannot write %d orders", len(parsed))
            failed.extend(parsed)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}
