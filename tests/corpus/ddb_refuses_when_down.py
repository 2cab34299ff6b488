"""Correct: when the database is down, the whole batch is refused; writing is under a key."""

import json

import boto3
from botocore.exceptions import BotoCoreError, ClientError

BREAKS = set()
RESET = "corpus.tables:items"
DEPLOYMENT = {"max_receive_count": 5}
table = boto3.resource("dynamodb").Table("items")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            item = {"id": order["id"], "amount": int(order["amount"])}
        except (ValueError, KeyError, TypeError):
            failures.append({"itemIdentifier": record["messageId"]})
            continue
        try:
            table.put_item(Item=item)
        except table.meta.client.exceptions.ClientError as error:
            if error.response["Error"]["Code"] == "ValidationException":
                failures.append({"itemIdentifier": record["messageId"]})
                continue
            raise
    return {"batchItemFailures": failures}
