"""Running a recorded SQS program (S23-S66), on the model or on an endpoint.

A program is a queue, perhaps a dead-letter queue, and steps: calls and what AWS
answered, and the passing of time. What it runs on is a `Service`.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final

from sqs_contract.conformance import queue_expectations as expected
from sqs_contract.conformance.outcome import Outcome
from sqs_contract.conformance.queue_settings import attributes_of, known
from sqs_contract.conformance.queue_steps import NotExecutable, Step
from sqs_contract.conformance.reading import ABOUT
from sqs_contract.conformance.services import ModelService, Service
from sqs_contract.model.limits import RECEIVE_MAX_MESSAGES
from sqs_contract.model.queue_api import Answer
from sqs_contract.model.sqs_errors import Refusal

_PROGRAM_KEYS: Final = frozenset({"id", "queue", "dlq", "steps", *ABOUT})
_SOURCE: Final = "source"
_DLQ: Final = "dlq"
_DRAIN_RECEIVES_MAX: Final = 1_000
"""A drain that has not ended by then never will."""

Differences = Iterator[str]


def run_program(program: Mapping[str, Any], service: Service | None = None) -> Outcome:
    """Run a program on a service, the model if none is given, and compare every answer with AWS's.

    It stops at the first step that differs: what follows would differ for that
    reason alone.
    """
    program_id = str(program.get("id"))
    service = ModelService() if service is None else service
    try:
        run = _Run(program, service)
        steps = [Step(number, given) for number, given in enumerate(_steps_of(program), start=1)]
        service.prepare(steps)
        run.create_queues(program)
        for step in steps:
            details = tuple(f"{step.place}: {difference}" for difference in run.differences(step))
            if details:
                return Outcome(program_id, "differs", details)
    except NotExecutable as reason:
        return Outcome(program_id, "not run", (str(reason),))
    except _Differs as difference:
        return Outcome(program_id, "differs", (str(difference),))
    return Outcome(program_id, "ok")


class _Differs(Exception):
    """A difference outside the steps."""


def _steps_of(program: Mapping[str, Any]) -> list[Any]:
    steps = program.get("steps")
    if not isinstance(steps, list) or not steps:
        raise NotExecutable(f"the program has no steps: {steps!r}")
    return steps


class _Run:
    """One program on queues of its own."""

    def __init__(self, program: Mapping[str, Any], service: Service) -> None:
        for key in sorted(program.keys() - _PROGRAM_KEYS):
            raise NotExecutable(f"the program says {key!r}, which has no meaning here")
        self._service = service
        self._urls: dict[str, str] = {}
        self._handles: dict[str, tuple[str, str]] = {}
        self._tasks: dict[str, str] = {}
        self._sequence_numbers: dict[str, list[int]] = {}
        self._ids: dict[str, set[str]] = {}
        self._masks = expected.Masks()

    def create_queues(self, program: Mapping[str, Any]) -> None:
        """Make the program's queues; the dead-letter queue first."""
        given = known(attributes_of(program.get("queue", {}), "queue"), "queue")
        limit = given.pop("maxReceiveCount", None)
        if _DLQ in program or limit is not None:
            # A dead-letter queue that nothing is said of is of the source's type (S61).
            type_alone = {key: value for key, value in given.items() if key == "FifoQueue"}
            self._create(_DLQ, known(attributes_of(program.get(_DLQ, type_alone), _DLQ), _DLQ))
        if limit is not None:
            try:
                policy = {"deadLetterTargetArn": self._arn(_DLQ), "maxReceiveCount": int(limit)}
            except ValueError:
                raise NotExecutable(f"the queue has maxReceiveCount {limit!r}") from None
            given["RedrivePolicy"] = json.dumps(policy)
        self._create(_SOURCE, given)

    def differences(self, step: Step) -> Differences:
        """Take a step; yield what AWS did otherwise."""
        yield from _STEPS[step.op](self, step)

    def send(self, step: Step) -> Differences:
        queue = self._queue(step)
        answer = self._send(queue, step.message(step.given))
        yield from self._judged(step, answer)

    def schedule_send(self, step: Step) -> Differences:
        queue, message = self._queue(step), step.message(step.given)
        self._service.schedule(step.seconds_ms("after"), lambda: self._send(queue, message))
        yield from ()

    def send_batch(self, step: Step) -> Differences:
        entries = step.entries()
        queue = self._queue(step)
        answer = self._call("SendMessageBatch", queue, Entries=entries)
        if not isinstance(answer, Refusal):
            bodies = {entry["Id"]: entry["MessageBody"] for entry in entries}
            for item in answer.get("Successful", ()):
                self._note_sent(queue, bodies[item["Id"]], item)
        yield from self._judged_batch(step, answer)

    def receive(self, step: Step) -> Differences:
        queue = self._queue(step)
        parameters: dict[str, Any] = {
            "MaxNumberOfMessages": step.of("max", int, default=1),
            "MessageAttributeNames": ["All"],
            "MessageSystemAttributeNames": ["All"],
        }
        if "wait" in step:
            parameters["WaitTimeSeconds"] = step.of("wait", int)
        if "visibility" in step:
            parameters["VisibilityTimeout"] = step.of("visibility", int)
        if "attempt" in step:
            parameters["ReceiveRequestAttemptId"] = step.of("attempt", str)
        since_ms = self._service.now_ms
        answer = self._receive(queue, parameters)
        again_s = self._service.second_look_s
        if again_s and answer in ({}, {"Messages": []}) and expected.something(step):
            answer = self._receive(queue, {**parameters, "WaitTimeSeconds": again_s})
        yield from self._judged(step, answer)
        messages = [] if isinstance(answer, Refusal) else answer.get("Messages", [])
        yield from expected.differing_bodies(step, [message["Body"] for message in messages])
        yield from expected.differing_attributes(step, messages, self._masks)
        yield from expected.differing_ids(step, messages, self._ids)
        if "takes_less_than" in step:
            limit_ms = step.seconds_ms("takes_less_than")
            took_ms = self._service.now_ms - since_ms
            if took_ms >= limit_ms:
                yield f"AWS took less than {limit_ms} ms, we {took_ms} ms"
        if "save" in step:
            names = step.texts("save")
            if len(names) > len(messages):
                yield f"AWS gave {len(names)} messages, saved as {names}, we {len(messages)}"
            for name, message in zip(names, messages, strict=False):
                self._handles[name] = (queue, message["ReceiptHandle"])

    def delete(self, step: Step) -> Differences:
        queue, handle = self._handle(step, step.of("handle", str))
        yield from self._judged(step, self._call("DeleteMessage", queue, ReceiptHandle=handle))

    def delete_batch(self, step: Step) -> Differences:
        queue, entries = self._handle_entries(step)
        answer = self._call("DeleteMessageBatch", queue, Entries=entries)
        yield from self._judged_batch(step, answer)

    def change_visibility(self, step: Step) -> Differences:
        queue, handle = self._handle(step, step.of("handle", str))
        seconds = step.of("timeout", int)
        answer = self._call(
            "ChangeMessageVisibility", queue, ReceiptHandle=handle, VisibilityTimeout=seconds
        )
        yield from self._judged(step, answer)

    def change_visibility_batch(self, step: Step) -> Differences:
        queue, entries = self._handle_entries(step)
        seconds = step.of("timeout", int)
        entries = [{**entry, "VisibilityTimeout": seconds} for entry in entries]
        answer = self._call("ChangeMessageVisibilityBatch", queue, Entries=entries)
        yield from self._judged_batch(step, answer)

    def advance(self, step: Step) -> Differences:
        self._service.pass_time(step.seconds_ms("seconds"))
        yield from ()

    def drain(self, step: Step) -> Differences:
        """Receive until everything expected was there, or nothing comes any more."""
        queue, wanted = self._queue(step), set(step.texts("expect_set"))
        parameters: dict[str, Any] = {
            "MaxNumberOfMessages": RECEIVE_MAX_MESSAGES,
            "WaitTimeSeconds": self._service.drain_wait_s,
        }
        if "visibility" in step:
            parameters["VisibilityTimeout"] = step.of("visibility", int)
        got: set[str] = set()
        for _ in range(_DRAIN_RECEIVES_MAX):
            if wanted <= got:
                break
            answer = self._receive(queue, parameters)
            if isinstance(answer, Refusal) or not answer.get("Messages"):
                break
            got |= {message["Body"] for message in answer["Messages"]}
        got |= self._service.left(self._urls[queue])
        if got != wanted:
            yield f"AWS gave in the end {sorted(wanted)}, we {sorted(got)}"

    def counts(self, step: Step) -> Differences:
        yield from expected.differing_counts(step, self._attributes(self._queue(step)))

    def depth(self, step: Step) -> Differences:
        got = self._attributes(self._queue(step))["ApproximateNumberOfMessages"]
        if got != str(step.of("expect", int)):
            yield f"AWS counted {step.given['expect']} messages, we {got}"

    def purge(self, step: Step) -> Differences:
        yield from self._judged(step, self._call("PurgeQueue", self._queue(step)))

    def set_attributes(self, step: Step) -> Differences:
        attributes = attributes_of(step.of("attributes", Mapping), step.place)
        answer = self._call("SetQueueAttributes", self._queue(step), Attributes=attributes)
        yield from self._judged(step, answer)

    def start_move_task(self, step: Step) -> Differences:
        parameters = {"SourceArn": self._arn(self._queue(step, default=_DLQ))}
        if "destination" in step:
            parameters["DestinationArn"] = self._arn(self._named(step, step.given["destination"]))
        if "max_per_second" in step:
            parameters["MaxNumberOfMessagesPerSecond"] = step.of("max_per_second", int)
        answer = self._service.call("StartMessageMoveTask", parameters)
        yield from self._judged(step, answer)
        if "save" in step and not isinstance(answer, Refusal):
            for name in step.texts("save"):
                self._tasks[name] = answer["TaskHandle"]

    def cancel_move_task(self, step: Step) -> Differences:
        name = step.of("task", str)
        handle = self._tasks.get(name) or _literal(name)
        if handle is None:
            raise step.senseless(f"names the task {name!r}, which nothing has saved")
        answer = self._service.call("CancelMessageMoveTask", {"TaskHandle": handle})
        yield from self._judged(step, answer)
        if "expect_moved" in step and not isinstance(answer, Refusal):
            moved = answer["ApproximateNumberOfMessagesMoved"]
            if moved != step.of("expect_moved", int):
                yield f"AWS had moved {step.given['expect_moved']} messages, we {moved}"

    def assert_distinct(self, step: Step) -> Differences:
        handles = [self._handle(step, name)[1] for name in step.texts("handles")]
        if len(set(handles)) != len(handles):
            yield f"AWS gave {step.texts('handles')} each its own handle, we did not"

    def assert_sequence_increasing(self, step: Step) -> Differences:
        numbers = self._sequence_numbers.get(self._queue(step), [])
        if not numbers or any(b <= a for a, b in itertools.pairwise(numbers)):
            yield f"AWS gave increasing sequence numbers, we {numbers}"

    def _create(self, name: str, attributes: Mapping[str, str]) -> None:
        made = self._service.create(name, attributes)
        if isinstance(made, Refusal):
            raise _Differs(f"AWS created the {name} queue, we answered {made.code}")
        self._urls[name] = made

    def _call(self, operation: str, queue: str, **parameters: Any) -> Answer:
        return self._service.call(operation, {"QueueUrl": self._urls[queue], **parameters})

    def _send(self, queue: str, parameters: dict[str, Any]) -> Answer:
        answer = self._call("SendMessage", queue, **parameters)
        if not isinstance(answer, Refusal):
            self._note_sent(queue, parameters["MessageBody"], answer)
        return answer

    def _note_sent(self, queue: str, body: str, answer: Mapping[str, Any]) -> None:
        self._ids.setdefault(body, set()).add(answer["MessageId"])
        if "SequenceNumber" in answer:
            numbers = self._sequence_numbers.setdefault(queue, [])
            numbers.append(int(answer["SequenceNumber"]))

    def _receive(self, queue: str, parameters: dict[str, Any]) -> Answer:
        return self._service.receive({"QueueUrl": self._urls[queue], **parameters})

    def _attributes(self, queue: str) -> Mapping[str, str]:
        answer = self._call("GetQueueAttributes", queue, AttributeNames=["All"])
        if isinstance(answer, Refusal):
            raise _Differs(f"AWS told the attributes of the queue, we answered {answer.code}")
        attributes: Mapping[str, str] = answer["Attributes"]
        return attributes

    def _queue(self, step: Step, default: str = _SOURCE) -> str:
        return self._named(step, step.given.get("queue", default))

    def _named(self, step: Step, name: object) -> str:
        if not isinstance(name, str) or name not in self._urls:
            raise step.senseless(f"names the queue {name!r}, which there is none of")
        return name

    def _arn(self, queue: str) -> str:
        return self._service.arn(self._urls[queue])

    def _handle(self, step: Step, name: str) -> tuple[str, str]:
        literal = _literal(name)
        if literal is not None:
            return self._queue(step), literal
        if name not in self._handles:
            raise step.senseless(f"names the handle {name!r}, which nothing has saved")
        return self._handles[name]

    def _handle_entries(self, step: Step) -> tuple[str, list[dict[str, Any]]]:
        handles = [self._handle(step, name) for name in step.texts("handles")]
        entries = [
            {"Id": str(place), "ReceiptHandle": handle} for place, (_, handle) in enumerate(handles)
        ]
        return (handles[0][0] if handles else self._queue(step)), entries

    def _judged(self, step: Step, answer: Answer) -> Differences:
        if "error" in step:
            yield from expected.differing_error(step.given["error"], answer)
        elif isinstance(answer, Refusal):
            yield f"AWS accepted it, we answered {answer.code}: {answer.message}"

    def _judged_batch(self, step: Step, answer: Answer) -> Differences:
        yield from self._judged(step, answer)
        if isinstance(answer, Refusal) or "error" in step:
            return
        failed = answer.get("Failed", [])
        yield from expected.differing_failures(step.given.get("expect_failed", []), failed)
        if "expect_successful" in step:
            done = [item["Id"] for item in answer.get("Successful", [])]
            if done != step.texts("expect_successful"):
                yield f"AWS accepted the entries {step.texts('expect_successful')}, we {done}"


def _literal(name: str) -> str | None:
    """What stands between quotation marks, where a program gives a handle itself."""
    quoted = len(name) > 1 and name.startswith('"') and name.endswith('"')
    return name[1:-1] if quoted else None


def run_programs(programs: Iterable[Mapping[str, Any]]) -> list[Outcome]:
    """The outcome of each of several programs."""
    return [run_program(program) for program in programs]


_STEPS: Final[Mapping[str, Callable[[_Run, Step], Differences]]] = {
    "send": _Run.send,
    "schedule_send": _Run.schedule_send,
    "send_batch": _Run.send_batch,
    "receive": _Run.receive,
    "delete": _Run.delete,
    "delete_batch": _Run.delete_batch,
    "change_visibility": _Run.change_visibility,
    "change_visibility_batch": _Run.change_visibility_batch,
    "advance": _Run.advance,
    "drain": _Run.drain,
    "counts": _Run.counts,
    "depth": _Run.depth,
    "purge": _Run.purge,
    "set_attributes": _Run.set_attributes,
    "start_move_task": _Run.start_move_task,
    "cancel_move_task": _Run.cancel_move_task,
    "assert_distinct": _Run.assert_distinct,
    "assert_sequence_increasing": _Run.assert_sequence_increasing,
}
