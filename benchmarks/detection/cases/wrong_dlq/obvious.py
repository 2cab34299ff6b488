"""Puts what failed at the end of its own queue, as a new message: its receive count begins
again, so that a malformed message never reaches the dead-letter queue and goes round for ever."""

import json

import boto3

BREAKS = {"drains"}

table = boto3.resource("dynamodb").Table("orders")
sqs = boto3.client("sqs")


def handler(event, context):
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            table.put_item(Item={"id": order["id"], "amount": int(order["amount"])})
        except Exception as error:
            print("will be tried again later:", record["messageId"], error)
            name = record["eventSourceARN"].split(":")[-1]
            sqs.send_message(
                QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"],
                MessageBody=record["body"],
                DelaySeconds=60,
            )
