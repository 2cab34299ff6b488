"""A small world in DynamoDB, S3, SQS and SNS for the corpus."""

import boto3

ACCOUNT = "123456789012"
FORWARD = f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/forward"
FORWARD_FIFO = f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/forward.fifo"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:topic"


def create() -> None:
    """Create everything, empty."""
    create_tables("items", "totals", "claims")
    buckets()
    sqs = boto3.client("sqs")
    sqs.create_queue(QueueName="forward")
    sqs.create_queue(QueueName="forward.fifo", Attributes={"FifoQueue": "true"})
    boto3.client("sns").create_topic(Name="topic")


# For handlers that need no more than this: every reset of every world pays for what it creates.


def items() -> None:
    create_tables("items")


def totals() -> None:
    create_tables("totals")


def tables() -> None:
    create_tables("items", "totals", "claims", "locks")


def buckets() -> None:
    boto3.client("s3").create_bucket(Bucket="bucket")


def create_tables(*names: str) -> None:
    dynamodb = boto3.client("dynamodb")
    for name in names:
        dynamodb.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
