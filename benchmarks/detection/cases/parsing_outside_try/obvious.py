"""Reads all bodies first, to have the urgent ones done first; the try comes after that."""

import json

import boto3

BREAKS = {"isolation"}

table = boto3.resource("dynamodb").Table("orders")


def handler(event, context):
    tickets = [(record["messageId"], json.loads(record["body"])) for record in event["Records"]]
    failures = []
    for message_id, ticket in sorted(tickets, key=lambda pair: pair[1]["priority"]):
        try:
            table.put_item(Item={"id": ticket["id"], "subject": ticket["subject"]})
        except Exception as error:
            print(f"ticket {ticket['id']} failed: {error}")
            failures.append({"itemIdentifier": message_id})
    return {"batchItemFailures": failures}
