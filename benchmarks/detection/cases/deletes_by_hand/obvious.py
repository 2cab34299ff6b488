"""Deletes in `finally`, so that it is never forgotten: also what failed is gone."""

import json

import boto3

BREAKS = {"no-loss"}

table = boto3.resource("dynamodb").Table("orders")
sqs = boto3.resource("sqs")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        queue = sqs.get_queue_by_name(QueueName=record["eventSourceARN"].split(":")[-1])
        message = sqs.Message(queue.url, record["receiptHandle"])
        try:
            order = json.loads(record["body"])
            table.put_item(Item={"id": order["id"], "amount": int(order["amount"])})
        except Exception as error:
            print("failed", record["messageId"], error)
            failures.append({"itemIdentifier": record["messageId"]})
        finally:
            message.delete()
    return {"batchItemFailures": failures}
