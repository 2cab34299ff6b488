"""Broken: @idempotent over the whole event: receipt handles differ each time"""

import json
import boto3
from botocore.exceptions import ClientError

BREAKS = {"idempotent"}
RESET = "corpus.services:create"

from aws_lambda_powertools.utilities.idempotency import DynamoDBPersistenceLayer, idempotent

layer = DynamoDBPersistenceLayer(table_name="claims", key_attr="id")
t = boto3.resource("dynamodb").Table("totals")


@idempotent(persistence_store=layer)
def handler(event, context):
    failures = []
    for r in event["Records"]:
        try:
            o = json.loads(r["body"])
            t.update_item(
                Key={"id": str(o["customer"])},
                UpdateExpression="ADD spent :a",
                ExpressionAttributeValues={":a": int(o["amount"])},
            )
        except Exception:
            failures.append({"itemIdentifier": r["messageId"]})
    return {"batchItemFailures": failures}
