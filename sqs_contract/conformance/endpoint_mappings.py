"""Recorded programs of event source mappings on an endpoint that runs Lambda: the queues and the
function of each are made there, it runs in real time, and all is removed again.

Owns the order of things. What the function does there is `function_code`'s, and its notes are read
by `function_notes`.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqs_contract.backends.endpoints import queue_attributes
from sqs_contract.conformance import function_code
from sqs_contract.conformance.function_notes import Notes
from sqs_contract.conformance.handlers import Condition, Handler
from sqs_contract.conformance.mapping_programs import FUNCTION_NAME, Given, MappingProgram
from sqs_contract.conformance.mapping_services import ModelMappings
from sqs_contract.conformance.reading import NotRunnable
from sqs_contract.conformance.runner import Story
from sqs_contract.deployed.queues import account_of
from sqs_contract.endpoints.connection import Connection
from sqs_contract.endpoints.endpoint import AWS, MOTO
from sqs_contract.model.arns import function_arn, queue_arn
from sqs_contract.model.limits import SECOND_MS
from sqs_contract.model.mapping_refusals import MappingRefused
from sqs_contract.model.settings import QueueSettings
from sqs_contract.model.sqs_errors import Answer, Refusal, Refused
from sqs_contract.world.clock import real_monotonic

MESSAGES_MAX: Final = 1_000
"""A program with more messages is not run on an endpoint."""

CHECK_S: Final = 0.1
_SETTLED: Final = 3
"""The queue is found empty so often in a row before it is taken for settled."""
_SLACK_S: Final = 15.0
"""How much longer than the model says a program is watched there."""
_ENABLED_WITHIN_S: Final = 60.0
_WARM_UPS: Final = 3
"""A function that was just made may time out at first, while the machine is busy with it."""
_SHOWN: Final = 200
_RUNTIME: Final = "python3.12"
_ROLE: Final = "arn:aws:iam::{account}:role/sqs-contract"
"""Emulators want the name of a role, and look at none."""
_COUNTS: Final = (
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesNotVisible",
    "ApproximateNumberOfMessagesDelayed",
)
_NONE_THERE: Final = "it runs no function, as moto's server and LocalStack without Docker"
_NO_LAMBDA: Final = {
    MOTO: "moto runs functions in Docker containers only",
    AWS: "on AWS a function needs a role, and none is made in a real account",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Made:
    """What was made for a program, by its URL, ARN or name there."""

    source: str
    source_arn: str
    dead_letters: str | None
    notes: str
    function: str


class EndpointMappings:
    """An endpoint's event source mappings, in real time.

    Args:
        connection: the endpoint.
        max_wait_ms: a program that takes more real time is not run.
    """

    answers_wholly = True

    def __init__(self, connection: Connection, max_wait_ms: int) -> None:
        self._connection = connection
        self._max_wait_ms = max_wait_ms
        self._why_not = _NO_LAMBDA.get(connection.endpoint.backend)

    def create(self, program: MappingProgram, request: Mapping[str, Any]) -> Mapping[str, Any]:
        """The answer to CreateEventSourceMapping, and its status as `http`."""
        with self._made(program, Handler()) as made:
            answer = self._connect(made, program, request)
        translated = {made.source_arn: queue_arn(program.queue.name)}
        if str(answer.get("FunctionArn", "")).endswith(f":function:{made.function}"):
            translated[str(answer["FunctionArn"])] = function_arn(FUNCTION_NAME)
        return {
            name: translated.get(value, value) if isinstance(value, str) else value
            for name, value in answer.items()
        }

    def play(self, program: MappingProgram, request: Mapping[str, Any], handler: Handler) -> Story:
        """What became of the program's messages."""
        needed_ms = self._needed_ms(program, request, handler)
        with self._made(program, handler) as made:
            self._warm_up(made)
            if program.reserved_concurrency is not None:
                reserved = self._connection.reserve_function(
                    made.function, program.reserved_concurrency
                )
                _expect(reserved, "reserved concurrency")
            bodies: dict[str, str] = {}
            notes = Notes(
                bodies,
                program.function_timeout_ms,
                reporting="ReportBatchItemFailures" in request.get("FunctionResponseTypes", ()),
            )
            self._send(made, program.before, bodies)
            mapping = self._connect(made, program, request)
            if program.after:
                self._wait_until_enabled(str(mapping.get("UUID", "")))
            self._send(made, program.after, bodies)
            self._watch(made, notes, needed_ms / SECOND_MS + _SLACK_S)
            left = self._depth(made.source)
            self._connection.disconnect_function(made.function)
            dead = [] if made.dead_letters is None else list(self._take(made.dead_letters))
            return notes.story(fifo=program.queue.fifo, dead=dead, left=left)

    def _needed_ms(
        self, program: MappingProgram, request: Mapping[str, Any], handler: Handler
    ) -> int:
        """How much time it takes, by the model.

        Raises:
            NotRunnable: that is more than it may take.
        """
        if len(program.before) + len(program.after) > MESSAGES_MAX:
            raise NotRunnable(f"on an endpoint at most {MESSAGES_MAX:,} messages are sent")
        needed_ms = ModelMappings().play(program, request, handler).took_ms
        if needed_ms > self._max_wait_ms:
            raise NotRunnable(
                f"it takes {needed_ms / SECOND_MS:g} s of real time there: --max-wait allows it"
            )
        return needed_ms

    # What is made, and removed again

    @contextmanager
    def _made(self, program: MappingProgram, handler: Handler) -> Iterator[_Made]:
        if self._why_not is not None:
            raise NotRunnable(self._why_not)
        urls: list[str] = []
        function = None
        try:
            dead_letters, policy = None, {}
            if program.queue.max_receive_count is not None:
                dead_letters, arn = self._queue(
                    QueueSettings(name="dlq", fifo=program.queue.fifo), {}, urls
                )
                target = {
                    "deadLetterTargetArn": arn,
                    "maxReceiveCount": program.queue.max_receive_count,
                }
                policy = {"RedrivePolicy": json.dumps(target)}
            source, source_arn = self._queue(program.queue, policy, urls)
            notes, _ = self._queue(QueueSettings(name="notes"), {}, urls)
            function = self._function(program, handler, notes, account_of(source_arn))
            yield _Made(
                source=source,
                source_arn=source_arn,
                dead_letters=dead_letters,
                notes=notes,
                function=function,
            )
        finally:
            if function is not None:
                self._connection.drop_function(function)
            self._connection.drop(*reversed(urls))

    def _queue(
        self, settings: QueueSettings, more: Mapping[str, str], urls: list[str]
    ) -> tuple[str, str]:
        waits = {
            "DelaySeconds": settings.delay_ms,
            "ReceiveMessageWaitTimeSeconds": settings.receive_wait_ms,
        }
        attributes = queue_attributes(settings) | {
            name: str(wait_ms // SECOND_MS) for name, wait_ms in waits.items() if wait_ms
        }
        made = self._connection.create(settings.name, {**attributes, **more})
        if isinstance(made, Refusal):
            raise Refused(made)
        urls.append(made["url"])
        return made["url"], made["arn"]

    def _function(self, program: MappingProgram, handler: Handler, notes: str, account: str) -> str:
        bodies = {message.body for message in (*program.before, *program.after)}
        self._connection.load_package(package_of(handler, bodies))
        made = self._connection.try_function(
            {
                "Runtime": _RUNTIME,
                "Role": _ROLE.format(account=account),
                "Handler": f"{function_code.__name__.rpartition('.')[2]}.handler",
                "Timeout": program.function_timeout_ms // SECOND_MS,
                "Environment": {"Variables": {function_code.NOTES: notes}},
            }
        )
        if isinstance(made, Refusal):
            self._why_not = f"{_NONE_THERE} ({_clip(made)})"
            raise NotRunnable(self._why_not)
        return made["name"]

    def _warm_up(self, made: _Made) -> None:
        """Have an environment begin before messages wait for it.

        Raises:
            NotRunnable: the function does not run.
        """
        answer: str | Refusal = ""
        for _ in range(_WARM_UPS):
            answer = self._connection.invoke_function(made.function, "{}")
            if not isinstance(answer, Refusal) and '"ready"' in answer:
                return
        self._why_not = f"{_NONE_THERE} ({_clip(answer)})"
        raise NotRunnable(self._why_not)

    def _connect(
        self, made: _Made, program: MappingProgram, request: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Make the mapping; the answer.

        Raises:
            NotRunnable: the program names another queue or function than its own.
        """
        own = {"EventSourceArn": queue_arn(program.queue.name), "FunctionName": FUNCTION_NAME}
        for name, value in own.items():
            if request.get(name) != value:
                raise NotRunnable(f"config.esm.{name} is not the program's own: {request[name]!r}")
        settings = {name: value for name, value in request.items() if name not in own}
        settings["EventSourceArn"] = made.source_arn
        answer = self._connection.connect_function(made.function, settings)
        if isinstance(answer, Refusal):
            raise MappingRefused(answer.message, code=answer.code, http=answer.status)
        return answer

    def _wait_until_enabled(self, uuid: str) -> None:
        deadline = real_monotonic() + _ENABLED_WITHIN_S
        while real_monotonic() < deadline:
            if self._connection.mapping_state(uuid) in ("Enabled", "Disabled"):
                return
            self._connection.wait(CHECK_S)
        raise NotRunnable(f"its mapping was not enabled within {_ENABLED_WITHIN_S:g} s")

    # What is sent and seen

    def _send(self, made: _Made, messages: Sequence[Given], bodies: dict[str, str]) -> None:
        for message in messages:
            parameters = {name: value for name, value in message.to_request().items() if value}
            sent = self._connection.call("SendMessage", QueueUrl=made.source, **parameters)
            bodies[str(_expect(sent, f"the message {message.body!r}")["MessageId"])] = message.body

    def _watch(self, made: _Made, notes: Notes, patience_s: float) -> None:
        """Until the queue stays empty, or it takes too long."""
        deadline = real_monotonic() + patience_s
        quiet = 0
        while quiet < _SETTLED and real_monotonic() < deadline:
            dead = 0 if made.dead_letters is None else self._depth(made.dead_letters)
            found = [json.loads(body) for _, body in self._take(made.notes)]
            now_ms = round(real_monotonic() * SECOND_MS)
            taken = notes.take(found, dead_before=dead, now_ms=now_ms)
            busy = taken or notes.running(now_ms) or self._depth(made.source)
            quiet = 0 if busy else quiet + 1
            self._connection.wait(CHECK_S)

    def _depth(self, url: str) -> int:
        answer = self._connection.call(
            "GetQueueAttributes", QueueUrl=url, AttributeNames=list(_COUNTS)
        )
        found = _expect(answer, "to be asked for the depth of a queue").get("Attributes", {})
        return sum(int(found.get(name, 0)) for name in _COUNTS)

    def _take(self, url: str) -> Iterator[tuple[str, str]]:
        """Receive and delete everything that is there: id and body of each message."""
        while True:
            answer = self._connection.call("ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=10)
            messages = _expect(answer, "a receive").get("Messages", [])
            if not messages:
                return
            for message in messages:
                handle = message["ReceiptHandle"]
                self._connection.call("DeleteMessage", QueueUrl=url, ReceiptHandle=handle)
                yield str(message["MessageId"]), str(message["Body"])


def package_of(handler: Handler, bodies: set[str]) -> bytes:
    """The zip of the function that does as the handler of a program, for messages of these bodies."""

    def table(condition: Condition | None) -> list[tuple[str, int]] | None:
        if condition is None:
            return None
        counts = range(1, function_code.COUNTS + 1)
        return [
            (body, count) for body in sorted(bodies) for count in counts if condition(body, count)
        ]

    orders = {
        "raises": table(handler.raises) or [],
        "reports": table(handler.reports),
        "returns": handler.returns,
        "sleep_s": handler.duration_ms / SECOND_MS,
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in (
            (Path(function_code.__file__).name, Path(function_code.__file__).read_text("utf-8")),
            (function_code.ORDERS, json.dumps(orders)),
        ):
            info = zipfile.ZipInfo(name)
            info.external_attr = 0o644 << 16
            archive.writestr(info, content)
    return buffer.getvalue()


def _expect(answer: Answer, what: str) -> dict[str, Any]:
    """The answer to a call that AWS accepts.

    Raises:
        NotRunnable: the endpoint does not.
    """
    if isinstance(answer, Refusal):
        raise NotRunnable(f"it refuses {what} ({answer.code}: {answer.message})")
    return answer


def _clip(answer: str | Refusal) -> str:
    text = f"{answer.code}: {answer.message}" if isinstance(answer, Refusal) else answer
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 3]}..."
