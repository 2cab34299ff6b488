"""Writes on condition that the order is not there yet, and takes every ClientError for the
condition that failed: an order that DynamoDB had no capacity for is \"already there\"."""

import json
import logging

import boto3
from botocore.exceptions import ClientError

BREAKS = {"no-loss", "exact-report"}

logger = logging.getLogger()
table = boto3.resource("dynamodb").Table("orders")


def save(order):
    try:
        table.put_item(
            Item={"id": order["id"], "amount": int(order["amount"])},
            ConditionExpression="attribute_not_exists(id)",
        )
    except ClientError:
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
