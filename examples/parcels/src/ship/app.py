"""Puts a label for each order into the bucket, and the parcel into the table.

Doing it again changes nothing: both go by the number of the order.
"""

import json
import os

import boto3

s3 = boto3.client("s3")
table = boto3.resource("dynamodb").Table(os.environ["PARCELS_TABLE"])


def ship(record):
    order = json.loads(json.loads(record["body"])["Message"])
    number, customer = order["order_id"], order["customer"]
    s3.put_object(
        Bucket=os.environ["LABELS_BUCKET"], Key=f"{number}.txt", Body=f"To {customer}".encode()
    )
    table.put_item(Item={"pk": number, "customer": customer, "status": "labelled"})


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            ship(record)
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
