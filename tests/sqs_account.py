"""An account of SQS on the model, called as botocore calls it, in virtual seconds."""

from __future__ import annotations

from sqs_contract.model.service import QueueService
from sqs_contract.model.sqs_errors import Refusal

NOT_COMPARED = frozenset({"QueryErrorCode", "Type", "message", "Detail"})
"""What recorded errors hold beside code, message and status."""


class Account:
    """Calls with one queue each, in virtual seconds; an error looks as botocore shows it."""

    def __init__(self):
        self.service = QueueService()
        self.now_s = 0

    def call(self, operation, **parameters):
        answer = self.service.call(operation, parameters, self.now_s * 1_000)
        if isinstance(answer, Refusal):
            return {
                "Error": {"Code": answer.code, "Message": answer.message},
                "ResponseMetadata": {"HTTPStatusCode": answer.status},
            }
        return answer

    def queue(self, name="q", **attributes):
        name += ".fifo" if "FifoQueue" in attributes else ""
        return self.call("CreateQueue", QueueName=name, Attributes=attributes)["QueueUrl"]

    def send(self, url, body="m", **more):
        return self.call("SendMessage", QueueUrl=url, MessageBody=body, **more)

    def receive(self, url, **more):
        return self.call("ReceiveMessage", QueueUrl=url, **more)

    def batch(self, operation, url, entries):
        return self.call(operation, QueueUrl=url, Entries=entries)

    def attributes(self, url):
        return self.call("GetQueueAttributes", QueueUrl=url, AttributeNames=["All"])

    def set(self, url, **attributes):
        self.call("SetQueueAttributes", QueueUrl=url, Attributes=attributes)

    def arn(self, name):
        return self.service.registry.arn(name)


def text(value):
    return {"DataType": "String", "StringValue": value}


def in_group(group, dedup):
    return {"MessageGroupId": group, "MessageDeduplicationId": dedup}


def bodies(count, body="m"):
    return [{"Id": str(number), "MessageBody": body} for number in range(count)]
