"""What the handlers find when they start: empty tables, buckets, queues and a topic."""

import boto3

ACCOUNT = "123456789012"


def tables(*names: str) -> None:
    dynamodb = boto3.client("dynamodb", region_name="us-east-1")
    for name in names:
        dynamodb.create_table(
            TableName=name,
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )


def orders() -> None:
    tables("orders")


def orders_and_markers() -> None:
    tables("orders", "totals", "processed")


def invoices() -> None:
    tables("orders", "totals")
    boto3.client("s3", region_name="us-east-1").create_bucket(Bucket="invoices")
    boto3.client("sns", region_name="us-east-1").create_topic(Name="order-events")


def shipping() -> None:
    """A FIFO queue to which work is handed on, and what has been handed on."""
    tables("orders", "processed")
    boto3.client("sqs", region_name="us-east-1").create_queue(
        QueueName="shipping.fifo", Attributes={"FifoQueue": "true"}
    )


def uploads() -> None:
    tables("documents")
    s3 = boto3.client("s3", region_name="us-east-1")
    s3.create_bucket(Bucket="uploads")
    for key in ("in/april report.pdf", "in/a.pdf", "in/b.pdf", "in/c+d.pdf"):
        s3.put_object(Bucket="uploads", Key=key, Body=f"content of {key}".encode())


def parking() -> None:
    tables("orders")
    sqs = boto3.client("sqs", region_name="us-east-1")
    sqs.create_queue(QueueName="orders-parked")
    sqs.create_queue(QueueName="orders-dlq")


def tenants() -> None:
    tables("totals", "orders-acme", "orders-globex")


def shipping_and_totals() -> None:
    shipping()
    tables("totals")
