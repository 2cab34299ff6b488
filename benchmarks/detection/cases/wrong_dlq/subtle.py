"""Sends to a dead-letter queue what went wrong, and not what it went wrong with: the message is
gone, and nobody can send it again."""

import json
import time

import boto3

BREAKS = {"no-loss"}

table = boto3.resource("dynamodb").Table("orders")
sqs = boto3.client("sqs")


def dead_letter(error):
    url = sqs.get_queue_url(QueueName="orders-dlq")["QueueUrl"]
    sqs.send_message(
        QueueUrl=url,
        MessageBody=json.dumps(
            {"function": "orders", "error": type(error).__name__, "at": int(time.time())}
        ),
    )


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            table.put_item(Item={"id": order["id"], "amount": int(order["amount"])})
        except Exception as error:
            try:
                dead_letter(error)
            except Exception:
                failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
