"""Correct: a claim ends by itself, later than the function can run and sooner than the message
comes again; and the payment is made on condition that the claim is still ours."""

import json
import time

import boto3

BREAKS = set()

dynamodb = boto3.client("dynamodb")
CLAIMED_S = 20


class InProgress(Exception):
    """Somebody else works on it."""


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            payment = json.loads(record["body"])
            if claim(payment["id"], context.aws_request_id):
                pay(payment, context.aws_request_id)
        except Exception as error:
            print("failed", record["messageId"], error)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def claim(payment_id, owner):
    """Whether the payment is ours to do; done already, it is nobody's."""
    key = {"id": {"S": payment_id}}
    now = int(time.time())
    try:
        dynamodb.put_item(
            TableName="processed",
            Item={
                **key,
                "owner": {"S": owner},
                "status": {"S": "IN_PROGRESS"},
                "until": {"N": str(now + CLAIMED_S)},
            },
            ConditionExpression=(
                "attribute_not_exists(id) OR (#status = :working AND (#owner = :me OR #until < :now))"
            ),
            ExpressionAttributeNames={"#owner": "owner", "#status": "status", "#until": "until"},
            ExpressionAttributeValues={
                ":me": {"S": owner},
                ":working": {"S": "IN_PROGRESS"},
                ":now": {"N": str(now)},
            },
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        found = dynamodb.get_item(TableName="processed", Key=key, ConsistentRead=True)
        if found.get("Item", {}).get("status") == {"S": "DONE"}:
            return False
        raise InProgress(payment_id) from None
    return True


def pay(payment, owner):
    dynamodb.transact_write_items(
        TransactItems=[
            {
                "Update": {
                    "TableName": "totals",
                    "Key": {"id": {"S": payment["account"]}},
                    "UpdateExpression": "ADD paid :a",
                    "ExpressionAttributeValues": {":a": {"N": str(int(payment["amount"]))}},
                }
            },
            {
                "Update": {
                    "TableName": "processed",
                    "Key": {"id": {"S": payment["id"]}},
                    "UpdateExpression": "SET #status = :done REMOVE #owner, #until",
                    "ConditionExpression": "#status = :working AND #owner = :me",
                    "ExpressionAttributeNames": {
                        "#status": "status",
                        "#owner": "owner",
                        "#until": "until",
                    },
                    "ExpressionAttributeValues": {
                        ":done": {"S": "DONE"},
                        ":working": {"S": "IN_PROGRESS"},
                        ":me": {"S": owner},
                    },
                }
            },
        ]
    )
