"""Hypothesis strategies for what SQS delivers: events, records, bodies, attributes.

Every strategy draws a small plan and expands it, so that an event costs little
more than drawing one integer; what is drawn is valid by construction, down to
the MD5 digests. Each docstring says how it shrinks.
"""

from sqs_contract.strategies.attributes import message_attributes
from sqs_contract.strategies.bodies import malformed_bodies, message_bodies
from sqs_contract.strategies.events import records, sqs_events

__all__ = ["malformed_bodies", "message_attributes", "message_bodies", "records", "sqs_events"]
