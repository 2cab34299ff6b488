"""Says beside the report what went wrong, with the exception itself: only where a record
failed the response cannot be written."""

import json

from cases import store

BREAKS = {"response-shape"}


def handler(event, context):
    errors = {}
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            store.save(order["id"], {"customer": order["customer"], "amount": order["amount"]})
        except Exception as error:
            errors[record["messageId"]] = error
    return {
        "batchItemFailures": [{"itemIdentifier": message_id} for message_id in errors],
        "errors": errors,
    }
