"""Decodes keys with `unquote`, which leaves the plus signs that stand for blanks: no document
with a blank in its name is ever indexed."""

import json
from urllib.parse import unquote

import boto3

BREAKS = {"drains"}

s3 = boto3.client("s3")
documents = boto3.resource("dynamodb").Table("documents")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            notification = json.loads(record["body"])
            if notification.get("Event") == "s3:TestEvent":
                continue
            for upload in notification["Records"]:
                index(upload["s3"])
        except Exception as error:
            print("cannot index", record["messageId"], error)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}


def index(upload):
    key = unquote(upload["object"]["key"])
    content = s3.get_object(Bucket=upload["bucket"]["name"], Key=key)["Body"].read()
    documents.put_item(Item={"id": key, "words": len(content.split())})
