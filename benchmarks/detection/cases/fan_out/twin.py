"""Correct: waits for all tasks, and reports those that ended with an exception."""

import asyncio
import json

import boto3

BREAKS = set()

client = boto3.client("dynamodb")


def handler(event, context):
    records = event["Records"]
    results = asyncio.run(process_all(records))
    return {
        "batchItemFailures": [
            {"itemIdentifier": record["messageId"]}
            for record, result in zip(records, results)
            if isinstance(result, BaseException)
        ]
    }


async def process_all(records):
    tasks = [asyncio.create_task(process(record)) for record in records]
    return await asyncio.gather(*tasks, return_exceptions=True)


async def process(record):
    order = json.loads(record["body"])
    await asyncio.to_thread(
        client.put_item,
        TableName="orders",
        Item={"id": {"S": order["id"]}, "amount": {"N": str(int(order["amount"]))}},
    )
