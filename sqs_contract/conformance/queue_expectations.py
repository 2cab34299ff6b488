"""Comparing what AWS did, as a program expects it, with what the model did.

Every function yields the differences, one sentence each. A value masked in the
recordings (`<uuid:1>`, `timestamp`) stands for any value, and the same mask for
the same value.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from sqs_contract.conformance.queue_steps import NotExecutable, Step, as_list, bytes_of
from sqs_contract.model.sqs_errors import Refusal

_MASK: Final = re.compile(r"<[a-z0-9-]+:\d+>")
_ANY: Final = frozenset({"timestamp", "sent-timestamp", "sender-id", "date", "amz-id"})
_SYSTEM: Final = frozenset(
    {
        "ApproximateFirstReceiveTimestamp",
        "ApproximateReceiveCount",
        "AWSTraceHeader",
        "DeadLetterQueueSourceArn",
        "MessageDeduplicationId",
        "MessageGroupId",
        "SenderId",
        "SentTimestamp",
        "SequenceNumber",
    }
)
_COUNTS: Final = {
    "visible": "ApproximateNumberOfMessages",
    "not_visible": "ApproximateNumberOfMessagesNotVisible",
    "delayed": "ApproximateNumberOfMessagesDelayed",
}

_BRINGS: Final = (
    "expect", "expect_set", "expect_any", "expect_one_of", "expect_count", "expect_at_least",
)  # fmt: skip

Message = Mapping[str, Any]


class Masks:
    """What the masks of one program have stood for so far."""

    def __init__(self) -> None:
        self._values: dict[str, object] = {}

    def equal(self, expected: object, got: object) -> bool:
        """Whether a value is as recorded."""
        if isinstance(expected, str) and expected in _ANY:
            return got is not None
        if isinstance(expected, str) and _MASK.fullmatch(expected):
            return got is not None and self._values.setdefault(expected, got) == got
        return bool(bytes_of(expected) == got)


def differing_error(expected: object, answer: object) -> Iterator[str]:
    """An error of the API. A key that ends in `~` asks for a part of the text."""
    wanted = {"Code": expected} if isinstance(expected, str) else expected
    if not isinstance(wanted, Mapping) or not all(wanted.values()) or not wanted:
        raise NotExecutable(f"the expected error {expected!r} cannot be executed")
    if not isinstance(answer, Refusal):
        yield f"AWS refused it with {dict(wanted)}, we accepted it"
        return
    got = {"Code": answer.code, "Message": answer.message, "http": answer.status}
    yield from _differing_fields(wanted, got)


def differing_failures(expected: object, failed: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The `Failed` of a batch call."""
    if not isinstance(expected, list) or not all(isinstance(it, Mapping) for it in expected):
        raise NotExecutable(f"the expected failures {expected!r} cannot be executed")
    by_id = {str(item["Id"]): item for item in failed}
    if sorted(by_id) != sorted(str(item.get("Id")) for item in expected):
        yield f"AWS failed the entries {[it.get('Id') for it in expected]}, we {sorted(by_id)}"
        return
    for item in expected:
        yield from _differing_fields(item, by_id[str(item["Id"])])


def _differing_fields(wanted: Mapping[str, Any], got: Mapping[str, Any]) -> Iterator[str]:
    for key, value in wanted.items():
        name = key.removesuffix("~")
        if name not in {"Id", "Code", "Message", "SenderFault", "http"}:
            raise NotExecutable(f"the error's {key!r} has no meaning here")
        same = str(value) in str(got.get(name)) if key.endswith("~") else value == got.get(name)
        if not same:
            yield f"AWS answered {key} {value!r}, we {got.get(name)!r}"


def something(step: Step) -> bool:
    """Whether a receive is expected to bring anything."""
    return any(step.given.get(key) for key in _BRINGS)


def differing_bodies(step: Step, bodies: list[str]) -> Iterator[str]:
    """The bodies a receive gave, by whichever form the step expects them."""
    if step.given.get("may_be_empty") is True and not bodies:
        return
    if "expect" in step and bodies != step.texts("expect"):
        yield f"AWS gave {step.texts('expect')}, we {bodies}"
    if "expect_set" in step and sorted(bodies) != sorted(step.texts("expect_set")):
        yield f"AWS gave, in some order, {step.texts('expect_set')}, we {bodies}"
    if "expect_any" in step:
        allowed = None if step.given["expect_any"] is True else step.texts("expect_any")
        if not bodies or (allowed is not None and not set(bodies) <= set(allowed)):
            yield f"AWS gave any of {allowed or 'its messages'}, we {bodies}"
    if "expect_one_of" in step:
        choices = [as_list(choice) for choice in step.of("expect_one_of", list)]
        if bodies not in choices:
            yield f"AWS gave one of {choices}, we {bodies}"
    if "expect_count" in step and len(bodies) != step.of("expect_count", int):
        yield f"AWS gave {step.given['expect_count']} messages, we {len(bodies)}"
    if "expect_at_least" in step and len(bodies) < step.of("expect_at_least", int):
        yield f"AWS gave at least {step.given['expect_at_least']} messages, we {len(bodies)}"


def differing_attributes(step: Step, messages: Sequence[Message], masks: Masks) -> Iterator[str]:
    """System attributes, as far as they are named, and user attributes, all of them."""
    for key in ("expect_system", "expect_attributes"):
        yield from _missing(step, key, messages)
    for at, wanted, message in _paired(step, "expect_system", messages):
        system = message.get("Attributes", {})
        for name, value in wanted.items():
            if name not in _SYSTEM:
                raise step.senseless(f"expects the attribute {name!r}, which there is none of")
            if not masks.equal(value, system.get(name)):
                yield f"message {at}: AWS gave {name} {value!r}, we {system.get(name)!r}"
    for at, wanted, message in _paired(step, "expect_attributes", messages):
        got = message.get("MessageAttributes", {})
        plain = {name: _with_bytes(step, attribute) for name, attribute in wanted.items()}
        if plain != got:
            yield f"message {at}: AWS gave the attributes {plain}, we {got}"
    yield from _there(step, messages)


def _there(step: Step, messages: Sequence[Message]) -> Iterator[str]:
    """System attributes that must not be there."""
    absent = step.texts("absent_system") if "absent_system" in step else []
    unknown = [name for name in absent if name not in _SYSTEM]
    if unknown:
        raise step.senseless(f"has absent_system {unknown!r}, which there are none of")
    for at, message in enumerate(messages):
        there = [name for name in absent if name in message.get("Attributes", {})]
        if there:
            yield f"message {at}: AWS gave no {there}, we did"


def _missing(step: Step, key: str, messages: Sequence[Message]) -> Iterator[str]:
    """Messages that something is expected of, and that are not there."""
    expected = step.given.get(key)
    if expected == [] and messages:
        raise step.senseless(f"has an empty {key}, which says nothing")
    if isinstance(expected, list) and len(expected) > len(messages):
        yield f"AWS gave at least {len(expected)} messages, we {len(messages)}"


def _with_bytes(step: Step, attribute: object) -> dict[str, object]:
    if not isinstance(attribute, Mapping):
        raise step.senseless(f"expects the attribute {attribute!r}, which cannot be executed")
    return {
        key: bytes_of(value) if key == "BinaryValue" else value for key, value in attribute.items()
    }


def differing_ids(
    step: Step, messages: Sequence[Message], known: Mapping[str, set[str]]
) -> Iterator[str]:
    """Whether messages have the ids they were sent with."""
    if "same_message_id" in step:
        same = step.of("same_message_id", bool)
        for message in messages:
            if (message["MessageId"] in known.get(message["Body"], ())) is not same:
                kept = "kept" if same else "changed"
                yield f"AWS {kept} the message id of {message['Body']!r}, we did not"


def differing_counts(step: Step, attributes: Mapping[str, str]) -> Iterator[str]:
    """The three approximate numbers of messages."""
    expected = step.of("expect", Mapping)
    for key, value in expected.items():
        name = str(_COUNTS.get(key, key))
        if name not in attributes:
            raise step.senseless(f"counts {key!r}, which has no meaning here")
        if str(value) != attributes[name]:
            yield f"AWS counted {value} {key}, we {attributes[name]}"


def _paired(
    step: Step, key: str, messages: Sequence[Message]
) -> Iterator[tuple[int, Mapping[str, Any], Message]]:
    """What is expected of each message; one expectation stands for all."""
    if key not in step:
        return
    expected = step.given[key]
    wanted = [expected] * len(messages) if isinstance(expected, Mapping) else as_list(expected)
    if not all(isinstance(item, Mapping) for item in wanted):
        raise step.senseless(f"has {key} {expected!r}, which cannot be executed")
    # Of further messages nothing is said.
    for at, (item, message) in enumerate(zip(wanted, messages, strict=False)):
        yield at, item, message
