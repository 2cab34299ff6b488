"""What SNS puts into a queue: notifications in an envelope, and raw ones."""

from __future__ import annotations

import base64
import json
from typing import Any, Final

from sqs_contract.plan import Plan
from sqs_contract.strategies.attributes import expand_attributes
from sqs_contract.strategies.pools import pool
from sqs_contract.strategies.sent import SNS_SENDER, Sent
from sqs_contract.strategies.services import (
    ACCOUNT,
    REGION,
    base64_text,
    hex_text,
    time_ms,
    uuid_text,
)

_TOPIC: Final = f"arn:aws:sns:{REGION}:{ACCOUNT}:orders-topic"
_HOST: Final = f"https://sns.{REGION}.amazonaws.com"
_ATTRIBUTES_MAX: Final = 3
_SOME: Final = 64
"""Of 256: how often there is a subject, or are attributes."""


def sns_envelope(plan: Plan, message: str) -> Sent:
    """A message in the envelope of a standard topic (S141)."""
    return Sent(body=wrapped(plan, message), sender_id=SNS_SENDER)


def sns_fifo_envelope(plan: Plan, message: str) -> Sent:
    """A message in the envelope of a FIFO topic: a number in line and no signature (S143)."""
    return Sent(body=wrapped(plan, message, fifo=True), sender_id=SNS_SENDER)


def sns_raw(plan: Plan, message: str) -> Sent:
    """A message with raw delivery: its attributes are those of the SQS message (S142)."""
    data = bytes(plan.byte() for _ in range(2 + 3 * _ATTRIBUTES_MAX))
    return Sent(
        body=message,
        attributes=expand_attributes(data, 0, _ATTRIBUTES_MAX),
        sender_id=SNS_SENDER,
    )


def wrapped(plan: Plan, message: str, *, subject: str | None = None, fifo: bool = False) -> str:
    """The envelope, its keys in the order SNS writes them (S141, S143)."""
    about = plan.often(_SOME)
    described = plan.often(_SOME)
    envelope: dict[str, Any] = {"Type": "Notification", "MessageId": uuid_text(plan)}
    if fifo:
        envelope["SequenceNumber"] = f"{10**19 + plan.wide() * 1000:020d}"
    topic = f"{_TOPIC}.fifo" if fifo else _TOPIC
    envelope["TopicArn"] = topic
    if subject is not None or about:
        envelope["Subject"] = subject or plan.choose(pool("word"))
    envelope["Message"] = message
    envelope["Timestamp"] = time_ms(plan)
    if not fifo:
        envelope["SignatureVersion"] = plan.choose(("1", "2"))
        envelope["Signature"] = base64_text(plan, "signature", 256)
        certificate = hex_text(plan, "certificate", 32)
        envelope["SigningCertURL"] = f"{_HOST}/SimpleNotificationService-{certificate}.pem"
    envelope["UnsubscribeURL"] = (
        f"{_HOST}/?Action=Unsubscribe&SubscriptionArn={topic}:{plan.choose(pool('uuid'))}"
    )
    if described:
        envelope["MessageAttributes"] = {
            plan.choose(pool("word")): plan.choose(_VALUES) for _ in range(1 + plan.below(3))
        }
    # SNS writes the envelope over several lines.
    return json.dumps(envelope, ensure_ascii=False, indent=2, separators=(",", " : "))


_VALUES: Final = (
    {"Type": "String", "Value": "a"},
    {"Type": "Number", "Value": "1"},
    {"Type": "Binary", "Value": base64.b64encode(b"\x02\x03\x04").decode()},
    {"Type": "String.Array", "Value": '["a", "b", null, 1]'},
)
"""Attributes in an envelope: all text, binary ones in base64 (S141)."""
