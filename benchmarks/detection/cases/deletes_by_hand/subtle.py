"""Ported from a worker that polled: deletes those that are done, and leaves the others for
later. Under Lambda, to return is to have all of them deleted."""

import json

import boto3

BREAKS = {"no-loss"}
DEPLOYMENT = {"report_batch_item_failures": False}

table = boto3.resource("dynamodb").Table("orders")
sqs = boto3.client("sqs")


def handler(event, context):
    done = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            table.put_item(Item={"id": order["id"], "amount": int(order["amount"])})
            done.append(record)
        except Exception as error:
            print("left in the queue:", record["messageId"], error)
    if done:
        name = done[0]["eventSourceARN"].split(":")[-1]
        sqs.delete_message_batch(
            QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"],
            Entries=[
                {"Id": str(n), "ReceiptHandle": record["receiptHandle"]}
                for n, record in enumerate(done)
            ],
        )
    print(f"{len(done)} of {len(event['Records'])} done")
