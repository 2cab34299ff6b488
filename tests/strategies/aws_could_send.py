"""What AWS could send, written down again: from semantics.md, not from the code under test.

Owns an independent MD5 of attributes, and checks that raise with the rule that is broken.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Any

RECORD_KEYS = {
    "messageId", "receiptHandle", "body", "attributes", "messageAttributes", "md5OfBody",
    "eventSource", "eventSourceARN", "awsRegion",
}  # fmt: skip
SYSTEM_KEYS = {
    "ApproximateReceiveCount", "SentTimestamp", "SenderId", "ApproximateFirstReceiveTimestamp",
}  # fmt: skip
FIFO_KEYS = {"SequenceNumber", "MessageGroupId", "MessageDeduplicationId"}
SYSTEM_KEYS_SOMETIMES = {"AWSTraceHeader", "MessageGroupId", "DeadLetterQueueSourceArn"}

MESSAGE_BYTES_MAX = 1024 * 1024  # S23
EVENT_BYTES_MAX = 6_291_556  # S115

MESSAGE_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ARN = re.compile(
    r"arn:(aws|aws-cn|aws-us-gov|aws-iso|aws-iso-b|aws-eusc):sqs:([a-z0-9-]+):\d{12}:[\w-]{1,80}(\.fifo)?"
)
DIGITS = re.compile(r"[1-9][0-9]*")
SENDER = re.compile(r"AIDA[A-Z0-9]+|AROA[A-Z0-9]+:[\w+=,.@-]{2,64}|\d{12}")
TRACE = re.compile(
    r"Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=[01](;Lineage=[0-9a-f:]+)?"
)
ATTRIBUTE_NAME = re.compile(
    r"(?!(aws|amazon)\.)(?!\.)(?!.*\.\.)[\w.-]{1,256}(?<!\.)", re.IGNORECASE
)
DATA_TYPE = re.compile(r"(String|Number|Binary)(\..{1,249})?")
NUMBER = re.compile(r"-?\d{1,38}(\.\d+)?")
FORBIDDEN = re.compile(r"[^\x09\x0a\x0d\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")  # S27


def must(truth: object, rule: str, what: object) -> None:
    """Raise with the rule and what breaks it."""
    if not truth:
        raise AssertionError(f"{rule}: {what!r}")


def md5_of_body(body: str) -> str:
    return hashlib.md5(body.encode("utf-8")).hexdigest()


def md5_of_attributes(attributes: dict[str, dict[str, Any]]) -> str:
    """S19, over attributes as a record shows them."""

    def sized(data: bytes) -> bytes:
        return len(data).to_bytes(4, "big") + data

    text = b""
    for name, shown in sorted(attributes.items()):
        text += sized(name.encode()) + sized(shown["dataType"].encode())
        if shown["dataType"].startswith("Binary"):
            text += b"\x02" + sized(base64.b64decode(shown["binaryValue"], validate=True))
        else:
            text += b"\x01" + sized(shown["stringValue"].encode())
    return hashlib.md5(text).hexdigest()


def check_body(body: object) -> None:
    must(isinstance(body, str), "S17 a body is text", body)
    must(body, "S28 a body is not empty", body)
    must(not FORBIDDEN.search(body), "S27 characters SQS takes", body)
    must(len(body.encode()) <= MESSAGE_BYTES_MAX, "S23 at most 1 MiB", body[:50])


def check_attributes(attributes: dict[str, dict[str, Any]]) -> None:
    must(len(attributes) <= 10, "S29 at most ten attributes", attributes)
    for name, shown in attributes.items():
        must(ATTRIBUTE_NAME.fullmatch(name), "S29 attribute name", name)
        must(DATA_TYPE.fullmatch(shown["dataType"]), "S29 data type", shown)
        must(shown["stringListValues"] == [], "S4 reserved, empty", shown)
        must(shown["binaryListValues"] == [], "S4 reserved, empty", shown)
        binary = shown["dataType"].startswith("Binary")
        value_key, other_key = ("binaryValue", "stringValue")[:: 1 if binary else -1]
        value = shown[value_key]
        must(isinstance(value, str) and value, "S29 a value is not empty", shown)
        must(shown.get(other_key) is None, "S5 the other value is absent or null", shown)
        keys = {"dataType", "stringListValues", "binaryListValues", value_key, other_key}
        must(set(shown) <= keys, "S4 no other keys", shown)
        if binary:
            must(base64.b64decode(value, validate=True), "S7 base64 of some bytes", shown)
        else:
            must(not FORBIDDEN.search(value), "S27 characters SQS takes", shown)
        if shown["dataType"].startswith("Number"):
            must(NUMBER.fullmatch(value), "S30 a number as text", shown)


def check_record(record: dict[str, Any]) -> None:
    optional = {"md5OfMessageAttributes"}
    must(RECORD_KEYS <= set(record) <= RECORD_KEYS | optional, "S2 keys of a record", set(record))
    must(MESSAGE_ID.fullmatch(record["messageId"]), "S13 message id", record["messageId"])
    handle = record["receiptHandle"]
    must(re.fullmatch(r"AQEB[A-Za-z0-9+/=]+", handle), "S14 receipt handle", handle)
    must(100 <= len(handle) <= 1024, "S14 length of a receipt handle", handle)
    must(base64.b64decode(handle, validate=True), "S14 base64", handle)
    check_body(record["body"])
    must(record["md5OfBody"] == md5_of_body(record["body"]), "S18 digest", record)
    must(record["eventSource"] == "aws:sqs", "S2 event source", record["eventSource"])
    arn = ARN.fullmatch(record["eventSourceARN"])
    must(arn, "S16 ARN of a queue", record["eventSourceARN"])
    must(arn[2] == record["awsRegion"], "S16 one region", record)
    check_system_attributes(record["attributes"], fifo=arn[3] is not None)
    attributes = record["messageAttributes"]
    check_attributes(attributes)
    if attributes:
        digest = record["md5OfMessageAttributes"]
        must(digest == md5_of_attributes(attributes), "S19 digest of attributes", record)
    else:
        must(record.get("md5OfMessageAttributes") is None, "S3 absent or null", record)
    must(message_bytes(record) <= MESSAGE_BYTES_MAX, "S24 at most 1 MiB in all", handle)


def check_system_attributes(system: dict[str, str], *, fifo: bool = False) -> None:
    allowed = SYSTEM_KEYS | SYSTEM_KEYS_SOMETIMES
    if fifo:
        must(set(system) >= FIFO_KEYS, "S9 always all three", set(system))
        must(re.fullmatch(r"[0-9]{20}", system["SequenceNumber"]), "S53 twenty digits", system)
        for name in ("MessageGroupId", "MessageDeduplicationId"):
            must(re.fullmatch(r"[!-~]{1,128}", system[name]), f"S33 {name}", system)
        allowed = allowed | FIFO_KEYS
    must(SYSTEM_KEYS <= set(system) <= allowed, "S8, S10-S12 keys of attributes", set(system))
    must(all(isinstance(value, str) for value in system.values()), "S8 all strings", system)
    for name in ("ApproximateReceiveCount", "SentTimestamp", "ApproximateFirstReceiveTimestamp"):
        must(DIGITS.fullmatch(system[name]), f"S8 {name} is a decimal number, 1 or more", system)
    sent, first = int(system["SentTimestamp"]), int(system["ApproximateFirstReceiveTimestamp"])
    must(sent <= first, "received after it was sent", system)
    must(sent >= 1_500_000_000_000, "S8 milliseconds, not seconds", system)
    # S32: a message older than 14 days is never received.
    must(first - sent <= 1_209_600_000, "S32 received while it was retained", system)
    if "DeadLetterQueueSourceArn" in system:
        must(int(system["ApproximateReceiveCount"]) >= 2, "S59 received before it moved", system)
    must(SENDER.fullmatch(system["SenderId"]), "S15 sender", system)
    if "AWSTraceHeader" in system:
        must(TRACE.fullmatch(system["AWSTraceHeader"]), "S11 trace header", system)


def message_bytes(record: dict[str, Any]) -> int:
    """What counts towards a message's size (S24)."""
    size = len(record["body"].encode())
    for name, shown in record["messageAttributes"].items():
        size += len(name.encode()) + len(shown["dataType"].encode())
        if shown["dataType"].startswith("Binary"):
            size += len(base64.b64decode(shown["binaryValue"]))
        else:
            size += len(shown["stringValue"].encode())
    return size


def check_event(event: dict[str, Any]) -> None:
    must(list(event) == ["Records"], "S1 one key", list(event))
    records = event["Records"]
    must(isinstance(records, list) and records, "S1 a non-empty array", records)
    for record in records:
        check_record(record)
    for key in ("messageId", "receiptHandle"):
        values = [record[key] for record in records]
        must(len(set(values)) == len(values), f"{key} is unique in an event", values)
    must(len({record["eventSourceARN"] for record in records}) == 1, "one queue", records)
    if len(records) > 10:
        # S68: such a batch needs a window, and with one S3's key is there.
        for record in records:
            must("md5OfMessageAttributes" in record, "S3, S68 null with a window", set(record))
    text = json.dumps(event, allow_nan=False)
    must(json.loads(text) == event, "an event is JSON", event)
    size = len(json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode())
    must(size <= EVENT_BYTES_MAX, "S69, S115 at most 6 MiB", size)


def values_in(events: list[dict[str, Any]], *path: str) -> set[Any]:
    """The different values at one place of the records of many events; `None` where it is not."""
    found = set()
    for event in events:
        for record in event["Records"]:
            value: Any = record
            for step in path:
                value = value.get(step) if value is not None else None
            found.add(value)
    return found
