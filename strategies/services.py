"""Small things AWS's services put into what they send: times, digits, signatures."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any, Final

from sqs_contract.model.arns import DEFAULT_ACCOUNT, DEFAULT_REGION
from sqs_contract.plan import Plan
from sqs_contract.strategies.pools import pool

REGION: Final = DEFAULT_REGION
ACCOUNT: Final = DEFAULT_ACCOUNT

BUCKETS: Final = ("uploads", "orders-inbox-eu", "logs.example.com")

KEYS: Final = (
    "a", "orders/2026/01/05/order-1.json", "my photo.jpg", "a@b", "x+y=z.txt", "100%.csv",
    "größe/übersicht.pdf", "注文/1.json", "what?&#.bin", "folder/",
)  # fmt: skip
"""Keys of objects as they are, before anything encodes them."""


def uuid_text(plan: Plan) -> str:
    """Any UUID."""
    return plan.choose(pool("uuid"))


def time_s(plan: Plan) -> str:
    """A time as EventBridge writes it: to the second, Z (S147)."""
    return plan.choose(pool("iso_time"))


def time_ms(plan: Plan) -> str:
    """A time as SNS and S3 write it: to the millisecond, Z (S141)."""
    return f"{time_s(plan)[:-1]}.{plan.wide() % 1000:03d}Z"


def hex_text(plan: Plan, kind: str, digits: int) -> str:
    """Hex digits of some kind of thing."""
    return hashlib.shake_128(f"{kind} {plan.byte()}".encode()).hexdigest(digits // 2)


def base64_text(plan: Plan, kind: str, size: int) -> str:
    """Base64 of so many bytes of some kind of thing."""
    data = hashlib.shake_128(f"{kind} {plan.byte()}".encode()).digest(size)
    return base64.b64encode(data).decode()


COMPACT: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
"""JSON as services write it: no blanks, and nothing escaped that need not be."""


def json_of(body: str) -> Any:
    """The value of a body that is JSON, or the body as it is."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body
