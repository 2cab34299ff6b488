"""Takes the order back when the invoice fails, so that the next delivery does both again. A
sandbox that dies takes nothing back."""

import json

import boto3
from botocore.exceptions import ClientError

BREAKS = {"no-loss"}

orders = boto3.resource("dynamodb").Table("orders")
s3 = boto3.client("s3")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            process(json.loads(record["body"]))
        except Exception as error:
            print("failed", record["messageId"], error)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def process(order):
    item = {"id": order["id"], "amount": int(order["amount"])}
    try:
        orders.put_item(Item=item, ConditionExpression="attribute_not_exists(id)")
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
        return
    try:
        s3.put_object(Bucket="invoices", Key=f"{order['id']}.json", Body=json.dumps(item))
    except Exception:
        orders.delete_item(Key={"id": order["id"]})
        raise
