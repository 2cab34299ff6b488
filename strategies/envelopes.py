"""What other services make of a message before it is in the queue: the table of them, drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from sqs_contract.model.message import MessageAttribute
from sqs_contract.plan import Plan
from sqs_contract.strategies import eventbridge, notifications, s3
from sqs_contract.strategies.arguments import check_bodies, check_body, check_names
from sqs_contract.strategies.bodies import PLAN, expand_body
from sqs_contract.strategies.expanding import expanded
from sqs_contract.strategies.pools import pool
from sqs_contract.strategies.sent import Sent
from sqs_contract.strategies.services import BUCKETS, COMPACT, json_of, uuid_text


def _request(plan: Plan, body: str) -> Sent:
    """What an API Gateway's template makes of a request: mostly its body as it is (S148)."""
    way = plan.below(4)
    if way == 2:
        return Sent(body="{}")  # the client sent none
    if way == 3:
        request = {
            "body-json": json_of(body),
            "params": {
                "path": {},
                "querystring": {"page": "1"},
                "header": {"Content-Type": "application/json", "X-Request-Id": uuid_text(plan)},
            },
            "stage-variables": {},
            "context": {"http-method": "POST", "stage": "prod", "resource-path": "/orders"},
        }
        return Sent(body=COMPACT(request))
    if way == 1:
        agent = MessageAttribute(data_type="String", string_value=plan.choose(pool("word")))
        return Sent(body=body, attributes={"user-agent": agent})
    return Sent(body=body)


_CLASSES: Final = (
    ("software.amazon.payloadoffloading.PayloadS3Pointer", "ExtendedPayloadSize"),
    ("com.amazon.sqs.javamessaging.MessageS3Pointer", "SQSLargePayloadSize"),
    ("shaded.software.amazon.payloadoffloading.PayloadS3Pointer", "ExtendedPayloadSize"),
)
_LARGE_BYTES: Final = 262_145
"""More than the extended client sends in a message by default."""


def _pointer(plan: Plan, _body: str) -> Sent:
    """Where the extended client put a message too large for SQS, and how large it is (S149)."""
    name, attribute = plan.choose(_CLASSES)
    where = {"s3BucketName": plan.choose(BUCKETS), "s3Key": uuid_text(plan)}
    size = MessageAttribute(data_type="Number", string_value=str(_LARGE_BYTES + plan.wide()))
    return Sent(body=COMPACT([name, where]), attributes={attribute: size})


_MAKE: Final[dict[str, Callable[[Plan, str], Sent]]] = {
    "sns": notifications.sns_envelope,
    "sns-raw": notifications.sns_raw,
    "sns-fifo": notifications.sns_fifo_envelope,
    "s3": s3.s3_notification,
    "s3-test": s3.s3_test_event,
    "s3-sns": s3.s3_through_sns,
    "s3-test-sns": s3.s3_test_through_sns,
    "s3-eventbridge": s3.s3_through_eventbridge,
    "eventbridge": eventbridge.event,
    "scheduled": eventbridge.scheduled,
    "api-gateway": _request,
    "extended-client": _pointer,
}

ENVELOPE_KINDS: Final = tuple(_MAKE)
"""The names of the envelopes there are."""


def envelopes(
    *,
    kinds: Iterable[str] = ENVELOPE_KINDS,
    bodies: st.SearchStrategy[str] | None = None,
) -> st.SearchStrategy[Sent]:
    """Messages as other services put them into a queue: body, message attributes, sender
    (S141-S150). Give them to `sqs_events`, `fifo_events`, `records` or `scenarios` as `bodies`.

    Args:
        kinds: which, by their names in `ENVELOPE_KINDS`.
        bodies: what is inside, where something is: the message of a topic, the detail of an
            event, a request's body. Left out: realistic bodies, as `message_bodies` draws them.

    Shrinks to the first kind named, with the simplest body inside.
    """
    check_names("kinds", kinds, ENVELOPE_KINDS)
    check_bodies(bodies)
    makers = [_MAKE[kind] for kind in kinds]
    if not makers:
        raise InvalidArgument("kinds=() must name at least one kind")
    return _drawn("envelopes", makers, bodies)


def sns_envelopes(
    *, bodies: st.SearchStrategy[str] | None = None, fifo: bool = False
) -> st.SearchStrategy[str]:
    """Bodies as SNS writes them without raw delivery: `Type`, `TopicArn`, `Message` and the
    rest; attributes are inside, and the SQS message has none (S141).

    Args:
        bodies: the messages published. Left out: realistic ones.
        fifo: from a FIFO topic: with a SequenceNumber, and not signed (S143).

    Shrinks to no subject and no attributes, with the simplest message.
    """
    check_bodies(bodies)
    kind = "sns-fifo" if fifo else "sns"
    return _drawn("sns_envelopes", [_MAKE[kind]], bodies).map(_body_of)


def sns_raw_messages(*, bodies: st.SearchStrategy[str] | None = None) -> st.SearchStrategy[Sent]:
    """Messages as SNS hands them on with raw delivery: the body as it was published, and its
    attributes as those of the SQS message (S142).

    Args:
        bodies: the messages published. Left out: realistic ones.

    Shrinks to no attributes, with the simplest message.
    """
    check_bodies(bodies)
    return _drawn("sns_raw_messages", [_MAKE["sns-raw"]], bodies)


def s3_notifications(
    *, test_events: bool = True, through_sns: bool = False
) -> st.SearchStrategy[str]:
    """Bodies S3 sends about objects that were created, removed, tagged or restored, their
    keys URL-encoded (S145).

    Args:
        test_events: also the test message, which has no `Records` (S146).
        through_sns: in the envelope of a topic (S150).

    Shrinks to the notification of a put of the object `a`.
    """
    suffix = "-sns" if through_sns else ""
    kinds = [f"s3{suffix}", f"s3-test{suffix}"][: 1 + test_events]
    return _drawn("s3_notifications", [_MAKE[kind] for kind in kinds], None).map(_body_of)


def eventbridge_events(*, bodies: st.SearchStrategy[str] | None = None) -> st.SearchStrategy[str]:
    """Bodies that are events of EventBridge: an application's, a schedule's, S3's (S147).

    Args:
        bodies: JSON objects that are the details of an application's events. Left out:
            realistic ones.

    Shrinks to an application's event with the simplest detail.
    """
    check_bodies(bodies)
    kinds = ("eventbridge", "scheduled", "s3-eventbridge")
    return _drawn("eventbridge_events", [_MAKE[kind] for kind in kinds], bodies).map(_body_of)


def api_gateway_requests(
    *, bodies: st.SearchStrategy[str] | None = None
) -> st.SearchStrategy[Sent]:
    """Messages an API Gateway made of requests: the request's body, `{}` where there was none,
    or an object with its parameters; some with a message attribute (S148).

    Args:
        bodies: the bodies of the requests. Left out: realistic ones.

    Shrinks to the simplest body, as it is.
    """
    check_bodies(bodies)
    return _drawn("api_gateway_requests", [_MAKE["api-gateway"]], bodies)


def extended_client_pointers() -> st.SearchStrategy[Sent]:
    """Messages of the extended client library: where in S3 the body is, and an attribute that
    tells its size, under their names of today and of before (S149).

    Shrinks to the names of today, and the smallest size.
    """
    return _drawn("extended_client_pointers", [_MAKE["extended-client"]], None)


def _drawn(
    name: str,
    makers: Sequence[Callable[[Plan, str], Sent]],
    bodies: st.SearchStrategy[Any] | None,
) -> st.SearchStrategy[Sent]:
    inner = st.none() if bodies is None else bodies
    plans = st.tuples(st.integers(0, len(makers) - 1), PLAN, PLAN, inner)

    def expand(drawn: tuple[int, bytes, bytes, str | Sent | None]) -> Sent:
        kind, plan, spare, given = drawn
        if given is None:
            body = expand_body(Plan(spare))
        else:
            checked = check_body(given)
            body = checked.body if isinstance(checked, Sent) else checked
        made = makers[kind](Plan(plan), body)
        check_body(made)
        return made

    return expanded(name, plans, expand)


def _body_of(sent: Sent) -> str:
    return sent.body
