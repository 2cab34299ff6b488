"""An outbox, but every cancelled transaction is taken for a duplicate, also one that conflicted
with another: the twin of a correct one, told apart by which reason it looks at."""

import json

import boto3

BREAKS = {"no-loss"}
ALSO = {"exact-report"}
RESET = "corpus.tables:items"
client = boto3.client("dynamodb")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            key = {"id": {"S": order["id"]}}
            client.transact_write_items(
                TransactItems=[
                    {
                        "Put": {
                            "TableName": "items",
                            "Item": {**key, "amount": {"N": str(int(order["amount"]))}},
                            "ConditionExpression": "attribute_not_exists(id)",
                        }
                    },
                ]
            )
        except client.exceptions.ClientError:
            continue
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
