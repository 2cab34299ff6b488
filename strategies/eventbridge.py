"""What EventBridge puts into a queue."""

from __future__ import annotations

from typing import Any, Final

from sqs_contract.plan import Plan
from sqs_contract.strategies.sent import Sent
from sqs_contract.strategies.services import (
    ACCOUNT,
    COMPACT,
    REGION,
    json_of,
    time_s,
    uuid_text,
)

_RULE: Final = f"arn:aws:events:{REGION}:{ACCOUNT}:rule/nightly"
_KINDS: Final = (
    ("OrderPlaced", "shop.orders"),
    ("Payment Captured", "com.example.payments"),
    ("state-change", "myapp"),
)


def event(plan: Plan, body: str) -> Sent:
    """An event of an application; its detail is an object (S147)."""
    kind, source = plan.choose(_KINDS)
    value = json_of(body)
    detail = value if isinstance(value, dict) else {"message": value}
    return bridge_event(plan, kind, source, [], detail)


def scheduled(plan: Plan, _body: str) -> Sent:
    """What a schedule sends (S147)."""
    return bridge_event(plan, "Scheduled Event", "aws.events", [_RULE], {})


def bridge_event(
    plan: Plan, kind: str, source: str, resources: list[str], detail: dict[str, Any]
) -> Sent:
    """The event as a rule without a transformer hands it on, times to the second (S147)."""
    return Sent(
        body=COMPACT(
            {
                "version": "0",
                "id": uuid_text(plan),
                "detail-type": kind,
                "source": source,
                "account": ACCOUNT,
                "time": time_s(plan),
                "region": REGION,
                "resources": resources,
                "detail": detail,
            }
        )
    )
