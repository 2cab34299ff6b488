"""What S3 sends about its objects: to a queue, to a topic, to EventBridge."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote_plus

from sqs_contract.plan import Plan
from sqs_contract.strategies.eventbridge import bridge_event
from sqs_contract.strategies.notifications import wrapped
from sqs_contract.strategies.sent import S3_SENDER, SNS_SENDER, Sent
from sqs_contract.strategies.services import (
    ACCOUNT,
    BUCKETS,
    COMPACT,
    KEYS,
    REGION,
    base64_text,
    hex_text,
    time_ms,
)

_WHOLE: Final = ("size", "eTag", "sequencer")
_EVENTS: Final = (
    ("ObjectCreated:Put", "2.1", _WHOLE),
    ("ObjectCreated:Copy", "2.1", _WHOLE),
    ("ObjectCreated:CompleteMultipartUpload", "2.1", _WHOLE),
    ("ObjectRemoved:Delete", "2.1", ("sequencer",)),
    ("ObjectTagging:Put", "2.3", ("eTag",)),
    ("ObjectTagging:Delete", "2.3", ("eTag",)),
    ("ObjectAcl:Put", "2.3", ("eTag",)),
    ("ObjectRestore:Post", "2.1", _WHOLE),
    ("ObjectRestore:Completed", "2.1", _WHOLE),
)
"""Names of events, the version of their form, and what they say of the object (S145)."""

_VERSIONED: Final = 64
"""Of 256: how often a bucket keeps versions."""
_SUBJECT: Final = "Amazon S3 Notification"


def s3_notification(plan: Plan, _body: str) -> Sent:
    """A notification straight into the queue (S145)."""
    return Sent(body=_notification(plan), sender_id=S3_SENDER)


def s3_test_event(plan: Plan, _body: str) -> Sent:
    """What S3 sends once, when notifications are set up; it has no `Records` (S146)."""
    return Sent(body=_test_event(plan), sender_id=S3_SENDER)


def s3_through_sns(plan: Plan, _body: str) -> Sent:
    """A notification by way of a topic (S150)."""
    return Sent(body=wrapped(plan, _notification(plan), subject=_SUBJECT), sender_id=SNS_SENDER)


def s3_test_through_sns(plan: Plan, _body: str) -> Sent:
    """The test message by way of a topic (S150)."""
    return Sent(body=wrapped(plan, _test_event(plan), subject=_SUBJECT), sender_id=SNS_SENDER)


def s3_through_eventbridge(plan: Plan, _body: str) -> Sent:
    """An event of S3 by way of a rule; the key is as it is, not encoded (S147)."""
    kind, reason, parts = plan.choose(
        (
            ("Object Created", "PutObject", ("size", "etag", "sequencer")),
            ("Object Deleted", "DeleteObject", ("sequencer",)),
        )
    )
    bucket, key = plan.choose(BUCKETS), plan.choose(KEYS)
    detail: dict[str, Any] = {
        "version": "0",
        "bucket": {"name": bucket},
        "object": {"key": key, **_object(plan, parts)},
        "request-id": hex_text(plan, "request", 16).upper(),
        "requester": ACCOUNT,
        "source-ip-address": "203.0.113.7",
        "reason": reason,
    }
    if kind == "Object Deleted":
        detail["deletion-type"] = "Permanently Deleted"
    return bridge_event(plan, kind, "aws.s3", [f"arn:aws:s3:::{bucket}"], detail)


def _notification(plan: Plan) -> str:
    name, version, parts = plan.choose(_EVENTS)
    versioned = plan.often(_VERSIONED)
    bucket, key = plan.choose(BUCKETS), plan.choose(KEYS)
    described = {"key": quote_plus(key, safe="/"), **_object(plan, parts)}
    if versioned:
        described["versionId"] = base64_text(plan, "version", 24)
    record: dict[str, Any] = {
        "eventVersion": version,
        "eventSource": "aws:s3",
        "awsRegion": REGION,
        "eventTime": time_ms(plan),
        "eventName": name,
        "userIdentity": {"principalId": "AWS:AROAIOSFODNN7EXAMPLE4:uploader"},
        "requestParameters": {"sourceIPAddress": "203.0.113.7"},
        "responseElements": {
            "x-amz-request-id": hex_text(plan, "request", 16).upper(),
            "x-amz-id-2": base64_text(plan, "host", 57),
        },
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": "orders-inbox",
            "bucket": {
                "name": bucket,
                "ownerIdentity": {"principalId": "A3NL1KOZZKEXAMPLE"},
                "arn": f"arn:aws:s3:::{bucket}",
            },
            "object": described,
        },
    }
    if name == "ObjectRestore:Completed":
        record["glacierEventData"] = {
            "restoreEventData": {
                "lifecycleRestorationExpiryTime": time_ms(plan),
                "lifecycleRestoreStorageClass": "GLACIER",
            }
        }
    return COMPACT({"Records": [record]})


def _object(plan: Plan, parts: tuple[str, ...]) -> dict[str, Any]:
    said: dict[str, Any] = {}
    for part in parts:
        if part == "size":
            said[part] = plan.wide()
        elif part == "sequencer":
            said[part] = "00" + hex_text(plan, "sequencer", 16).upper()
        else:
            said[part] = hex_text(plan, "etag", 32)
    return said


def _test_event(plan: Plan) -> str:
    return COMPACT(
        {
            "Service": "Amazon S3",
            "Event": "s3:TestEvent",
            "Time": time_ms(plan),
            "Bucket": plan.choose(BUCKETS),
            "RequestId": hex_text(plan, "request", 16).upper(),
            "HostId": base64_text(plan, "host", 57),
        }
    )
