"""Correct: keyed put; on failure an SNS alert, and reports."""

import json
import boto3
from botocore.exceptions import ClientError

BREAKS = set()
RESET = "corpus.services:create"

from corpus.services import TOPIC

t = boto3.resource("dynamodb").Table("items")
sns = boto3.client("sns")


def handler(event, context):
    failures = []
    for r in event["Records"]:
        try:
            o = json.loads(r["body"])
            t.put_item(Item={"id": str(o["id"]), "amount": int(o["amount"])})
        except Exception as e:
            failures.append({"itemIdentifier": r["messageId"]})
    if failures:
        try:
            sns.publish(
                TopicArn=TOPIC,
                Subject="orders failing",
                Message=json.dumps({"failed": len(failures)}),
            )
        except Exception as e:
            print("no alert", e)
    return {"batchItemFailures": failures}
