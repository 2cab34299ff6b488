"""Correct: `gather` waits for all, and every one that failed is reported."""

import asyncio
import json

import httpx

from corpus.quick_stores import transport

BREAKS = set()
EFFECTS = "corpus.quick_stores:indexed"
RESET = "corpus.quick_stores:empty"
BODIES = ['{"id": "a1", "amount": 5}', '{"id": "a2", "amount": 7}']


async def put(client, record):
    order = json.loads(record["body"])
    response = await client.put(f"/orders/{order['id']}", json={"amount": order["amount"]})
    response.raise_for_status()


async def put_all(records):
    async with httpx.AsyncClient(base_url="https://index", transport=transport()) as client:
        puts = (put(client, record) for record in records)
        results = await asyncio.gather(*puts, return_exceptions=True)
    return [
        {"itemIdentifier": record["messageId"]}
        for record, result in zip(records, results)
        if isinstance(result, Exception)
    ]


def handler(event, context):
    return {"batchItemFailures": asyncio.run(put_all(event["Records"]))}
