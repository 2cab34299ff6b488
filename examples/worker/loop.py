"""A worker loop that is right: it does the work once, deletes what is done, and goes on."""

import json
import logging

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from worker.books import connect

log = logging.getLogger(__name__)
sqs = boto3.client("sqs")


def main():
    """Poll for ever."""
    url = sqs.get_queue_url(QueueName="orders")["QueueUrl"]
    books = connect()
    while True:
        try:
            answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1)
            for message in answer.get("Messages", []):
                book(books, json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        except (BotoCoreError, ClientError) as error:
            log.warning("SQS: %s", error)  # what is not deleted comes again


def book(books, order):
    """Write the order and add to the customer's total: both or neither, and once."""
    with books:
        new = books.execute(
            "INSERT OR IGNORE INTO orders VALUES (?, ?)", (order["order_id"], order["amount"])
        )
        if new.rowcount:
            books.execute(
                "INSERT INTO totals VALUES (?, ?) "
                "ON CONFLICT (customer) DO UPDATE SET total = total + excluded.total",
                (order["customer"], order["amount"]),
            )


if __name__ == "__main__":
    main()
