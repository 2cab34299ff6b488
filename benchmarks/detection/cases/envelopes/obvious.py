"""Knows nothing of s3:TestEvent, the message S3 sends when a notification is set up: it has no
Records, and takes its batch with it until it is in the dead-letter queue."""

import json
from urllib.parse import unquote_plus

import boto3

BREAKS = {"isolation"}

s3 = boto3.client("s3")
documents = boto3.resource("dynamodb").Table("documents")


def handler(event, context):
    uploads = [
        (record["messageId"], upload["s3"])
        for record in event["Records"]
        for upload in json.loads(record["body"])["Records"]
    ]
    failed = set()
    for message_id, upload in uploads:
        try:
            key = unquote_plus(upload["object"]["key"])
            content = s3.get_object(Bucket=upload["bucket"]["name"], Key=key)["Body"].read()
            documents.put_item(Item={"id": key, "words": len(content.split())})
        except Exception as error:
            print("cannot index", message_id, error)
            failed.add(message_id)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}
