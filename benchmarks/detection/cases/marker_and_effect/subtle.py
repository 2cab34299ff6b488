"""Does it first and marks it after: a sandbox that dies in between has done it, and it is done
again."""

import json

import boto3

BREAKS = {"idempotent"}

dynamodb = boto3.resource("dynamodb")
processed = dynamodb.Table("processed")
totals = dynamodb.Table("totals")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            grant = json.loads(record["body"])
            seen = processed.get_item(Key={"id": grant["id"]}, ConsistentRead=True)
            if "Item" not in seen:
                totals.update_item(
                    Key={"id": grant["account"]},
                    UpdateExpression="ADD points :p",
                    ExpressionAttributeValues={":p": int(grant["points"])},
                )
                processed.put_item(Item={"id": grant["id"]})
        except Exception as error:
            print("failed", record["messageId"], error)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
