"""Each message that is done is deleted by hand; then the batch may come back without them."""

import os
from typing import Any

import boto3
from orders import book

sqs = boto3.client("sqs")
ORDERS_QUEUE = os.environ["QUEUE_URL"]


def handler(event: dict[str, Any], context: Any) -> None:
    failed = []
    for record in event["Records"]:
        try:
            book(record)
            sqs.delete_message(QueueUrl=ORDERS_QUEUE, ReceiptHandle=record["receiptHandle"])
        except Exception as error:
            failed.append(f"{record['messageId']}: {error}")
    if failed:
        raise RuntimeError(f"not done: {failed}")
