"""The shop's world for tests: two empty tables."""

import boto3


def empty_tables() -> None:
    """Create the tables the handlers write to."""
    dynamodb = boto3.client("dynamodb")
    for table, key in (("orders", "order_id"), ("customers", "customer")):
        dynamodb.create_table(
            TableName=table,
            KeySchema=[{"AttributeName": key, "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": key, "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
