"""An account of SQS on the model, called with raw answers, in virtual milliseconds."""

from __future__ import annotations

import json

from sqs_contract.model.service import QueueService
from sqs_contract.model.sqs_errors import Refusal

SECOND = 1_000


class Account:
    def __init__(self):
        self.service = QueueService()
        self.now_ms = 0

    def call(self, operation, **parameters):
        return self.service.call(operation, parameters, self.now_ms)

    def queue(self, name="q", **attributes):
        if name.endswith(".fifo"):
            attributes["FifoQueue"] = "true"
        return self.call("CreateQueue", QueueName=name, Attributes=attributes)["QueueUrl"]

    def queue_with_dlq(self, count=1, name="q", dlq="dlq"):
        target = self.queue(dlq)
        policy = {"deadLetterTargetArn": self.arn(dlq), "maxReceiveCount": count}
        return self.queue(name, RedrivePolicy=json.dumps(policy)), target

    def arn(self, name):
        return self.service.registry.arn(name)

    def send(self, url, body="x", **parameters):
        return self.call("SendMessage", QueueUrl=url, MessageBody=body, **parameters)

    def receive(self, url, **parameters):
        return self.call("ReceiveMessage", QueueUrl=url, **parameters).get("Messages", [])

    def attributes(self, url):
        return self.call("GetQueueAttributes", QueueUrl=url, AttributeNames=["All"])["Attributes"]


def refused(answer, code, text=""):
    assert isinstance(answer, Refusal), answer
    assert answer.code == code
    assert text in answer.message
    return True


TEXT = {"DataType": "String", "StringValue": "x"}


def attribute(name="k", kind="String", **value):
    return {"MessageAttributes": {name: {"DataType": kind, **(value or {"StringValue": "x"})}}}


def entries(*bodies, **more):
    return [{"Id": str(at), "MessageBody": body, **more} for at, body in enumerate(bodies)]
