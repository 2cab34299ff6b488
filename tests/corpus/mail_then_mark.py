"""Broken: mail, then mark: killed in between it mails twice."""

import json
import boto3
from botocore.exceptions import ClientError

BREAKS = {"idempotent"}
NIGHTLY = True
RESET = "corpus.services:create"

ses = boto3.client("ses", region_name="us-east-1")
c = boto3.resource("dynamodb").Table("claims")


def process(record):
    o = json.loads(record["body"])
    if "Item" in c.get_item(Key={"id": o["id"]}, ConsistentRead=True):
        return
    ses.send_email(
        Source="shop@example.com",
        Destination={"ToAddresses": [f"{o['customer']}@example.com"]},
        Message={
            "Subject": {"Data": "Order " + o["id"]},
            "Body": {"Text": {"Data": str(int(o["amount"]))}},
        },
    )
    c.put_item(Item={"id": o["id"]})


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            process(record)
        except Exception as e:
            print("failed", record["messageId"], e)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
