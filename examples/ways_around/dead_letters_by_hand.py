"""What will never be accepted is sent to a dead-letter queue by hand; the batch goes on.

Only what is wrong with the message itself is put aside. What may be over at the next try
brings the batch back, and so does a dead letter that cannot be sent.
"""

import os
from typing import Any

import boto3
from orders import BAD_BODY, book

sqs = boto3.client("sqs")
DEAD_LETTERS = os.environ["DEAD_LETTERS_URL"]


def handler(event: dict[str, Any], context: Any) -> None:
    for record in event["Records"]:
        try:
            book(record)
        except BAD_BODY as error:
            put_aside(record, error)


def put_aside(record: dict[str, Any], error: Exception) -> None:
    sqs.send_message(
        QueueUrl=DEAD_LETTERS,
        MessageBody=record["body"],
        MessageAttributes={
            "reason": {"DataType": "String", "StringValue": type(error).__name__},
            "messageId": {"DataType": "String", "StringValue": record["messageId"]},
        },
    )
