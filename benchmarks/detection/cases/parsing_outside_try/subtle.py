"""Reads each body in the try, but the except names the ticket: where the first body of a batch
cannot be read there is no ticket yet, and the whole batch fails with a NameError."""

import json
import logging

import boto3

BREAKS = {"isolation"}

logger = logging.getLogger(__name__)
table = boto3.resource("dynamodb").Table("orders")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            ticket = json.loads(record["body"])
            table.put_item(Item={"id": ticket["id"], "subject": ticket["subject"]})
        except Exception:
            logger.exception("ticket %s failed", ticket["id"])
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
