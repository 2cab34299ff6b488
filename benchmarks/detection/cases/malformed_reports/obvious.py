"""Lists the ids of what failed, and no more."""

import json

from cases import store

BREAKS = {"response-shape"}


def handler(event, context):
    failed = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            store.save(order["id"], {"customer": order["customer"], "amount": order["amount"]})
        except Exception as error:
            print("failed", error)
            failed.append(record["messageId"])
    return {"batchItemFailures": failed}
