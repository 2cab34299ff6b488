"""AWS as moto has it: started, emptied, seeded, and read.

Importing this imports boto3 and moto; it is done when a handler first imports
botocore, and not at all for one that does not.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final

from moto import mock_aws
from moto.core.model_instances import reset_model_data
from moto.core.models import botocore_stubber
from moto.moto_api._internal import mock_random

from sqs_contract.errors import UsageError
from sqs_contract.faults.answers import answered, refused
from sqs_contract.faults.aws import aws_call_sites, succeeded
from sqs_contract.faults.gate import Gate
from sqs_contract.faults.labels import is_read
from sqs_contract.model.queue_api import QueueApi, Refusal
from sqs_contract.stage.boto_cache import worked_out_once
from sqs_contract.stage.client_pool import ClientPool
from sqs_contract.stage.moto_backends import backends_loaded_unseen
from sqs_contract.stage.moto_snapshot import CannotSnapshot, MotoSnapshot
from sqs_contract.stage.moto_state import SPREADS_TO, TELEMETRY, collapse, plain, service_state
from sqs_contract.world.clock import VirtualClock
from sqs_contract.world.effects import Tree
from sqs_contract.world.patching import patched

_CONFIG: Final[Any] = {
    "core": {"reset_boto3_session": True},
    "lambda": {"use_docker": False},
    "batch": {"use_docker": False},
}
_BAD_REQUEST: Final = 400
_SENT_ID_KEYS: Final = ("MessageId", "messageId")
_TOKEN_LIFETIME_MS: Final = 600_000
"""DynamoDB honours a ClientRequestToken for ten minutes."""

_DEDUPLICATION_MS: Final = 300_000
"""A FIFO topic drops a second message with the same deduplication id for five minutes."""

SENDS: Final = frozenset(
    {
        "events.PutEvents",
        "lambda.Invoke",
        "lambda.InvokeAsync",
        "sesv2.SendEmail",
        "sesv2.SendBulkEmail",
        "iot-data.Publish",
        "firehose.PutRecord",
        "firehose.PutRecordBatch",
        "apigatewaymanagementapi.PostToConnection",
        "pinpoint.SendMessages",
        "rds-data.BatchExecuteStatement",
        "rds-data.ExecuteStatement",
        "batch.SubmitJob",
    }
)
"""Operations that send something on and leave no state behind in moto: the call is the effect."""


class MotoWorld:
    """moto's backends as the world of a run."""

    def __init__(self, gate: Gate, clock: VirtualClock) -> None:
        self._gate = gate
        self._clock = clock
        self._mock = mock_aws(config=_CONFIG)
        self.clients = ClientPool()
        """Whoever calls the handler or the user's functions says whose clients are made: `side`."""
        self.queue_api: QueueApi | None = None
        """The queue the handler is fed from, which is not moto's."""
        self._written: dict[str, None] = {}
        self._uncertain: set[object] = set()
        self._sent: dict[str, list[Tree]] = {}
        self._answers: dict[tuple[str, str], tuple[int, dict[str, Any], Any]] = {}
        self._missing: ModuleNotFoundError | UsageError | None = None
        self._snapshots: dict[object, MotoSnapshot] = {}
        self.baseline: dict[str, Tree] = {}
        """The state of each service as a fresh world has it, taken before the first write."""

    @contextmanager
    def running(self) -> Iterator[None]:
        """Mock AWS for as long as this is entered."""
        with ExitStack() as stack:
            self._mock.start()
            stack.callback(self._mock.stop)
            stack.enter_context(_every_client_is_mocked())
            stack.enter_context(backends_loaded_unseen())
            stack.enter_context(worked_out_once())
            stack.enter_context(self.clients.installed())
            stack.enter_context(aws_call_sites(self._gate, self))
            stack.callback(self._let_go)
            yield

    def fresh(self, seed: int) -> None:
        """Empty every backend; ids moto makes up follow from the seed."""
        self._mock.reset()
        self.clients.fresh()
        reset_model_data()
        mock_random.seed(seed)
        self._forget()

    def restore(self, key: object, make: Callable[[], None]) -> None:
        """Bring every backend to where `make` brings it after `fresh`, from a snapshot
        where there is one under this key. Time goes on from where `make` left it, and
        so do the ids moto makes up."""
        snapshot = self._snapshots.get(key)
        if snapshot is not None:
            self._clock.advance_us(snapshot.now_us - self._clock.now_us)
            snapshot.restore()
            return
        make()
        self._forget()
        try:
            self._snapshots[key] = MotoSnapshot(self._clock.now_us)
        except CannotSnapshot:
            return

    def _let_go(self) -> None:
        """The end: what ended sandboxes still refer to, for good, is to be little."""
        self._forget()
        self._snapshots.clear()
        self.baseline.clear()
        self.clients.let_go()
        self.queue_api = None

    def _forget(self) -> None:
        self._missing = None
        self._written.clear()
        self._uncertain.clear()
        self._sent.clear()
        self._answers.clear()

    def observe(self) -> dict[str, Tree]:
        """The state of every service the handler has written to since `fresh`.

        Raises:
            UsageError: moto could not play a call for want of one of its extras.
        """
        return self._look(())

    def observe_leniently(self) -> dict[str, Tree] | None:
        """The same with each message whose acknowledgement was lost left out, if an equal
        one is there: a transport that delivers at least once may have made two of it.
        `None` if there is no such message."""
        return self._look(self._uncertain) if self._uncertain or self._missing else None

    def _look(self, uncertain: Collection[object]) -> dict[str, Tree]:
        if self._missing is not None:
            missing, self._missing = self._missing, None
            raise (
                missing
                if isinstance(missing, UsageError)
                else UsageError(
                    f"moto needs a module that is not installed: {missing}; install the extra of "
                    "moto's for the services the handler calls, or pip install 'moto[all]'"
                )
            ) from missing
        state = {service: service_state(service, uncertain) for service in self._written}
        for name, rows in self._sent.items():
            state[name] = collapse([((name, at) in uncertain, row) for at, row in enumerate(rows)])
        return state

    def perform(self, operation: Any, parameters: dict[str, Any], send: Callable[[], Any]) -> Any:
        """Send a call to moto, once for each idempotency token, and note what it changes.

        A call about the queue the handler is fed from is answered by that queue.
        """
        service = operation.service_model.service_name
        if service == "sqs" and self.queue_api is not None:
            answer = self.queue_api.answer(operation.name, parameters)
            if answer is not None:
                url = str(parameters.get("QueueUrl", ""))
                if isinstance(answer, Refusal):
                    return refused(answer.code, answer.message, _BAD_REQUEST, url)
                return answered(answer, url)
        if is_read(operation.name):
            return send()
        self._before_write(service)
        token = _token_of(operation, parameters)
        result = send() if token is None else self._once(token, parameters, send)
        if succeeded(result):
            self._note_send(operation, parameters)
        elif isinstance(result[1], ModuleNotFoundError | UsageError):
            self._missing = result[1]
        return result

    def answer_lost(self, operation: Any, parameters: dict[str, Any], parsed: Any) -> None:
        """Messages that were sent, but whose sender cannot know: see `service_state`."""
        if _is_exactly_once(parameters):
            return
        for answer in (parsed, *parsed.get("Successful", ())):
            for key in _SENT_ID_KEYS:
                if isinstance(answer.get(key), str):
                    self._uncertain.add(answer[key])
        name = f"{operation.service_model.service_name}.{operation.name}"
        sent = len(self._sent.get(name, ()))
        for at in range(sent - len(_rows_of(parameters)), sent) if sent else ():
            self._uncertain.add((name, at))

    def _once(
        self, key: tuple[str, str], parameters: dict[str, Any], send: Callable[[], Any]
    ) -> Any:
        """What AWS does with an idempotency token and moto does not: the same call
        with the same token is answered as the first was, and done once."""
        known = self._answers.get(key)
        now_ms = self._clock.now_ms
        fifo = _is_exactly_once(parameters)
        lifetime_ms = _DEDUPLICATION_MS if fifo else _TOKEN_LIFETIME_MS
        if (
            known is not None
            and now_ms - known[0] < lifetime_ms
            # A FIFO topic looks at the deduplication id only.
            and (fifo or known[1] == parameters)
        ):
            return known[2]
        result = send()
        if succeeded(result):
            self._answers[key] = now_ms, dict(parameters), result
        return result

    def watch(self, service: str) -> None:
        """From now on the state of a service counts: somebody beside the handler is about to
        write to it."""
        self._before_write(service)

    def _before_write(self, service: str) -> None:
        """Take note of a service, and of how it looked before it was first written to."""
        if service in self._written or service in TELEMETRY:
            return
        for name in (service, *SPREADS_TO.get(service, ())):
            self._written.setdefault(name)
            if name not in self.baseline:
                self.baseline[name] = service_state(name)

    def _note_send(self, operation: Any, parameters: dict[str, Any]) -> None:
        name = f"{operation.service_model.service_name}.{operation.name}"
        if name in SENDS:
            self._sent.setdefault(name, []).extend(_rows_of(parameters))


def _token_of(operation: Any, parameters: dict[str, Any]) -> tuple[str, str] | None:
    """What makes a second call the same as a first: AWS knows by it, and moto does not."""
    name = f"{operation.service_model.service_name}.{operation.name}"
    members = [*operation.idempotent_members]
    if name == "sns.Publish" and _is_exactly_once(parameters):
        members.append("MessageDeduplicationId")
    for member in members:
        if parameters.get(member):
            place = parameters.get("TopicArn", "")
            return f"{name} {place}", str(parameters[member])
    return None


def _is_exactly_once(parameters: dict[str, Any]) -> bool:
    """Whether a message goes to a FIFO queue or topic, which drops a second copy."""
    return any(
        isinstance(parameters.get(name), str) and parameters[name].endswith(".fifo")
        for name in ("QueueUrl", "TopicArn")
    )


def _rows_of(parameters: dict[str, Any]) -> list[Tree]:
    """One row for each thing a call sends: its entries, or itself."""
    for name in ("Entries", "Records"):
        if isinstance(parameters.get(name), list):
            return [plain(entry, 0, ()) for entry in parameters[name]]
    return [plain(parameters, 0, ())]


@contextmanager
def _every_client_is_mocked() -> Iterator[None]:
    """Mock clients made before moto was imported too, which moto itself does not see."""
    from botocore.endpoint import Endpoint  # noqa: PLC0415  moto's own import order

    send: Any = Endpoint._send

    def mocked_send(endpoint: Any, request: Any) -> Any:
        response = botocore_stubber("before-send", request)
        return send(endpoint, request) if response is None else response

    with patched((Endpoint, "_send", mocked_send)):
        yield
