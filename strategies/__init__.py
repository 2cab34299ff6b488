"""Hypothesis strategies for what SQS delivers: events, records, bodies, attributes.

Every strategy draws a small plan and expands it, so that an event costs little
more than drawing one integer; what is drawn is valid by construction, down to
the MD5 digests. Each docstring says how it shrinks.
"""

from sqs_contract.strategies.attributes import message_attributes
from sqs_contract.strategies.bodies import message_bodies
from sqs_contract.strategies.events import records, sqs_events
from sqs_contract.strategies.fifo import fifo_events
from sqs_contract.strategies.malformed import MALFORMED_KINDS, malformed_bodies
from sqs_contract.strategies.samples import sample_events, sample_records
from sqs_contract.strategies.sent import Sent

__all__ = [
    "MALFORMED_KINDS",
    "Sent",
    "fifo_events",
    "malformed_bodies",
    "message_attributes",
    "message_bodies",
    "records",
    "sample_events",
    "sample_records",
    "sqs_events",
]
