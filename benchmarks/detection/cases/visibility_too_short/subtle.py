"""Sends a heartbeat before each video, as a worker of theirs does that polls. The call does not
add 30 seconds to what is left: it sets what is left to 30 seconds, and a video takes 45."""

import json
import time

import boto3

BREAKS = {"idempotent"}
DEPLOYMENT = {"visibility_timeout": 1800, "function_timeout": 300, "batch_size": 5}

dynamodb = boto3.client("dynamodb")
sqs = boto3.client("sqs")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            heartbeat(record, seconds=30)
            video = json.loads(record["body"])
            key = {"id": {"S": video["id"]}}
            if "Item" in dynamodb.get_item(TableName="processed", Key=key, ConsistentRead=True):
                continue
            minutes = transcode(video)
            dynamodb.transact_write_items(
                TransactItems=[
                    {"Put": {"TableName": "processed", "Item": key}},
                    {
                        "Update": {
                            "TableName": "totals",
                            "Key": {"id": {"S": video["customer"]}},
                            "UpdateExpression": "ADD billed_minutes :m",
                            "ExpressionAttributeValues": {":m": {"N": str(minutes)}},
                        }
                    },
                ]
            )
        except Exception as error:
            print("failed", record["messageId"], error)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def heartbeat(record, seconds):
    name = record["eventSourceARN"].rsplit(":", 1)[-1]
    sqs.change_message_visibility(
        QueueUrl=sqs.get_queue_url(QueueName=name)["QueueUrl"],
        ReceiptHandle=record["receiptHandle"],
        VisibilityTimeout=seconds,
    )


def transcode(video):
    time.sleep(45)
    return int(video["minutes"])
