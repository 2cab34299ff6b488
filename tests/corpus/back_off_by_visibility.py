"""Correct: on failure lengthens the visibility, then reports."""

import json
import boto3
from botocore.exceptions import ClientError

BREAKS = set()
NIGHTLY = True
RESET = "corpus.services:create"

from corpus.services import SOURCE

t = boto3.resource("dynamodb").Table("items")
sqs = boto3.client("sqs")


def handler(event, context):
    failures = []
    for r in event["Records"]:
        try:
            o = json.loads(r["body"])
            t.put_item(Item={"id": str(o["id"]), "amount": int(o["amount"])})
        except Exception:
            n = int(r["attributes"]["ApproximateReceiveCount"])
            try:
                sqs.change_message_visibility(
                    QueueUrl=SOURCE,
                    ReceiptHandle=r["receiptHandle"],
                    VisibilityTimeout=min(30 * 2**n, 900),
                )
            except Exception as e:
                print("no backoff", e)
            failures.append({"itemIdentifier": r["messageId"]})
    return {"batchItemFailures": failures}
