"""Correct: asyncio with a back-off by asyncio.sleep."""

import json, asyncio
import boto3

BREAKS = set()
RESET = "corpus.tables:items"
t = boto3.resource("dynamodb").Table("items")


async def process(r):
    o = json.loads(r["body"])
    item = {"id": str(o["id"]), "amount": int(o["amount"])}
    for attempt in range(3):
        try:
            t.put_item(Item=item)
            return
        except Exception:
            if attempt == 2:
                raise
            await asyncio.sleep(0.1 * 2**attempt)


async def main(records):
    return await asyncio.gather(*(process(r) for r in records), return_exceptions=True)


def handler(event, context):
    res = asyncio.run(main(event["Records"]))
    return {
        "batchItemFailures": [
            {"itemIdentifier": r["messageId"]}
            for r, x in zip(event["Records"], res)
            if isinstance(x, Exception)
        ]
    }
