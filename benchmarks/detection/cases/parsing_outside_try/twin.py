"""Correct: nothing outside the try looks into the body."""

import json
import logging

import boto3

BREAKS = set()

logger = logging.getLogger(__name__)
table = boto3.resource("dynamodb").Table("orders")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        ticket = None
        try:
            ticket = json.loads(record["body"])
            table.put_item(Item={"id": ticket["id"], "subject": ticket["subject"]})
        except Exception:
            logger.exception("message %s failed: %r", record["messageId"], ticket)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
