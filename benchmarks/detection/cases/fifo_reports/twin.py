"""Correct: Powertools stops at the first failure, and reports it and all that follows."""

import boto3
from aws_lambda_powertools.utilities.batch import SqsFifoPartialProcessor, process_partial_response
from botocore.exceptions import ClientError

BREAKS = set()

orders = boto3.resource("dynamodb").Table("orders")
processor = SqsFifoPartialProcessor()


def record_handler(record):
    append(record.json_body)


def handler(event, context):
    return process_partial_response(
        event=event, record_handler=record_handler, processor=processor, context=context
    )


def append(event):
    try:
        orders.update_item(
            Key={"id": event["order"]},
            UpdateExpression="SET history = list_append(if_not_exists(history, :none), :s) ADD seen :e",
            ConditionExpression="attribute_not_exists(seen) OR NOT contains(seen, :id)",
            ExpressionAttributeValues={
                ":none": [],
                ":s": [event["status"]],
                ":e": {str(event["event_id"])},
                ":id": str(event["event_id"]),
            },
        )
    except ClientError as error:
        if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
            raise
