"""Correct: writes the account back on condition that it is as it was read, and else reads again."""

import json

import boto3
from boto3.dynamodb.conditions import Attr
from botocore.exceptions import ClientError

BREAKS = set()

accounts = boto3.resource("dynamodb").Table("totals")


class Busy(Exception):
    """Somebody else writes to this account all the time."""


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
    for _ in range(5):
        found = accounts.get_item(Key={"id": payment["account"]}, ConsistentRead=True)
        account = found.get("Item", {"id": payment["account"], "balance": 0, "payments": []})
        if str(payment["id"]) in account["payments"]:
            return
        unchanged = (
            Attr("payments").eq(account["payments"])
            if found.get("Item")
            else Attr("id").not_exists()
        )
        account = {
            **account,
            "balance": account["balance"] + int(payment["amount"]),
            "payments": sorted([*account["payments"], str(payment["id"])]),
        }
        try:
            accounts.put_item(Item=account, ConditionExpression=unchanged)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                raise
        else:
            return
    raise Busy(payment["account"])
