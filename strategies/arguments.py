"""What is said at the call where an argument of a strategy is wrong."""

from __future__ import annotations

import re
import reprlib
from collections.abc import Iterable
from typing import Any, Final

from hypothesis import strategies as st
from hypothesis.errors import InvalidArgument

from sqs_contract.bodies.refusal import why_sqs_refuses
from sqs_contract.model.limits import MAX_RECEIVE_COUNT_MAX, MESSAGE_MAX_BYTES
from sqs_contract.strategies.sent import Sent, attributes_bytes

_QUEUE_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")
_QUEUE_NAME_MAX: Final = 80
_REGION: Final = re.compile(r"[a-z]+(?:-[a-z]+)+-[0-9]+")
_ACCOUNT: Final = re.compile(r"[0-9]{12}")

_SHORT: Final = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 80


def check_sizes(least: str, least_given: Any, most: str, most_given: Any, bounds: range) -> None:
    """Make sure that a smallest and a largest size are integers within bounds, in this order.

    Raises:
        InvalidArgument: they are not; the message names both.
    """
    given = f"{least}={least_given!r} and {most}={most_given!r}"
    for value in (least_given, most_given):
        if not isinstance(value, int) or isinstance(value, bool):
            raise InvalidArgument(f"{given} must be integers")
    if not bounds[0] <= least_given <= most_given <= bounds[-1]:
        raise InvalidArgument(
            f"{given} must lie between {bounds[0]} and {bounds[-1]}, in this order"
        )


def check_queue(name: str, value: Any, *, fifo: bool = False) -> None:
    """Make sure that a queue may be called so, and is of the kind that is drawn (S16).

    Raises:
        InvalidArgument: it may not; the message says what to write instead.
    """
    if isinstance(value, str) and value.startswith("arn:"):
        raise InvalidArgument(
            f"{name}={shown(value)} is an ARN: give the name alone, {value.rpartition(':')[2]!r}, "
            "and region and account as arguments of their own"
        )
    if isinstance(value, str) and value.endswith(".fifo") != fifo:
        if fifo:
            raise InvalidArgument(
                f"{name}={shown(value)} names a standard queue, and these are records of a FIFO "
                "queue (S9). Give a name that ends in .fifo, or use sqs_events"
            )
        raise InvalidArgument(
            f"{name}={shown(value)} names a FIFO queue, and these are records of a standard queue: "
            "they have no SequenceNumber (S9). Give a name without .fifo, or use fifo_events"
        )
    bare = value.removesuffix(".fifo") if fifo and isinstance(value, str) else value
    longest = _QUEUE_NAME_MAX - len(".fifo") * fifo
    if not isinstance(bare, str) or len(bare) > longest or not _QUEUE_NAME.fullmatch(bare):
        raise InvalidArgument(
            f"{name}={shown(value)} must be the name of a queue: 1 to {_QUEUE_NAME_MAX} ASCII "
            "letters, digits, hyphens and underscores"
        )


def check_source(dead_letter_source: Any, queue_name: str, *, fifo: bool = False) -> None:
    """Make sure that messages may have been moved from there to a queue, if it is given.

    Raises:
        InvalidArgument: they may not have been.
    """
    if dead_letter_source is None:
        return
    check_queue("dead_letter_source", dead_letter_source, fifo=fifo)
    if dead_letter_source == queue_name:
        raise InvalidArgument(
            f"dead_letter_source={shown(dead_letter_source)} is the queue itself; give the "
            "dead-letter queue as queue_name and the queue it serves as dead_letter_source"
        )


def check_max_receive_count(value: Any) -> None:
    """Make sure that a redrive policy may have this maxReceiveCount, if it is given (S63).

    Raises:
        InvalidArgument: it may not.
    """
    given = isinstance(value, int) and not isinstance(value, bool)
    if value is not None and not (given and 1 <= value <= MAX_RECEIVE_COUNT_MAX):
        raise InvalidArgument(
            f"max_receive_count={shown(value)} must be an integer from 1 to {MAX_RECEIVE_COUNT_MAX}"
        )


def check_place(region: Any, account: Any) -> None:
    """Make sure that a region and an account look like AWS's (S16).

    Raises:
        InvalidArgument: one of them does not; the message says what it looks like.
    """
    if not isinstance(region, str) or not _REGION.fullmatch(region):
        raise InvalidArgument(f"region={shown(region)} must be a region such as 'eu-central-1'")
    if not isinstance(account, str) or not _ACCOUNT.fullmatch(account):
        raise InvalidArgument(
            f"account={shown(account)} must be the text of 12 digits, such as '123456789012'"
        )


def check_bodies(bodies: Any) -> None:
    """Make sure that `bodies` is a strategy, if it is given.

    Raises:
        InvalidArgument: it is not; the message says what to write instead.
    """
    if bodies is not None and not isinstance(bodies, st.SearchStrategy):
        raise InvalidArgument(
            f"bodies={shown(bodies)} must be a strategy; write strategies.just(...) or "
            "strategies.sampled_from([...]) for fixed bodies"
        )


def check_body(body: Any) -> str | Sent:
    """What was drawn for a body, if SQS would accept it.

    Raises:
        InvalidArgument: it would not.
    """
    text = body.body if isinstance(body, Sent) else body
    if not isinstance(text, str):
        raise InvalidArgument(f"bodies drew {shown(body)}, which is no text; use .map(json.dumps)")
    reason = why_sqs_refuses(text)
    if reason is not None:
        raise InvalidArgument(f"bodies drew {shown(text)}: {reason}")
    if isinstance(body, Sent) and body.attributes:
        size = len(text.encode()) + attributes_bytes(body.attributes)
        if size > MESSAGE_MAX_BYTES:
            raise InvalidArgument(
                f"bodies drew {shown(text)}: with its attributes it has {size} bytes, and SQS "
                f"takes {MESSAGE_MAX_BYTES} (S24)"
            )
    return body  # type: ignore[no-any-return]  # of which text is a part


def check_names(name: str, given: Any, known: Iterable[str]) -> None:
    """Make sure that names are known.

    Raises:
        InvalidArgument: one is not; the message lists those that are.
    """
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise InvalidArgument(f"{name}={shown(given)} must be a list of names, such as ['...']")
    names = list(known)
    for item in given:
        if item not in names:
            raise InvalidArgument(
                f"{name}: there is no {shown(item)}; known are {', '.join(names)}"
            )


def shown(value: Any) -> str:
    """A value as a message shows it: a mebibyte of text is cut."""
    return _SHORT.repr(value)
