"""Correct: one transaction for the batch, and where it fails, one write for each order."""

import json
import logging

import boto3
from boto3.dynamodb.types import TypeSerializer

BREAKS = set()

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
            logger.exception("cannot write %d orders at once", len(parsed))
            failed.extend(one_by_one(parsed))
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def one_by_one(parsed):
    for message_id, item in parsed.items():
        try:
            dynamodb.put_item(TableName="orders", Item=item)
        except Exception:
            logger.exception("cannot write %s", message_id)
            yield message_id
