"""Opens its session when the sandbox is new, and closes it when the work is done.

The first invocation of a sandbox goes well, and no other does.
"""

import json

import boto3

BREAKS = {"stateless"}
NIGHTLY = True
ALSO = {"drains", "isolation"}
RESET = "corpus.tables:items"

items = boto3.resource("dynamodb").Table("items")


class Session:
    closed = False

    def save(self, item):
        if self.closed:
            raise RuntimeError("the session is closed")
        items.put_item(Item=item)

    def close(self):
        self.closed = True


session = Session()


def handler(event, context):
    failures = []
    for record in event["Records"]:
        try:
            order = json.loads(record["body"])
            session.save({"id": order["id"], "amount": order["amount"]})
        except Exception:
            failures.append({"itemIdentifier": record["messageId"]})
    session.close()
    return {"batchItemFailures": failures}
