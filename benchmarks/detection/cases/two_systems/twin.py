"""Correct: both are written under the order's id, and both are written every time."""

import json

import boto3

BREAKS = set()

orders = boto3.resource("dynamodb").Table("orders")
s3 = boto3.client("s3")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            item = {"id": order["id"], "amount": int(order["amount"])}
            orders.put_item(Item=item)
            s3.put_object(Bucket="invoices", Key=f"{order['id']}.json", Body=json.dumps(item))
        except Exception as error:
            print("failed", record["messageId"], error)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
