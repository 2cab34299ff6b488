"""Correct: malformed bodies go to an own queue and are acknowledged."""

import json
import boto3
from botocore.exceptions import ClientError

BREAKS = set()
NIGHTLY = True
ALSO = {"idempotent"}
RESET = "corpus.services:create"

from corpus.services import PARKING

t = boto3.resource("dynamodb").Table("items")
sqs = boto3.client("sqs")


def handler(event, context):
    failures = []
    for r in event["Records"]:
        try:
            try:
                o = json.loads(r["body"])
                item = {"id": str(o["id"]), "amount": int(o["amount"])}
            except (ValueError, KeyError, TypeError) as e:
                sqs.send_message(
                    QueueUrl=PARKING,
                    MessageBody=r["body"],
                    MessageAttributes={
                        "reason": {"DataType": "String", "StringValue": type(e).__name__},
                        "origin": {"DataType": "String", "StringValue": r["messageId"]},
                    },
                )
                continue
            t.put_item(Item=item)
        except Exception:
            failures.append({"itemIdentifier": r["messageId"]})
    return {"batchItemFailures": failures}
