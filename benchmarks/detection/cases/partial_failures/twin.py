"""Correct: writes what is left again, three times, and reports the orders that are left then."""

import json
import time

import boto3

BREAKS = set()

dynamodb = boto3.client("dynamodb")


def handler(event, context):
    failed, requests, senders = set(), {}, {}
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            if not isinstance(order["id"], str) or not order["id"]:
                raise ValueError("an order needs an id")
            item = {"id": {"S": order["id"]}, "amount": {"N": str(int(order["amount"]))}}
            requests[order["id"]] = {"PutRequest": {"Item": item}}
            senders.setdefault(order["id"], []).append(record["messageId"])
        except (ValueError, KeyError, TypeError):
            failed.add(record["messageId"])
    for order_id in write(requests):
        failed.update(senders[order_id])
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def write(requests):
    """Write them all; returns the ids of those that could not be written."""
    left = {"orders": list(requests.values())} if requests else {}
    try:
        for attempt in range(3):
            if not left:
                break
            time.sleep(0.1 * 2**attempt)
            left = dynamodb.batch_write_item(RequestItems=left)["UnprocessedItems"]
    except Exception as error:
        print("cannot write", error)
        return list(requests)
    return [request["PutRequest"]["Item"]["id"]["S"] for request in left.get("orders", ())]
