"""A consumer of the dead-letter queue sends messages back to the queue they came from.

Each message carries how often it was sent back, since SQS counts its receives anew; after the
third time it is kept in a table, for a person to look at. A dead letter, too, may be delivered
more than once: it is sent back under a deduplication id of its own, so a FIFO queue takes it
once in five minutes. To a standard queue it may go twice, which its consumer must bear.
"""

import os
from typing import Any

import boto3

sqs = boto3.client("sqs")
given_up = boto3.resource("dynamodb").Table(os.environ["GIVEN_UP_TABLE"])
ORDERS_QUEUE = os.environ["QUEUE_URL"]
TIMES_MAX = 3


def handler(event: dict[str, Any], context: Any) -> dict[str, Any]:
    for number, record in enumerate(event["Records"]):
        try:
            send_back(record)
        except Exception as error:
            print(f"not sent back: {error}")
            rest = event["Records"][number:]  # none may overtake it
            return {"batchItemFailures": [{"itemIdentifier": it["messageId"]} for it in rest]}
    return {"batchItemFailures": []}


def send_back(record: dict[str, Any]) -> None:
    times = int(record["messageAttributes"].get("sentBack", {}).get("stringValue", "0"))
    if times >= TIMES_MAX:
        given_up.put_item(Item={"message_id": record["messageId"], "body": record["body"]})
        return
    sqs.send_message(
        QueueUrl=ORDERS_QUEUE,
        MessageBody=record["body"],
        MessageGroupId=record["attributes"]["MessageGroupId"],
        MessageDeduplicationId=record["messageId"],
        MessageAttributes={"sentBack": {"DataType": "Number", "StringValue": str(times + 1)}},
    )
