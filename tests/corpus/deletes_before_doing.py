"""Broken: deletes each message before doing it."""

import json
import boto3
from botocore.exceptions import ClientError

BREAKS = {"no-loss"}
NIGHTLY = True
ALSO = {"isolation"}
RESET = "corpus.services:create"
DEPLOYMENT = {"report_batch_item_failures": False}

from corpus.services import SOURCE

t = boto3.resource("dynamodb").Table("items")
sqs = boto3.client("sqs")


def handler(event, context):
    failed = 0
    for r in event["Records"]:
        try:
            sqs.delete_message(QueueUrl=SOURCE, ReceiptHandle=r["receiptHandle"])
            o = json.loads(r["body"])
            t.put_item(Item={"id": str(o["id"]), "amount": int(o["amount"])})

        except Exception as e:
            print("failed", e)
            failed += 1
    if failed:
        raise RuntimeError(f"{failed} failed")
