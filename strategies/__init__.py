"""Hypothesis strategies for what SQS delivers: events, records, bodies, attributes.

Every strategy draws a small plan and expands it, so that an event costs little
more than drawing one integer; what is drawn is valid by construction, down to
the MD5 digests. Each docstring says how it shrinks.
"""

from sqs_contract.strategies.attributes import message_attributes
from sqs_contract.strategies.bodies import message_bodies
from sqs_contract.strategies.envelopes import (
    ENVELOPE_KINDS,
    api_gateway_requests,
    envelopes,
    eventbridge_events,
    extended_client_pointers,
    s3_notifications,
    sns_envelopes,
    sns_raw_messages,
)
from sqs_contract.strategies.events import records, sqs_events
from sqs_contract.strategies.examples import bodies_like
from sqs_contract.strategies.fifo import fifo_events
from sqs_contract.strategies.malformed import MALFORMED_KINDS, malformed_bodies
from sqs_contract.strategies.models import bodies_from_model
from sqs_contract.strategies.regions import regions
from sqs_contract.strategies.responses import handler_responses
from sqs_contract.strategies.samples import sample_events, sample_records
from sqs_contract.strategies.scenarios import (
    deployments,
    fault_plans,
    receive_counts,
    scenarios,
)
from sqs_contract.strategies.schemas import bodies_from_schema
from sqs_contract.strategies.sent import Sent
from sqs_contract.strategies.shapes import json_bodies

__all__ = [
    "ENVELOPE_KINDS",
    "MALFORMED_KINDS",
    "Sent",
    "api_gateway_requests",
    "bodies_from_model",
    "bodies_from_schema",
    "bodies_like",
    "deployments",
    "envelopes",
    "eventbridge_events",
    "extended_client_pointers",
    "fault_plans",
    "fifo_events",
    "handler_responses",
    "json_bodies",
    "malformed_bodies",
    "message_attributes",
    "message_bodies",
    "receive_counts",
    "records",
    "regions",
    "s3_notifications",
    "sample_events",
    "sample_records",
    "scenarios",
    "sns_envelopes",
    "sns_raw_messages",
    "sqs_events",
]
