"""Reads a recorded mapping program: its setting, its messages, its handler.

Owns what each field means. A field whose value is prose, or that is not known
here, raises `NotRunnable`: what cannot be carried out is not run, never passed.
What is expected is read by `mapping_expectations`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from sqs_contract.conformance.handlers import Handler, read_handler
from sqs_contract.conformance.reading import ABOUT, NotRunnable, Section, text, whole_number
from sqs_contract.model.arns import queue_arn
from sqs_contract.model.limits import (
    FUNCTION_TIMEOUT_DEFAULT_S,
    FUNCTION_TIMEOUT_MAX_S,
    SECOND_MS,
    VISIBILITY_TIMEOUT_DEFAULT_S,
)
from sqs_contract.model.message import MessageAttribute
from sqs_contract.model.queue_attributes import NUMBERS, read_settings
from sqs_contract.model.settings import QueueSettings

MESSAGES_MAX: Final = 100_000
"""A program with more messages is not run."""

QUEUE_NAME: Final = "source"
FUNCTION_NAME: Final = "consumer"

_PARTS: Final = frozenset({"id", "config", "given", "handler", "expected", *ABOUT})
_CHOICES: Final = ("DeduplicationScope", "FifoThroughputLimit")
_GROUP_ID: Final = re.compile(r"[0-9A-Za-z!-/:-@\[-`{-~]{1,128}")
_ONE_GROUP: Final = re.compile(r"one group|(?P<id>\S+) \(all(?: (?P<count>\w+))?\)")
_COUNTS: Final = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_ATTRIBUTE: Final = re.compile(r"(?P<type>(?:String|Number)(?:\.\S+)?) (?P<value>.+)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """A message to be sent."""

    body: str
    group_id: str | None = None
    deduplication_id: str | None = None
    attributes: Mapping[str, MessageAttribute]

    def to_request(self) -> dict[str, Any]:
        """The parameters of SendMessage."""
        optional = {
            "MessageGroupId": self.group_id,
            "MessageDeduplicationId": self.deduplication_id,
        }
        return {
            "MessageBody": self.body,
            "MessageAttributes": {
                name: {"DataType": attribute.data_type, "StringValue": attribute.string_value}
                for name, attribute in self.attributes.items()
            },
            **{name: value for name, value in optional.items() if value is not None},
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class MappingProgram:
    """A program, ready to be run.

    Attributes:
        queue: the queue, its redrive policy included.
        function_timeout_ms: the function's.
        reserved_concurrency: the function's, or `None`.
        request: what the mapping is created with; `None`: the program has none.
        before: messages sent before the mapping is enabled.
        after: messages sent once it is.
    """

    queue: QueueSettings
    function_timeout_ms: int
    reserved_concurrency: int | None
    request: Mapping[str, Any] | None
    handler: Handler | None
    before: tuple[Given, ...]
    after: tuple[Given, ...]


def read_program(program: Mapping[str, Any]) -> MappingProgram:
    """Read the parts `config`, `given` and `handler`.

    Raises:
        NotRunnable: something in them cannot be carried out.
        Refused: SQS would not create the queue.
    """
    for name in program:
        if name not in _PARTS:
            raise NotRunnable(f"{name} is not understood: {program[name]!r}")
    config = Section(program.get("config", {}), "config")
    if config.has("source"):
        raise NotRunnable(f"the source is a {config.text('source')}; only SQS queues are modelled")
    function = config.section("function")
    # Where only the function's timeout is given the recordings use it for the queue as well.
    timeout = function.optional("timeout", whole_number)
    timeout_s = FUNCTION_TIMEOUT_DEFAULT_S if timeout is None else timeout
    if not 1 <= timeout_s <= FUNCTION_TIMEOUT_MAX_S:
        raise NotRunnable(f"config.function.timeout is {timeout_s}, which Lambda does not accept")
    visibility_s = VISIBILITY_TIMEOUT_DEFAULT_S if timeout is None else timeout
    reserved = function.optional("reserved_concurrency", whole_number)
    function.done()
    queue = _read_queue(config, visibility_s)
    request = _read_request(config.section("esm"), queue) if config.has("esm") else None
    config.done()
    given = Section(program.get("given", {}), "given")
    fail_attempts = given.section("fail_attempts").rest(whole_number)
    before, after = _read_messages(given, queue)
    given.done()
    return MappingProgram(
        queue=queue,
        function_timeout_ms=timeout_s * SECOND_MS,
        reserved_concurrency=reserved,
        request=request,
        handler=read_handler(Section(program.get("handler", {}), "handler"), fail_attempts),
        before=before,
        after=after,
    )


def _read_queue(config: Section, visibility_s: int) -> QueueSettings:
    queue = config.section("queue")
    kind = queue.one_of("type", ("standard", "fifo"), "standard")
    dlq = config.section("dlq")
    if dlq.one_of("type", ("standard", "fifo"), kind) != kind:
        raise NotRunnable("config.dlq.type differs from the queue's, which SQS does not accept")
    dlq.done()
    attributes = {"VisibilityTimeout": str(visibility_s)}
    attributes |= {name: str(queue.read(name, whole_number)) for name in NUMBERS if queue.has(name)}
    if queue.flag("ContentBasedDeduplication"):
        attributes["ContentBasedDeduplication"] = "true"
    attributes |= {name: queue.word(name) for name in _CHOICES if queue.has(name)}
    limit = queue.optional("maxReceiveCount", whole_number)
    if limit is not None:
        policy = {"deadLetterTargetArn": queue_arn("dlq"), "maxReceiveCount": limit}
        attributes["RedrivePolicy"] = json.dumps(policy)
    queue.done()
    name = QUEUE_NAME + (".fifo" if kind == "fifo" else "")
    settings, _ = read_settings(attributes, QueueSettings(name=name, fifo=kind == "fifo"))
    return replace(settings, max_receive_count=limit)


def _read_request(esm: Section, queue: QueueSettings) -> dict[str, Any]:
    request: dict[str, Any] = {
        "EventSourceArn": queue_arn(queue.name),
        "FunctionName": FUNCTION_NAME,
    }
    for name, read in _PARAMETERS.items():
        if esm.has(name):
            request[name] = read(esm, name)
    if esm.has("FilterCriteria_pattern_text"):
        request["FilterCriteria"] = {
            "Filters": [{"Pattern": esm.text("FilterCriteria_pattern_text")}]
        }
    esm.done()
    return request


def _read_number(esm: Section, name: str) -> Any:
    return esm.read(name, whole_number)


def _read_flag(esm: Section, name: str) -> Any:
    return esm.flag(name)


def _read_texts(esm: Section, name: str) -> Any:
    return esm.texts(name)


def _read_structure(esm: Section, name: str) -> Any:
    return esm.structure(name)


def _read_word(esm: Section, name: str) -> Any:
    return esm.word(name)


def _read_scaling(esm: Section, name: str) -> Any:
    return esm.section(name).rest(whole_number)


def _read_arn(esm: Section, name: str) -> Any:
    arn = esm.word(name)
    if not arn.startswith("arn:"):
        raise NotRunnable(f"config.esm.{name} is no ARN: {arn!r}")
    return arn


def _read_criteria(esm: Section, name: str) -> Any:
    """Filter criteria as the API takes them, or one pattern outright."""
    criteria = esm.structure(name)
    if "Filters" not in criteria:
        return {"Filters": [{"Pattern": json.dumps(criteria)}]}
    filters = criteria["Filters"]
    if not isinstance(filters, list) or not all(isinstance(item, dict) for item in filters):
        raise NotRunnable(f"config.esm.{name}.Filters is no list of filters")
    patterns = [item.get("Pattern") for item in filters]
    return {
        "Filters": [
            {"Pattern": pattern if isinstance(pattern, str) else json.dumps(pattern)}
            for pattern in patterns
        ]
    }


_PARAMETERS: Final[Mapping[str, Callable[[Section, str], Any]]] = {
    "BatchSize": _read_number,
    "MaximumBatchingWindowInSeconds": _read_number,
    "FunctionResponseTypes": _read_texts,
    "ScalingConfig": _read_scaling,
    "ProvisionedPollerConfig": _read_scaling,
    "FilterCriteria": _read_criteria,
    "DestinationConfig": _read_structure,
    "EventSourceArn": _read_arn,
    "FunctionName": _read_word,
    "Enabled": _read_flag,
}


def _read_messages(
    given: Section, queue: QueueSettings
) -> tuple[tuple[Given, ...], tuple[Given, ...]]:
    before = _bodies(given, "send_before_enable", 0)
    after = _bodies(given, "send_after_enable", len(before))
    bodies = before + after
    groups = _groups(given, len(bodies)) if given.has("group") else [None] * len(bodies)
    ids: list[str | None] = [None] * len(bodies)
    if given.has("dedup"):
        ids = [*given.texts("dedup")]
        if len(ids) != len(bodies):
            raise NotRunnable("given.dedup does not name one id for each message")
    attributes = {
        name: _attribute(name, said)
        for name, said in given.section("attributes").rest(text).items()
    }
    if queue.fifo and None in groups:
        raise NotRunnable("given.group is missing: a FIFO queue takes no message without a group")
    messages = tuple(
        Given(body=body, group_id=group_id, deduplication_id=id_, attributes=attributes)
        for body, group_id, id_ in zip(bodies, groups, ids, strict=True)
    )
    return messages[: len(before)], messages[len(before) :]


def _bodies(given: Section, name: str, first: int) -> list[str]:
    """Bodies outright, or the sizes of batches of messages that are of no interest."""
    bodies = given.texts(name) if given.has(name) else []
    if given.has(f"{name}_batches"):
        count = sum(given.whole_numbers(f"{name}_batches"))
        if not 0 <= count <= MESSAGES_MAX:
            raise NotRunnable(
                f"given.{name}_batches are {count:,} messages; at most {MESSAGES_MAX:,} are run"
            )
        bodies += [f"message-{first + len(bodies) + number}" for number in range(count)]
    return bodies


def _groups(given: Section, messages: int) -> list[str | None]:
    """The group of each message: a list of ids, or one group for all."""
    value = given.take("group")
    if isinstance(value, list):
        if len(value) != messages or not all(isinstance(item, str) for item in value):
            raise NotRunnable("given.group does not name one group for each message")
        return [*value]
    if not isinstance(value, str):
        raise NotRunnable(f"given.group is prose: {value!r}")
    return [_group_id(value, messages)] * messages


def _group_id(phrase: str, messages: int) -> str:
    """The group all messages are in: an id, or words that say just that.

    `one group`, and `ID (all)` or `ID (all four)`, are understood; the number is held
    against the messages there are.
    """
    if _GROUP_ID.fullmatch(phrase):
        return phrase
    said = _ONE_GROUP.fullmatch(phrase)
    if said is None:
        raise NotRunnable(f"given.group is prose: {phrase!r}")
    count = said["count"]
    if count is not None and count not in (str(messages), dict(enumerate(_COUNTS)).get(messages)):
        raise NotRunnable(f"given.group is prose: {phrase!r}")
    return said["id"] or "group"


def _attribute(name: str, value: str) -> MessageAttribute:
    said = _ATTRIBUTE.fullmatch(value)
    if said is None:
        raise NotRunnable(f"given.attributes.{name} is no type and value: {value!r}")
    return MessageAttribute(data_type=said["type"], string_value=said["value"])
