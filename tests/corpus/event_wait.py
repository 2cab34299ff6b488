"""Correct: threading.Event.wait and Queue.get with time-outs between worker and main thread."""

import json
import boto3
from botocore.exceptions import ClientError

BREAKS = set()
NIGHTLY = True
RESET = "corpus.tables:items"

import threading, queue

t = boto3.resource("dynamodb").Table("items")


def handler(event, context):
    todo, done = queue.Queue(), queue.Queue()
    stop = threading.Event()

    def worker():
        while not stop.is_set():
            try:
                r = todo.get(timeout=0.02)
            except queue.Empty:
                continue
            try:
                o = json.loads(r["body"])
                t.put_item(Item={"id": str(o["id"]), "amount": int(o["amount"])})
                done.put((r["messageId"], None))
            except BaseException as e:
                done.put((r["messageId"], e))

    th = threading.Thread(target=worker, daemon=True)
    th.start()
    for r in event["Records"]:
        todo.put(r)
    results = [done.get(timeout=5) for _ in event["Records"]]
    stop.set()
    th.join()
    return {"batchItemFailures": [{"itemIdentifier": m} for m, e in results if e is not None]}
