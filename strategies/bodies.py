"""Message bodies as they are found in real queues."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Final

from hypothesis import strategies as st

from sqs_contract.plan import Plan
from sqs_contract.strategies.expanding import expanded
from sqs_contract.strategies.pools import pool

BODY_BYTES: Final = 16
"""Length of a body's plan."""

PLAN: Final = st.binary(min_size=BODY_BYTES, max_size=BODY_BYTES)

SIMPLEST: Final = '{"id": 0}'
"""The body of a plan of zeros."""


def message_bodies() -> st.SearchStrategy[str]:
    """Bodies as they are found in real queues: mostly JSON objects about orders,
    payments, users, shipments or devices, at times plain text. Values are
    realistic, some not ASCII.

    Every body is one SQS accepts.

    Shrinks to `{"id": 0}`.
    """
    return expanded("message_bodies", PLAN, _body)


def _body(plan: bytes) -> str:
    return expand_body(Plan(plan))


def expand_body(plan: Plan) -> str:
    """The body a plan stands for."""
    return plan.choose(_KINDS)(plan)


def _minimal(plan: Plan) -> str:
    return _json({"id": plan.byte()})


def _order(plan: Plan) -> str:
    order: dict[str, Any] = {
        "order_id": _uuid(plan),
        "customer": {"name": plan.choose(pool("name")), "email": plan.choose(pool("email"))},
        "amount": plan.wide() / 100,
        "currency": plan.choose(pool("currency")),
        "items": [
            {"sku": plan.choose(pool("word")), "quantity": 1 + plan.below(5)}
            for _ in range(plan.below(3))
        ],
    }
    return _json(order)


def _payment(plan: Plan) -> str:
    return _json(
        {
            "type": plan.choose(("payment.captured", "payment.failed", "payment.refunded")),
            "payment_id": _uuid(plan),
            "amount": str(plan.wide()),
            "currency": plan.choose(pool("currency")),
            "at": plan.choose(pool("iso_time")),
        }
    )


def _user(plan: Plan) -> str:
    return _json(
        {
            "event": plan.choose(("user.created", "user.updated", "user.deleted")),
            "user_id": plan.wide(),
            "name": plan.choose(pool("name")),
            "email": plan.choose(pool("email")),
            "company": plan.choose(pool("company")) or None,
        }
    )


def _shipment(plan: Plan) -> str:
    return _json(
        {
            "shipmentId": _uuid(plan),
            "address": {
                "street": plan.choose(pool("street")),
                "city": plan.choose(pool("city")),
                "country": plan.choose(pool("country")),
            },
            "tracking": plan.choose(pool("url")),
        }
    )


def _device(plan: Plan) -> str:
    return _json(
        {
            "device": plan.choose(pool("word")),
            "temperature": (plan.byte() - 64) / 2,
            "ok": plan.often(128),
            "at": plan.choose(pool("iso_time")),
        }
    )


def _text(plan: Plan) -> str:
    return plan.choose(pool("sentence")) or "a"


_KINDS: Final[tuple[Callable[[Plan], str], ...]] = (
    _minimal,
    _order,
    _payment,
    _user,
    _shipment,
    _device,
    _text,
)


def _uuid(plan: Plan) -> str:
    return plan.choose(pool("uuid"))


_json: Final = json.JSONEncoder(ensure_ascii=False).encode
"""`json.dumps`, without making an encoder for each body."""
