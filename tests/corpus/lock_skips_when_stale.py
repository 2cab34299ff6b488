"""Broken: locked by somebody (may be a dead sandbox): taken for done."""

import json
import boto3
from botocore.exceptions import ClientError

BREAKS = {"no-loss"}
NIGHTLY = True
RESET = "corpus.tables:tables"
DEPLOYMENT = {"visibility_timeout": 15, "max_receive_count": 5}

import time
from contextlib import contextmanager

d = boto3.client("dynamodb")


class Locked(Exception):
    pass


@contextmanager
def lock(name, ttl=20):
    now = int(time.time())
    try:
        d.put_item(
            TableName="locks",
            Item={"id": {"S": name}, "expires": {"N": str(now + ttl)}},
            ConditionExpression="attribute_not_exists(id) OR expires < :n",
            ExpressionAttributeValues={":n": {"N": str(now)}},
        )
    except d.exceptions.ConditionalCheckFailedException:
        raise Locked(name)
    try:
        yield
    finally:
        d.delete_item(TableName="locks", Key={"id": {"S": name}})


def process(record):
    o = json.loads(record["body"])
    with lock(o["id"]):
        d.put_item(
            TableName="items", Item={"id": {"S": o["id"]}, "amount": {"N": str(int(o["amount"]))}}
        )


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            process(record)
        except Locked:
            print("someone else is on it")
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
