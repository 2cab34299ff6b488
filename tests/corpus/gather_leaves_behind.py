"""Broken: `gather` raises at the first failure, and what is under way then is cancelled when
the loop ends: neither done nor reported."""

import asyncio
import json

import httpx

from corpus.quick_stores import transport

BREAKS = {"exact-report", "no-loss"}
ALSO = {"isolation"}
EFFECTS = "corpus.quick_stores:indexed"
RESET = "corpus.quick_stores:empty"
BODIES = ['{"id": "a1", "amount": 5}', '{"id": "a2", "amount": 7}']


async def put(client, record):
    order = json.loads(record["body"])
    response = await client.put(f"/orders/{order['id']}", json={"amount": order["amount"]})
    response.raise_for_status()


async def put_all(records):
    async with httpx.AsyncClient(base_url="https://index", transport=transport()) as client:
        tasks = [asyncio.ensure_future(put(client, record)) for record in records]
        try:
            await asyncio.gather(*tasks)
        except Exception:
            return [
                {"itemIdentifier": record["messageId"]}
                for record, task in zip(records, tasks)
                if task.done() and task.exception()
            ]
    return []


def handler(event, context):
    return {"batchItemFailures": asyncio.run(put_all(event["Records"]))}
