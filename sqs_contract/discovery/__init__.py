"""What a template tells of the functions in it: how each is called, what its world is, what it
is sent. So that a template alone is enough to verify them."""

from sqs_contract.discovery.functions import Found, find, find_for, look

__all__ = ["Found", "find", "find_for", "look"]
