"""Releases its claim when the work fails. A sandbox that dies releases nothing, and then every
later delivery finds the claim of the dead, until the message is in the dead-letter queue."""

import json

import boto3

BREAKS = {"drains"}

dynamodb = boto3.client("dynamodb")


class InProgress(Exception):
    """Somebody else works on it."""


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            payment = json.loads(record["body"])
            if claim(payment["id"], context.aws_request_id):
                try:
                    pay(payment)
                except Exception:
                    release(payment["id"])
                    raise
        except Exception as error:
            print("failed", record["messageId"], error)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def claim(payment_id, owner):
    """Whether the payment is ours to do; done already, it is nobody's."""
    key = {"id": {"S": payment_id}}
    try:
        dynamodb.put_item(
            TableName="processed",
            Item={**key, "owner": {"S": owner}, "status": {"S": "IN_PROGRESS"}},
            ConditionExpression="attribute_not_exists(id) OR #owner = :me",
            ExpressionAttributeNames={"#owner": "owner"},
            ExpressionAttributeValues={":me": {"S": owner}},
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        found = dynamodb.get_item(TableName="processed", Key=key, ConsistentRead=True)
        if found.get("Item", {}).get("status") == {"S": "DONE"}:
            return False
        raise InProgress(payment_id) from None
    return True


def release(payment_id):
    dynamodb.delete_item(
        TableName="processed",
        Key={"id": {"S": payment_id}},
        ConditionExpression="#status = :working",
        ExpressionAttributeNames={"#status": "status"},
        ExpressionAttributeValues={":working": {"S": "IN_PROGRESS"}},
    )


def pay(payment):
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
                    "UpdateExpression": "SET #status = :done REMOVE #owner",
                    "ConditionExpression": "#status = :working",
                    "ExpressionAttributeNames": {"#status": "status", "#owner": "owner"},
                    "ExpressionAttributeValues": {
                        ":done": {"S": "DONE"},
                        ":working": {"S": "IN_PROGRESS"},
                    },
                }
            },
        ]
    )
