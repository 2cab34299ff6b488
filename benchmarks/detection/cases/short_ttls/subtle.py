"""Hands the payment on to a FIFO queue, with a deduplication id: SQS remembers those for five
minutes, and the queue this comes from hides messages for fifteen."""

import json

import boto3

BREAKS = {"idempotent"}
EXPECTED_FROM = "subtle"

sqs = boto3.client("sqs")


def handler(event, context):
    url = sqs.get_queue_url(QueueName="shipping.fifo")["QueueUrl"]
    failures = []
    for record in event["Records"]:
        try:
            payment = json.loads(record["body"])
            sqs.send_message(
                QueueUrl=url,
                MessageBody=json.dumps({"pay": int(payment["amount"]), "to": payment["account"]}),
                MessageGroupId=payment["account"],
                MessageDeduplicationId=payment["id"],
            )
        except Exception as error:
            print("failed", record["messageId"], error)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
