"""Marks the message id first and sends after: a message that failed in between is lost."""

import json

import boto3
from corpus.tables import TOPIC

BREAKS = {"no-loss"}
NIGHTLY = True
RESET = "corpus.tables:create"
client = boto3.client("dynamodb")
sns = boto3.client("sns")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            client.put_item(
                TableName="claims",
                Item={"id": {"S": record["messageId"]}},
                ConditionExpression="attribute_not_exists(id)",
            )
            sns.publish(TopicArn=TOPIC, Message=json.dumps({"booked": order["id"]}))
        except client.exceptions.ConditionalCheckFailedException:
            continue
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
