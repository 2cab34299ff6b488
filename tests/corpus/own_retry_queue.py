"""Correct: on failure sends it with a delay to a retry queue and acknowledges; if that fails, reports."""

import json
import boto3
from botocore.exceptions import ClientError

BREAKS = set()
NIGHTLY = True
RESET = "corpus.services:create"

from corpus.services import PARKING

t = boto3.resource("dynamodb").Table("items")
sqs = boto3.client("sqs")


def handler(event, context):
    failures = []
    for r in event["Records"]:
        try:
            o = json.loads(r["body"])
            item = {"id": str(o["id"]), "amount": int(o["amount"])}
        except (ValueError, KeyError, TypeError):
            failures.append({"itemIdentifier": r["messageId"]})
            continue
        try:
            t.put_item(Item=item)
        except Exception:
            try:
                sqs.send_message(QueueUrl=PARKING, MessageBody=r["body"], DelaySeconds=300)
            except Exception:
                failures.append({"itemIdentifier": r["messageId"]})
    return {"batchItemFailures": failures}
