"""A consumer that polls at the rules of the proxy: no network, no clock."""

from __future__ import annotations

from proxying import listed

from sqs_contract.proxy.rules import Ask, Forward, Hand, Rules


def content(number, receive=1, group=None):
    attributes = {"ApproximateReceiveCount": str(receive)}
    if group is not None:
        attributes["MessageGroupId"] = group
    return {
        "MessageId": f"id-{number}",
        "ReceiptHandle": f"handle-{number}-{receive}",
        "Body": f"body {number}",
        "MD5OfBody": "md5",
        "Attributes": attributes,
    }


class Consumer:
    """Polls at the rules as a consumer does, with an endpoint that hands out what it is told."""

    def __init__(self, *faults, queue="orders", **given):
        self.rules = Rules(given.pop("plan", None) or listed(*faults), **given)
        self.queue, self.now_ms = queue, 0

    def receive(self, *there, maximum=10):
        """What is handed out, where the endpoint has these."""
        course = self.rules.receive(self.queue, maximum, self.now_ms)
        match course:
            case Hand():
                return list(course.messages)
            case Ask():
                return list(
                    self.rules.received(self.queue, there[: course.maximum], maximum, self.now_ms)
                )
            case _:
                return course

    def delete(self, message):
        """Ask for a delete; what goes on to the endpoint succeeds there."""
        handle = message["ReceiptHandle"]
        course = self.rules.delete(self.queue, handle)
        if isinstance(course, Forward):
            self.rules.deleted(self.queue, handle, done=True, answer=None)
        return course

    def events(self, kind):
        return [event for event in self.rules.events if isinstance(event, kind)]
