"""What failed of a batch that is forwarded is reported; the rest is not sent again."""

import json

import boto3
from corpus.tables import FORWARD

BREAKS = {"idempotent"}
NIGHTLY = True
RESET = "corpus.tables:create"
sqs = boto3.client("sqs")


def handler(event, context):
    failures, entries = [], {}
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            text = json.dumps({"id": order["id"], "amount": int(order["amount"])})
            entries[record["messageId"]] = {"Id": record["messageId"], "MessageBody": text}
        except (ValueError, KeyError, TypeError):
            failures.append({"itemIdentifier": record["messageId"]})
    if entries:
        try:
            answer = sqs.send_message_batch(QueueUrl=FORWARD, Entries=list(entries.values()))
            failed = [entry["Id"] for entry in answer.get("Failed", [])]
        except Exception:
            failed = list(entries)
        failures += [{"itemIdentifier": message_id} for message_id in failed]
    return {"batchItemFailures": failures}
