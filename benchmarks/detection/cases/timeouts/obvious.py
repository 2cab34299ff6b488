"""A report takes four seconds, a batch has up to five, the function may run for ten seconds:
every batch of three is cut off, again and again, until it is in the dead-letter queue."""

import json
import time

import boto3

BREAKS = {"drains", "deadline", "isolation"}

table = boto3.resource("dynamodb").Table("orders")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            request = json.loads(record["body"])
            report = render(request["customer"])
            table.put_item(Item={"id": request["id"], "report": report})
        except Exception as error:
            print("failed", record["messageId"], error)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def render(customer):
    time.sleep(4)
    return f"report for {customer}"
