"""Starts a thread for each record, and returns. The sandbox is frozen when the handler returns;
what a thread raises, nobody hears."""

import json
import threading

import boto3

BREAKS = {"no-loss", "exact-report"}

client = boto3.client("dynamodb")


def handler(event, context):
    for record in event["Records"]:
        threading.Thread(target=process, args=(record,)).start()
    return {"batchItemFailures": []}


def process(record):
    order = json.loads(record["body"])
    client.put_item(
        TableName="orders",
        Item={"id": {"S": order["id"]}, "amount": {"N": str(int(order["amount"]))}},
    )
