"""Correct: done? skip; else an expiring lock, work, done marker, unlock: a kill before unlock leaves an expired lock behind."""

import json
import boto3
from botocore.exceptions import ClientError

BREAKS = set()
NIGHTLY = True
RESET = "corpus.tables:tables"
DEPLOYMENT = {"max_receive_count": 5}

import time

d = boto3.client("dynamodb")


def process(record):
    o = json.loads(record["body"])
    key, amount = {"id": {"S": o["id"]}}, {"N": str(int(o["amount"]))}
    if "Item" in d.get_item(TableName="claims", Key=key, ConsistentRead=True):
        return
    now = int(time.time())
    d.put_item(
        TableName="locks",
        Item={**key, "expires": {"N": str(now + 20)}},
        ConditionExpression="attribute_not_exists(id) OR expires < :n",
        ExpressionAttributeValues={":n": {"N": str(now)}},
    )
    try:
        d.put_item(TableName="items", Item={**key, "amount": amount})
        d.put_item(TableName="claims", Item=key)
    finally:
        d.delete_item(TableName="locks", Key=key)


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            process(record)
        except Exception as e:
            print("failed", record["messageId"], e)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
