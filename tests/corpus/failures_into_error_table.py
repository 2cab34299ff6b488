"""Correct: keyed put; on failure notes the error in an error table under the message id, and reports."""

import json
import boto3
from botocore.exceptions import ClientError

BREAKS = set()
RESET = "corpus.tables:tables"

t = boto3.resource("dynamodb").Table("items")
errors = boto3.resource("dynamodb").Table("locks")


def handler(event, context):
    failures = []
    for r in event["Records"]:
        try:
            o = json.loads(r["body"])
            t.put_item(Item={"id": str(o["id"]), "amount": int(o["amount"])})
        except Exception as e:
            failures.append({"itemIdentifier": r["messageId"]})
            try:
                errors.put_item(Item={"id": r["messageId"], "error": str(e)})
            except Exception:
                print("error not noted")
    return {"batchItemFailures": failures}
