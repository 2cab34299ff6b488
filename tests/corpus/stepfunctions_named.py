"""Correct: starts an execution named after the order."""

import json
import boto3
from botocore.exceptions import ClientError

BREAKS = set()
NIGHTLY = True
RESET = "corpus.stepfunctions_named:reset"

import uuid

sfn = boto3.client("stepfunctions")
ARN = "arn:aws:states:us-east-1:123456789012:stateMachine:flow"


def reset():
    boto3.client("stepfunctions").create_state_machine(
        name="flow",
        definition=json.dumps({"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}),
        roleArn="arn:aws:iam::123456789012:role/r",
    )


def process(record):
    o = json.loads(record["body"])
    int(o["amount"])
    try:
        sfn.start_execution(
            stateMachineArn=ARN, name="order-" + o["id"], input=json.dumps({"id": o["id"]})
        )
    except sfn.exceptions.ExecutionAlreadyExists:
        print("already started")


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            process(record)
        except Exception as e:
            print("failed", record["messageId"], e)
            failures.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failures}
