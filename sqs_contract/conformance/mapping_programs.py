"""Reads a recorded mapping program: its setting, its messages, its handler.

Owns what each field means. A field whose value is prose, or that is not known
here, raises `NotRunnable`: what cannot be carried out is not run, never passed.
What is expected is read by `mapping_expectations`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqs_contract.conformance.handlers import Handler, read_handler
from sqs_contract.conformance.reading import NotRunnable, Section, text, whole_number
from sqs_contract.model.arns import queue_arn
from sqs_contract.model.limits import (
    FUNCTION_TIMEOUT_DEFAULT_S,
    RETENTION_DEFAULT_S,
    SECOND_MS,
    VISIBILITY_TIMEOUT_DEFAULT_S,
)
from sqs_contract.model.message import MessageAttribute
from sqs_contract.model.settings import QueueSettings

QUEUE_NAME: Final = "source"
FUNCTION_NAME: Final = "consumer"

_PARTS: Final = frozenset(
    {"id", "recording", "config", "given", "handler", "expected", "strength", "note"}
)
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
    settings = QueueSettings(
        name=QUEUE_NAME + (".fifo" if kind == "fifo" else ""),
        visibility_timeout_ms=queue.number("VisibilityTimeout", visibility_s) * SECOND_MS,
        retention_ms=queue.number("MessageRetentionPeriod", RETENTION_DEFAULT_S) * SECOND_MS,
        delay_ms=queue.number("DelaySeconds", 0) * SECOND_MS,
        max_receive_count=queue.optional("maxReceiveCount", whole_number),
        fifo=kind == "fifo",
        content_based_deduplication=queue.flag("ContentBasedDeduplication"),
    )
    queue.done()
    return settings


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
    group_id = _group_id(given.text("group"), len(bodies)) if given.has("group") else None
    ids: list[str | None] = [None] * len(bodies)
    if given.has("dedup"):
        ids = [*given.texts("dedup")]
        if len(ids) != len(bodies):
            raise NotRunnable("given.dedup does not name one id for each message")
    attributes = {
        name: _attribute(name, said)
        for name, said in given.section("attributes").rest(text).items()
    }
    if queue.fifo and bodies and group_id is None:
        raise NotRunnable("given.group is missing: a FIFO queue takes no message without a group")
    messages = tuple(
        Given(body=body, group_id=group_id, deduplication_id=id_, attributes=attributes)
        for body, id_ in zip(bodies, ids, strict=True)
    )
    return messages[: len(before)], messages[len(before) :]


def _bodies(given: Section, name: str, first: int) -> list[str]:
    """Bodies outright, or the sizes of batches of messages that are of no interest."""
    bodies = given.texts(name) if given.has(name) else []
    if given.has(f"{name}_batches"):
        count = sum(given.whole_numbers(f"{name}_batches"))
        bodies += [f"message-{first + len(bodies) + number}" for number in range(count)]
    return bodies


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
