"""A small world in DynamoDB, S3, SQS and SNS for the corpus."""

import boto3

ACCOUNT = "123456789012"
FORWARD = f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/forward"
FORWARD_FIFO = f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/forward.fifo"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:topic"


def create() -> None:
    """Create everything, empty."""
    dynamodb = boto3.client("dynamodb")
    for table in ("items", "totals", "claims"):
        dynamodb.create_table(
            TableName=table,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    boto3.client("s3").create_bucket(Bucket="bucket")
    sqs = boto3.client("sqs")
    sqs.create_queue(QueueName="forward")
    sqs.create_queue(QueueName="forward.fifo", Attributes={"FifoQueue": "true"})
    boto3.client("sns").create_topic(Name="topic")
