"""Logs what goes wrong, and says that all went well."""

import json
import logging

import boto3

BREAKS = {"no-loss", "exact-report"}
DEPLOYMENT = {"report_batch_item_failures": False}

logger = logging.getLogger()
logger.setLevel(logging.INFO)
table = boto3.resource("dynamodb").Table("orders")


def handler(event, context):
    logger.info("received %d records", len(event["Records"]))
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            table.put_item(Item={"id": order["id"], "amount": int(order["amount"])})
        except Exception as error:
            logger.error("error while processing %s: %s", record["messageId"], error)
    return {"statusCode": 200, "body": json.dumps("done")}
