"""Correct: gives up after 3 receives: to the parking queue, acknowledged."""

import json
import boto3
from botocore.exceptions import ClientError

BREAKS = set()
ALSO = {"idempotent"}
RESET = "corpus.services:create"
DEPLOYMENT = {"max_receive_count": 10}

from corpus.services import PARKING

t = boto3.resource("dynamodb").Table("items")
sqs = boto3.client("sqs")


def handler(event, context):
    failures = []
    for r in event["Records"]:
        try:
            o = json.loads(r["body"])
            t.put_item(Item={"id": str(o["id"]), "amount": int(o["amount"])})
        except Exception as e:
            if int(r["attributes"]["ApproximateReceiveCount"]) >= 3:
                try:
                    sqs.send_message(QueueUrl=PARKING, MessageBody=r["body"])
                    continue
                except Exception:
                    print("cannot park")
            failures.append({"itemIdentifier": r["messageId"]})
    return {"batchItemFailures": failures}
