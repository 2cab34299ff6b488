"""Correct: the order and the message to be sent on stand in one transaction (an outbox)."""

import json

import boto3

BREAKS = set()
RESET = "corpus.tables:tables"
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
                    {
                        "Put": {
                            "TableName": "claims",
                            "Item": {**key, "send": {"S": record["body"]}},
                        }
                    },
                ]
            )
        except client.exceptions.TransactionCanceledException as error:
            if error.response["CancellationReasons"][0]["Code"] != "ConditionalCheckFailed":
                failures.append({"itemIdentifier": record["messageId"]})
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
