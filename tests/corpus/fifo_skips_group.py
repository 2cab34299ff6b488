"""Correct: stops at the first failure of each message group, and goes on with the others.
Writes the group and the sequence number beside the order."""

import json

import boto3

BREAKS = set()
RESET = "corpus.tables:items"
DEPLOYMENT = {"fifo": True, "content_based_deduplication": True}

table = boto3.resource("dynamodb").Table("items")


def handler(event, context):
    failed_groups = set()
    failures = []
    for record in event["Records"]:
        attributes = record["attributes"]
        group = attributes["MessageGroupId"]
        if group not in failed_groups:
            try:
                order = json.loads(record["body"])
                table.put_item(
                    Item={
                        "id": order["id"],
                        "amount": int(order["amount"]),
                        "group": group,
                        "sequence": attributes["SequenceNumber"],
                        "key": attributes["MessageDeduplicationId"],
                    }
                )
                continue
            except Exception as error:
                print("failed", record["messageId"], error)
                failed_groups.add(group)
        failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
