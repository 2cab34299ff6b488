"""Claims the payment, and lets go what somebody else has claimed. The claim is never released:
when the work fails, the next delivery finds the claim of the first."""

import json

import boto3

BREAKS = {"no-loss"}

dynamodb = boto3.client("dynamodb")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            payment = json.loads(record["body"])
            if claim(payment["id"], context.aws_request_id):
                pay(payment)
        except Exception as error:
            print("failed", record["messageId"], error)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def claim(payment_id, owner):
    try:
        dynamodb.put_item(
            TableName="processed",
            Item={"id": {"S": payment_id}, "owner": {"S": owner}, "status": {"S": "IN_PROGRESS"}},
            ConditionExpression="attribute_not_exists(id)",
        )
    except dynamodb.exceptions.ConditionalCheckFailedException:
        return False
    return True


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
                    "ExpressionAttributeNames": {"#status": "status", "#owner": "owner"},
                    "ExpressionAttributeValues": {":done": {"S": "DONE"}},
                }
            },
        ]
    )
