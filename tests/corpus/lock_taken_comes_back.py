"""Correct: a copy that finds the lock taken is reported, and comes back."""

import json
from contextlib import contextmanager

from corpus.quick_stores import orders

BREAKS = set()
EFFECTS = "corpus.quick_stores:stored"
RESET = "corpus.quick_stores:empty"
DEPLOYMENT = {"visibility_timeout": 60}


class Busy(Exception):
    pass


@contextmanager
def locked(client, name):
    if not client.set(f"lock:{name}", "1", nx=True, ex=20):
        raise Busy(name)
    try:
        yield
    finally:
        client.delete(f"lock:{name}")


def handler(event, context):
    client = orders()
    failures = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            with locked(client, order["id"]):
                client.hset(f"order:{order['id']}", mapping={"amount": int(order["amount"])})
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
