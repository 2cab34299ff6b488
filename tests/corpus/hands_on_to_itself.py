"""Does an order in two steps: the second by a message of its own, to its own queue."""

import json

import boto3
from corpus.services import SOURCE

BREAKS = set()
NIGHTLY = True
RESET = "corpus.services:create"

sqs = boto3.client("sqs")
dynamodb = boto3.resource("dynamodb")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            if order.get("step") == "bill":
                item = {"id": f"bill-{order['id']}", "amount": order["amount"]}
                dynamodb.Table("items").put_item(Item=item)
            else:
                dynamodb.Table("items").put_item(Item={"id": order["id"]})
                body = json.dumps({**order, "step": "bill"})
                sqs.send_message(QueueUrl=SOURCE, MessageBody=body)
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
