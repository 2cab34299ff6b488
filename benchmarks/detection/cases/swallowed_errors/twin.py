"""Correct: only the condition that failed means that the order is there; all else is reported."""

import json
import logging

import boto3
from botocore.exceptions import ClientError

BREAKS = set()

logger = logging.getLogger()
table = boto3.resource("dynamodb").Table("orders")


def save(order):
    try:
        table.put_item(
            Item={"id": order["id"], "amount": int(order["amount"])},
            ConditionExpression="attribute_not_exists(id)",
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        logger.info("order %s was processed before", order["id"])


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            save(json.loads(record["body"]))
        except Exception:
            logger.exception("failed")
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
