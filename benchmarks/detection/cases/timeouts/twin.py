"""Correct: stops in time, and reports what failed and what it did not come to."""

import json
import time

import boto3

BREAKS = set()

table = boto3.resource("dynamodb").Table("orders")
NEEDED_MS = 5_000


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            if context.get_remaining_time_in_millis() < NEEDED_MS:
                raise TimeoutError("time is short")
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
