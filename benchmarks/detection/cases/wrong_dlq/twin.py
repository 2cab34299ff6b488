"""Correct: what can never be done is parked with its body and then acknowledged, what failed for
another reason is reported; and so is what cannot be parked."""

import json

import boto3

BREAKS = set()

table = boto3.resource("dynamodb").Table("orders")
sqs = boto3.client("sqs")


def park(record, error):
    url = sqs.get_queue_url(QueueName="orders-parked")["QueueUrl"]
    sqs.send_message(
        QueueUrl=url,
        MessageBody=record["body"],
        MessageAttributes={
            "error": {"DataType": "String", "StringValue": type(error).__name__},
            "message_id": {"DataType": "String", "StringValue": record["messageId"]},
        },
    )


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            try:
                order = json.loads(record["body"])
                item = {"id": str(order["id"]), "amount": int(order["amount"])}
            except (ValueError, KeyError, TypeError) as error:
                park(record, error)
            else:
                table.put_item(Item=item)
        except Exception as error:
            print("failed", record["messageId"], error)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
