"""Reads the account, adds the payment to it, and writes it back. It knows the payments it has
had, so that a duplicate does no harm; but two payments for one account at the same time do: one
of them is written over."""

import json

import boto3

BREAKS = {"no-loss", "idempotent"}

accounts = boto3.resource("dynamodb").Table("totals")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            book(json.loads(record["body"]))
        except Exception as error:
            print("failed", record["messageId"], error)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def book(payment):
    found = accounts.get_item(Key={"id": payment["account"]}, ConsistentRead=True)
    account = found.get("Item", {"id": payment["account"], "balance": 0, "payments": []})
    if str(payment["id"]) in account["payments"]:
        return
    account["balance"] += int(payment["amount"])
    account["payments"] = sorted([*account["payments"], str(payment["id"])])
    accounts.put_item(Item=account)
