"""Correct: a second order of the same id is refused (to the DLQ); a redelivery of the same message is fine."""

import json
import boto3
from botocore.exceptions import ClientError

BREAKS = set()
NIGHTLY = True
RESET = "corpus.tables:items"

t = boto3.resource("dynamodb").Table("items")


class Conflict(Exception):
    pass


def process(record):
    o = json.loads(record["body"])
    oid, amount = str(o["id"]), int(o["amount"])
    try:
        t.put_item(
            Item={"id": oid, "amount": amount, "mid": record["messageId"]},
            ConditionExpression="attribute_not_exists(id) OR mid = :m",
            ExpressionAttributeValues={":m": record["messageId"]},
        )
    except t.meta.client.exceptions.ConditionalCheckFailedException:
        raise Conflict(oid) from None


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            process(record)
        except Exception as e:
            print("failed", record["messageId"], e)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
