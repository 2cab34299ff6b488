"""Correct: an event loop inside a plain handler."""

import asyncio
import json

import boto3

BREAKS = set()
RESET = "corpus.tables:items"
client = boto3.client("dynamodb")


def handler(event, context):
    results = asyncio.run(everything(event["Records"]))
    return {"batchItemFailures": [{"itemIdentifier": i} for i in results if i]}


async def everything(records):
    return await asyncio.gather(*(attempt(record) for record in records))


async def attempt(record):
    try:
        order = json.loads(record["body"])
        client.put_item(
            TableName="items",
            Item={"id": {"S": order["id"]}, "amount": {"N": str(int(order["amount"]))}},
        )
    except Exception:
        return record["messageId"]
    return None
