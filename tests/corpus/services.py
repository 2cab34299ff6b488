"""Tables, buckets, a queue, a topic and what else the handlers from other teams use."""

import boto3
from corpus.tables import tables

ACCOUNT = "123456789012"
PARKING = f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/parking"
SOURCE = f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/orders"
TOPIC = f"arn:aws:sns:us-east-1:{ACCOUNT}:topic"


def create():
    tables()
    s3 = boto3.client("s3")
    s3.create_bucket(Bucket="bucket")
    s3.create_bucket(Bucket="inbox")
    for k in ("in/a.txt", "in/b c.txt", "in/d.txt"):
        s3.put_object(Bucket="inbox", Key=k, Body=k.upper().encode())
    sqs = boto3.client("sqs")
    sqs.create_queue(QueueName="parking")
    boto3.client("sns").create_topic(Name="topic")
    boto3.client("ses").verify_email_identity(EmailAddress="shop@example.com")
    boto3.client("ssm").put_parameter(Name="/rate", Value="3", Type="String")


def with_stock():
    create()
    boto3.client("dynamodb").put_item(
        TableName="totals", Item={"id": {"S": "stock"}, "n": {"N": "11"}}
    )
